package io.vigil.cli.audit;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.MerkleProofs;
import io.vigil.model.proof.NoteKey;
import io.vigil.model.proof.ProofBatch;
import io.vigil.model.proof.ProofKind;
import io.vigil.model.proof.TreeHead;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * That one decision stands in the log, without the rest of it: from its bytes to its batch, from
 * the batch to a signed head. Immutable by agreement.
 *
 * @param record the decision in single-object encoding
 * @param place of it in its batch, from 0
 * @param path from it to the batch's root
 * @param batch which it is in
 * @param index of the batch in the log
 * @param logPath from the batch to the head's root
 * @param note the signed head
 */
public record DecisionProof(
    byte[] record,
    long place,
    List<byte[]> path,
    ProofBatch batch,
    long index,
    List<byte[]> logPath,
    String note) {
  private static final HexFormat HEX = HexFormat.of();
  private static final long SORT_BYTES = 32L << 20;
  private static final Pattern TEXT =
      Pattern.compile(
          "vigil-proof 1\\nrecord ([0-9a-f]+)\\nplace (\\d{1,18})((?: [0-9a-f]{64})*)\\n"
              + "(batch [^\\n]+)\\nindex (\\d{1,18})((?: [0-9a-f]{64})*)\\n\\n(.+)",
          Pattern.DOTALL);

  /** A decision with its leaf, and where it stands. */
  private record Found(byte[] leaf, long timeMs, byte[] bytes) {
    static int compare(Found a, Found b) {
      return a.timeMs != b.timeMs
          ? Long.compare(a.timeMs, b.timeMs)
          : Arrays.compareUnsigned(a.leaf, b.leaf);
    }
  }

  /**
   * Makes the proof of a decision.
   *
   * @param id the transaction's
   * @param day its day of effective time in UTC; null when nobody knows, which takes longer
   * @param temporary where runs are spilled
   * @throws Export.UnpackableException when there is none, or no head covers it
   */
  public static DecisionProof of(
      ArchiveFolder archive, String id, @Nullable LocalDate day, Path temporary)
      throws IOException {
    Trouble stop =
        (what, where, expected, got) -> {
          throw new Export.UnpackableException(new Finding(what, where, expected, got).text());
        };
    ArchiveFiles files = new ArchiveFiles(archive, stop);
    List<Found> named = new ArrayList<>();
    files.read(
        ProofKind.DECISIONS.folder(),
        Decision.class,
        each -> day == null || each.equals(day),
        (decision, leaf, raw) -> {
          if (decision.getTransaction().getTransactionId().equals(id)) {
            named.add(new Found(leaf, decision.getEffectiveTime(), raw.bytes()));
          }
          return decision.getEffectiveTime();
        });
    if (named.isEmpty()) {
      throw new Export.UnpackableException(
          "decision: expected one of transaction %s, got none".formatted(id));
    }
    named.sort(Found::compare);
    Found found = named.get(named.size() - 1);
    List<Found> beside = beside(files, found);
    List<byte[]> leaves = beside.stream().map(Found::leaf).toList();
    int place =
        beside.indexOf(
            beside.stream()
                .filter(b -> Arrays.equals(b.leaf, found.leaf))
                .findFirst()
                .orElseThrow());
    MerkleHash hash = new MerkleHash();
    MerkleProofs proofs = new MerkleProofs(hash);
    ProofBatch batch =
        new ProofBatch(
            ProofBatch.minute(found.timeMs),
            ProofKind.DECISIONS,
            ProofBatch.range(found.leaf),
            leaves.size(),
            proofs.root(leaves));
    List<HeadScan.Signed> heads = new HeadScan(stop).read(archive);
    HeadScan.Signed head = heads.isEmpty() ? null : heads.get(heads.size() - 1);
    if (head == null || head.untilMs() <= found.timeMs) {
      throw new Export.UnpackableException(
          "decision: expected a head that covers it, got none yet");
    }
    List<byte[]> lines = new ArrayList<>();
    int index = -1;
    try (LogScan log = new LogScan(archive, temporary, SORT_BYTES, stop)) {
      for (ProofBatch each = log.next();
          each != null && lines.size() < head.size();
          each = log.next()) {
        if (each.equals(batch)) {
          index = lines.size();
        }
        lines.add(hash.leaf(each.bytes()));
      }
    }
    if (index < 0) {
      throw new Export.UnpackableException(
          "records_changed  %s: expected it in the log, got other batches".formatted(batch));
    }
    return new DecisionProof(
        found.bytes,
        place,
        proofs.inclusion(leaves, place),
        batch,
        index,
        proofs.inclusion(lines, index),
        head.note());
  }

  /** The decisions of its batch, in their order. */
  private static List<Found> beside(ArchiveFiles files, Found found) throws IOException {
    LocalDate day =
        LocalDate.ofInstant(java.time.Instant.ofEpochMilli(found.timeMs), ZoneOffset.UTC);
    List<Found> beside = new ArrayList<>();
    files.read(
        ProofKind.DECISIONS.folder(),
        Decision.class,
        day::equals,
        (decision, leaf, raw) -> {
          long timeMs = decision.getEffectiveTime();
          if (ProofBatch.minute(timeMs) == ProofBatch.minute(found.timeMs)
              && ProofBatch.range(leaf) == ProofBatch.range(found.leaf)) {
            beside.add(new Found(leaf, timeMs, new byte[0]));
          }
          return timeMs;
        });
    beside.sort(Found::compare);
    return beside;
  }

  /** As a file. */
  public String text() {
    return "vigil-proof 1\nrecord %s\nplace %d%s\n%s\nindex %d%s\n\n%s"
        .formatted(HEX.formatHex(record), place, hex(path), batch, index, hex(logPath), note);
  }

  private static String hex(List<byte[]> path) {
    StringBuilder text = new StringBuilder();
    path.forEach(hash -> text.append(' ').append(HEX.formatHex(hash)));
    return text.toString();
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static DecisionProof parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("proof: expected what vigil audit prove writes");
    }
    return new DecisionProof(
        HEX.parseHex(parts.group(1)),
        Long.parseLong(parts.group(2)),
        path(parts.group(3)),
        ProofBatch.parse(parts.group(4)),
        Long.parseLong(parts.group(5)),
        path(parts.group(6)),
        parts.group(7));
  }

  private static List<byte[]> path(String text) {
    List<byte[]> path = new ArrayList<>();
    for (int at = 0; at < text.length(); at += 1 + 2 * MerkleHash.BYTES) {
      path.add(HEX.parseHex(text.substring(at + 1, at + 1 + 2 * MerkleHash.BYTES)));
    }
    return path;
  }

  /**
   * The decision, when all of it holds.
   *
   * @param key the auditor's
   * @throws IllegalArgumentException saying what does not
   */
  public Decision verify(NoteKey key) {
    TreeHead head = TreeHead.parse(key.open(note));
    Decision decision;
    try {
      decision = Codec.of(Decision.class).decode(record);
    } catch (DecodeException e) {
      throw new IllegalArgumentException("record: expected a decision: " + e.getMessage(), e);
    }
    MerkleHash hash = new MerkleHash();
    MerkleProofs proofs = new MerkleProofs(hash);
    byte[] leaf = hash.leaf(record);
    require(head.origin().equals(key.name()), "head", "one of " + key.name());
    require(batch.kind() == ProofKind.DECISIONS, "batch", "one of decisions");
    require(
        batch.minute() == ProofBatch.minute(decision.getEffectiveTime())
            && batch.range() == ProofBatch.range(leaf),
        "batch",
        "that of the decision's minute and range");
    require(
        proofs.includes(leaf, place, batch.count(), path, batch.root()),
        "path",
        "one from the decision to its batch");
    require(
        proofs.includes(hash.leaf(batch.bytes()), index, head.size(), logPath, head.root()),
        "path",
        "one from the batch to the head");
    return decision;
  }

  private static void require(boolean holds, String what, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(what + ": expected " + expected + ", got another");
    }
  }
}
