package io.vigil.cli.audit;

import io.vigil.model.proof.MerkleAccumulator;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.ProofBatch;
import io.vigil.model.proof.TreeHead;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds the log of batches against the records, and heads against the log: a head says that the log
 * began so when it was signed. Thread-confined.
 */
final class LogCheck {
  private final LogScan log;
  private final LeafBatches records;
  private final List<Claim> claims;
  private final long untilMs;
  private final Trouble trouble;
  private final MerkleHash hash;
  private final MerkleAccumulator tree;
  private int claimed;
  private long open;

  /**
   * A head that is held against the log.
   *
   * @param head which its key has signed
   * @param name how it is called in findings
   * @param code with which findings begin
   */
  record Claim(TreeHead head, String name, String code) {}

  /**
   * @param records what the archive's records make
   * @param claims in any order
   * @param untilMs from here on records are not proved yet
   */
  LogCheck(
      LogScan log,
      LeafBatches records,
      List<Claim> claims,
      long untilMs,
      MerkleHash hash,
      Trouble trouble) {
    this.log = log;
    this.records = records;
    this.claims =
        claims.stream()
            .sorted(Comparator.comparingLong((Claim claim) -> claim.head().size()))
            .toList();
    this.untilMs = untilMs;
    this.hash = hash;
    this.tree = new MerkleAccumulator(hash);
    this.trouble = trouble;
  }

  /** Records that are not proved yet. */
  long open() {
    return open;
  }

  /** Goes through all. */
  void run() throws IOException {
    ProofBatch before = null;
    for (ProofBatch batch = log.next(); batch != null; batch = log.next()) {
      heads(before, batch);
      if (before != null && ProofBatch.LOG_ORDER.compare(before, batch) >= 0) {
        trouble.found("batch_order", where(batch), "one behind " + where(before), "this one");
      }
      records(batch);
      tree.add(hash.leaf(batch.bytes()));
      before = batch;
    }
    heads(before, null);
    for (ProofBatch found = records.peek(); found != null; found = records.peek()) {
      unproved(found);
      records.take();
    }
    for (Claim claim : claims.subList(claimed, claims.size())) {
      trouble.found(
          claim.code() + "_size",
          claim.name(),
          "a log of at least " + claim.head().size() + " batches",
          "one of " + tree.size());
    }
    long signed =
        claims.stream()
            .filter(claim -> claim.code().equals("head"))
            .mapToLong(claim -> claim.head().size())
            .max()
            .orElse(0);
    if (tree.size() > signed) {
      trouble.found(
          "batch_unsigned",
          "log of batches",
          "a head for all " + tree.size() + " batches",
          "one for " + signed);
    }
  }

  /** Holds the records of a batch against it. */
  private void records(ProofBatch batch) throws IOException {
    ProofBatch found = records.peek();
    while (found != null && ProofBatch.LOG_ORDER.compare(found, batch) < 0) {
      unproved(found);
      records.take();
      found = records.peek();
    }
    if (found == null || ProofBatch.LOG_ORDER.compare(found, batch) != 0) {
      trouble.found("records_missing", where(batch), batch.count() + " records", "none");
      return;
    }
    if (found.count() != batch.count()) {
      trouble.found(
          found.count() < batch.count() ? "records_missing" : "records_added",
          where(batch),
          batch.count() + " records",
          String.valueOf(found.count()));
    } else if (!Arrays.equals(found.root(), batch.root())) {
      trouble.found(
          "records_changed",
          where(batch),
          batch.count() + " records of root " + base64(batch.root()),
          "others, of root " + base64(found.root()));
    }
    records.take();
  }

  private void unproved(ProofBatch found) {
    if ((found.minute() + 1) * ProofBatch.MINUTE_MS > untilMs) {
      open += found.count();
    } else {
      trouble.found(
          "records_unlogged", where(found), "a batch in the log", found.count() + " records alone");
    }
  }

  /** Holds the heads of the log's present size against it. */
  private void heads(@Nullable ProofBatch before, @Nullable ProofBatch next) {
    while (claimed < claims.size() && claims.get(claimed).head().size() == tree.size()) {
      Claim claim = claims.get(claimed++);
      TreeHead head = claim.head();
      if (!Arrays.equals(head.root(), tree.root())) {
        trouble.found(
            claim.code() + "_root",
            claim.name(),
            "a log of root " + base64(head.root()),
            "one of root " + base64(tree.root()));
      }
      if (before != null && (before.minute() + 1) * ProofBatch.MINUTE_MS > head.untilMs()) {
        until(claim, before);
      } else if (next != null && next.minute() * ProofBatch.MINUTE_MS < head.untilMs()) {
        until(claim, next);
      }
    }
  }

  private void until(Claim claim, ProofBatch got) {
    trouble.found(
        claim.code() + "_until",
        claim.name(),
        "batches before " + Instant.ofEpochMilli(claim.head().untilMs()) + ", and all of them",
        where(got));
  }

  private static String where(ProofBatch batch) {
    return "%s range %d of %s"
        .formatted(
            batch.kind().folder(),
            batch.range(),
            Instant.ofEpochSecond(batch.minute() * 60).toString().replace(":00Z", "Z"));
  }

  private static String base64(byte[] root) {
    return Base64.getEncoder().encodeToString(root);
  }
}
