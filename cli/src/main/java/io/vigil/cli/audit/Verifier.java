package io.vigil.cli.audit;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.NoteKey;
import io.vigil.model.proof.ProofKind;
import io.vigil.model.proof.TreeHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Verifies an archive against its signed heads and against heads that were kept elsewhere. Memory
 * holds a few runs of what is sorted, and the heads, whatever the archive's size. Thread-confined.
 */
public final class Verifier {
  private static final long RUN_BYTES = 96L << 20;
  private static final int DECISION = ProofKind.DECISIONS.ordinal();

  private final ArchiveFolder archive;
  private final NoteKey key;
  private final long boundMs;
  private final Path temporary;
  private final Findings findings = new Findings();

  /**
   * What came of it.
   *
   * @param findings what is not as it was logged
   * @param records of the archive by kind
   * @param batches of the log
   * @param heads that the key signed
   * @param untilMs all records that stand before are proved; {@link Long#MIN_VALUE} when none is
   * @param open records of the archive that stand behind, and are not proved yet
   */
  public record Result(
      Findings findings,
      Map<ProofKind, Long> records,
      long batches,
      int heads,
      long untilMs,
      long open) {}

  /**
   * @param key the auditor's
   * @param boundMs the job's disorder bound
   * @param temporary where runs are spilled
   */
  public Verifier(ArchiveFolder archive, NoteKey key, long boundMs, Path temporary) {
    this.archive = archive;
    this.key = key;
    this.boundMs = boundMs;
    this.temporary = temporary;
  }

  /**
   * Verifies all of it.
   *
   * @param anchors notes that were kept elsewhere
   * @throws IOException when our own disk fails; what is wrong with the archive is a finding
   */
  public Result verify(List<String> anchors) throws IOException {
    HeadScan scan = new HeadScan(findings::add);
    scan.read(archive);
    List<TreeHead> heads = scan.check(key);
    long untilMs = heads.isEmpty() ? Long.MIN_VALUE : heads.get(heads.size() - 1).untilMs();
    List<LogCheck.Claim> claims = new ArrayList<>();
    for (TreeHead head : heads) {
      claims.add(new LogCheck.Claim(head, "head of " + head.size() + " batches", "head"));
    }
    for (int i = 0; i < anchors.size(); i++) {
      anchor(anchors.get(i), "anchor " + (i + 1), claims);
    }
    try (ByteSort origins = new ByteSort(temporary, RUN_BYTES);
        ByteSort alerts = new ByteSort(temporary, RUN_BYTES);
        LeafSort leaves = new LeafSort(temporary, RUN_BYTES);
        LogScan log = new LogScan(archive, temporary, RUN_BYTES, findings::add)) {
      RecordScan records = new RecordScan(archive, false, origins, alerts, leaves, findings::add);
      records.run();
      new Accounting(origins, leaves, boundMs, untilMs, findings::add).run();
      alerts(alerts, untilMs);
      MerkleHash hash = new MerkleHash();
      LogCheck check =
          new LogCheck(log, new LeafBatches(leaves, hash), claims, untilMs, hash, findings::add);
      check.run();
      return new Result(
          findings, records.counts(), log.size(), heads.size(), untilMs, check.open());
    }
  }

  private void anchor(String note, String name, List<LogCheck.Claim> claims) {
    try {
      TreeHead head = TreeHead.parse(key.open(note));
      if (head.origin().equals(key.name())) {
        claims.add(new LogCheck.Claim(head, name, "anchor"));
      } else {
        findings.add("anchor_origin", name, key.name(), head.origin());
      }
    } catch (IllegalArgumentException e) {
      findings.add(
          "anchor_signature", name, "a note of " + key.name(), String.valueOf(e.getMessage()));
    }
  }

  /** Every alert of a decision is a case, and no case is of another. */
  private void alerts(ByteSort alerts, long untilMs) throws IOException {
    byte[] open = null;
    for (byte[] entry = alerts.next(); entry != null; entry = alerts.next()) {
      boolean decision = entry[entry.length - 1] == DECISION;
      if (open != null && !decision && Arrays.equals(name(open), name(entry))) {
        open = null;
        continue;
      }
      lonely(open, untilMs);
      open = entry;
    }
    lonely(open, untilMs);
  }

  private static byte[] name(byte[] entry) {
    return Arrays.copyOf(entry, entry.length - 1);
  }

  private void lonely(byte @Nullable [] entry, long untilMs) {
    if (entry == null) {
      return;
    }
    ByteBuffer in = ByteBuffer.wrap(entry);
    byte[] id = new byte[in.getShort()];
    in.get(id);
    if (in.getLong() >= untilMs) {
      return;
    }
    boolean decision = in.get() == DECISION;
    findings.add(
        decision ? "case_missing" : "alert_missing",
        "alert " + new String(id, StandardCharsets.UTF_8),
        "an alert in decisions and in cases",
        decision ? "none in cases" : "none in decisions");
  }
}
