package io.vigil.model.proof;

import java.util.Base64;
import java.util.Objects;

/**
 * The head of a log: a checkpoint of C2SP tlog-checkpoint with two extension lines. Immutable by
 * agreement.
 *
 * @param origin which log it is: no spaces, no plus, no control characters
 * @param size batches of the log, 0 or more
 * @param root of the Merkle tree over their lines
 * @param untilMs every record that stands before this instant is in the log, and no other:
 *     milliseconds since the epoch, a full minute
 * @param previous SHA-256 of the note of the head before; 32 zero bytes for the first
 */
public record TreeHead(String origin, long size, byte[] root, long untilMs, byte[] previous) {
  private static final String UNTIL = "until ";
  private static final String PREVIOUS = "previous ";
  private static final int LINES = 5;

  /** What the first head says of the one before. */
  public static byte[] noPrevious() {
    return new byte[MerkleHash.BYTES];
  }

  /** The text that is signed, which ends in a new line. */
  public String text() {
    Base64.Encoder base64 = Base64.getEncoder();
    return "%s\n%d\n%s\n%s%d\n%s%s\n"
        .formatted(
            origin,
            size,
            base64.encodeToString(root),
            UNTIL,
            untilMs,
            PREVIOUS,
            base64.encodeToString(previous));
  }

  /**
   * Reads a text.
   *
   * @throws IllegalArgumentException when {@link #text} never writes it
   */
  public static TreeHead parse(String text) {
    String[] lines = text.split("\n", -1);
    if (lines.length != LINES + 1
        || !lines[LINES].isEmpty()
        || !lines[3].startsWith(UNTIL)
        || !lines[4].startsWith(PREVIOUS)) {
      throw new IllegalArgumentException(
          "head: expected origin, size, root, until and previous on a line each, got other text");
    }
    TreeHead head;
    try {
      head =
          new TreeHead(
              lines[0],
              Long.parseLong(lines[1]),
              Base64.getDecoder().decode(lines[2]),
              Long.parseLong(lines[3].substring(UNTIL.length())),
              Base64.getDecoder().decode(lines[4].substring(PREVIOUS.length())));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("head: expected numbers and base64, got others", e);
    }
    if (head.size < 0
        || head.root.length != MerkleHash.BYTES
        || head.previous.length != MerkleHash.BYTES
        || !head.text().equals(text)) {
      throw new IllegalArgumentException("head: expected the canonical text, got another");
    }
    return head;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TreeHead that && text().equals(that.text());
  }

  @Override
  public int hashCode() {
    return Objects.hash(origin, size);
  }

  @Override
  public String toString() {
    return text();
  }
}
