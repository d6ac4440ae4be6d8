package io.vigil.cli.audit;

import io.vigil.model.proof.MerkleAccumulator;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.ProofBatch;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The batches that an archive's records make, in the order of the log. Thread-confined. */
final class LeafBatches {
  private final LeafSort leaves;
  private final MerkleHash hash;
  private LeafSort.@Nullable Placed ahead;
  private @Nullable ProofBatch next;

  LeafBatches(LeafSort leaves, MerkleHash hash) throws IOException {
    this.leaves = leaves;
    this.hash = hash;
    this.ahead = leaves.next();
    take();
  }

  /** The next one, which stays; null after the last. */
  @Nullable ProofBatch peek() {
    return next;
  }

  /** Goes on to the next one. */
  void take() throws IOException {
    LeafSort.Placed first = ahead;
    if (first == null) {
      next = null;
      return;
    }
    MerkleAccumulator tree = new MerkleAccumulator(hash);
    ProofBatch batch = new ProofBatch(first.minute(), first.kind(), first.range(), 1, first.hash());
    LeafSort.Placed leaf = first;
    while (leaf != null && leaf.isOf(batch)) {
      tree.add(leaf.hash());
      leaf = leaves.next();
    }
    ahead = leaf;
    next = new ProofBatch(batch.minute(), batch.kind(), batch.range(), tree.size(), tree.root());
  }
}
