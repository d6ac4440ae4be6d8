package io.vigil.model.proof;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the log of batches says of one batch: the records of a kind that stand in one minute and in
 * one range of hashes, in the order of (instant, hash). A leaf of the log is the batch's {@link
 * #line}. Immutable by agreement.
 *
 * <p>The range of a record is the first byte of its leaf hash modulo {@link #RANGES}: it depends on
 * the record alone, and spreads the work over subtasks.
 *
 * @param minute minutes since the epoch
 * @param kind of its records
 * @param range 0 to {@link #RANGES} - 1
 * @param count how many records, 1 or more
 * @param root of the Merkle tree over their hashes
 */
public record ProofBatch(long minute, ProofKind kind, int range, long count, byte[] root) {
  /** Part of the format: it can't be an option, for it may not change within a log. */
  public static final int RANGES = 8;

  /** Milliseconds of a minute. */
  public static final long MINUTE_MS = 60_000;

  /** The order of the log: by minute, kind and range; no two batches share all three. */
  public static final Comparator<ProofBatch> LOG_ORDER =
      Comparator.comparingLong((ProofBatch batch) -> batch.minute)
          .thenComparing(ProofBatch::kind)
          .thenComparingInt(batch -> batch.range);

  private static final Pattern LINE =
      Pattern.compile(
          "batch (0|-?[1-9][0-9]{0,17}) ([a-z-]+) ([0-7]) ([1-9][0-9]{0,17}) ([0-9a-f]{64})");

  /** The range of a record. */
  public static int range(byte[] leafHash) {
    return leafHash[0] & (RANGES - 1);
  }

  /** The minute of an instant. */
  public static long minute(long timeMs) {
    return Math.floorDiv(timeMs, MINUTE_MS);
  }

  /** The batch as one line, ASCII, without an end of line: what is hashed into the log. */
  public String line() {
    return "batch "
        + minute
        + ' '
        + kind.folder()
        + ' '
        + range
        + ' '
        + count
        + ' '
        + HexFormat.of().formatHex(root);
  }

  /** The line's bytes. */
  public byte[] bytes() {
    return line().getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException when {@link #line} never writes it
   */
  public static ProofBatch parse(String line) {
    Matcher parts = LINE.matcher(line);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "batch: expected 'batch MINUTE KIND RANGE COUNT ROOT', got something else");
    }
    return new ProofBatch(
        Long.parseLong(parts.group(1)),
        ProofKind.of(parts.group(2)),
        Integer.parseInt(parts.group(3)),
        Long.parseLong(parts.group(4)),
        HexFormat.of().parseHex(parts.group(5)));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ProofBatch that && line().equals(that.line());
  }

  @Override
  public int hashCode() {
    return Objects.hash(minute, kind, range);
  }

  @Override
  public String toString() {
    return line();
  }
}
