package io.vigil.cli.audit;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.NoteKey;
import io.vigil.model.proof.ProofBatch;
import io.vigil.model.proof.TreeHead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The heads of an archive: each signed, each naming the one before. Thread-confined. */
final class HeadScan {
  private final Trouble trouble;
  private final MerkleHash hash = new MerkleHash();
  private final List<Signed> heads = new ArrayList<>();

  /** A head as it was published, whoever signed it. */
  record Signed(long size, long untilMs, String note) {}

  HeadScan(Trouble trouble) {
    this.trouble = trouble;
  }

  /** Reads them, in the order of their sizes. */
  List<Signed> read(ArchiveFolder archive) throws IOException {
    new ArchiveFiles(archive, trouble)
        .read(
            "heads",
            io.vigil.schema.TreeHead.class,
            (record, leaf, raw) -> {
              heads.add(new Signed(record.getSize(), record.getUntil(), record.getNote()));
              return record.getUntil() - 1;
            });
    heads.sort(Comparator.comparingLong(Signed::size));
    return heads;
  }

  /**
   * The heads that the key signed, in the order of their sizes; says what is wrong with them.
   *
   * @param key the auditor's
   */
  List<TreeHead> check(NoteKey key) {
    List<TreeHead> good = new ArrayList<>();
    byte[] previous = TreeHead.noPrevious();
    if (heads.isEmpty()) {
      trouble.found("head_missing", "heads", "at least one signed head", "none");
    }
    for (Signed signed : heads) {
      String where = "head of " + signed.size() + " batches";
      TreeHead head = head(key, signed, where);
      if (head != null) {
        TreeHead before = good.isEmpty() ? null : good.get(good.size() - 1);
        if (!Arrays.equals(head.previous(), previous)) {
          trouble.found("head_chain", where, "the head before it by its hash", "another hash");
        }
        if (before != null && (before.size() >= head.size() || before.untilMs() > head.untilMs())) {
          trouble.found("head_order", where, "a longer log than the head before", "none");
        }
        good.add(head);
      }
      previous = hash.plain(signed.note().getBytes(StandardCharsets.UTF_8));
    }
    return good;
  }

  private @Nullable TreeHead head(NoteKey key, Signed signed, String where) {
    TreeHead head;
    try {
      head = TreeHead.parse(key.open(signed.note()));
    } catch (IllegalArgumentException e) {
      trouble.found(
          "head_signature", where, "a note of " + key.name(), String.valueOf(e.getMessage()));
      return null;
    }
    if (!head.origin().equals(key.name())) {
      trouble.found("head_origin", where, key.name(), head.origin());
      return null;
    }
    if (head.size() != signed.size()
        || head.untilMs() != signed.untilMs()
        || head.untilMs() % ProofBatch.MINUTE_MS != 0) {
      trouble.found(
          "head_fields",
          where,
          "what its note says, %d batches until %d".formatted(head.size(), head.untilMs()),
          "%d until %d".formatted(signed.size(), signed.untilMs()));
    }
    return head;
  }
}
