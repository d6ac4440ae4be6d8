package io.vigil.job.proof;

import io.vigil.job.record.Outgoing;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.ProofBatch;
import io.vigil.model.proof.ProofKind;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.function.Function;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Hashes records beside the operator that made them, while their bytes are still in the cache, and
 * packs the leaves by range. Nothing waits over a watermark or a barrier, so there is no state.
 *
 * <p>A leaf is the hash of the record with the fingerprint of its schema before it, as it went to
 * its topic: else another schema in the archive's file could give the same bytes another meaning.
 */
public final class LeafOperator<R> extends AbstractStreamOperator<LeafPack>
    implements OneInputStreamOperator<R, LeafPack> {
  private static final long serialVersionUID = 1L;

  private static final int PACK_LEAVES = 256;

  private final As<R> as;

  private transient MerkleHash hash;
  private transient ByteBuffer[] packs;

  /** What a record is as evidence. */
  private interface As<R> extends Function<R, Evidence>, Serializable {}

  private LeafOperator(As<R> as) {
    this.as = as;
  }

  /** For an operator whose main output is of one kind and stands at its effective time. */
  public static LeafOperator<Outgoing> of(ProofKind kind) {
    return new LeafOperator<>(record -> Evidence.of(kind, record));
  }

  /** For an operator that says itself what its records are. */
  public static LeafOperator<Evidence> ofEvidence() {
    return new LeafOperator<>(evidence -> evidence);
  }

  @Override
  public void open() throws Exception {
    super.open();
    hash = new MerkleHash();
    packs = new ByteBuffer[ProofBatch.RANGES];
    for (int range = 0; range < packs.length; range++) {
      packs[range] = ByteBuffer.allocate(PACK_LEAVES * LeafPack.LEAF_BYTES);
    }
  }

  @Override
  public void processElement(StreamRecord<R> element) {
    Evidence evidence = as.apply(element.getValue());
    byte[] leaf = hash.leaf(evidence.value());
    int range = ProofBatch.range(leaf);
    ByteBuffer pack = packs[range];
    pack.put((byte) evidence.kind().ordinal()).putLong(evidence.timeMs()).put(leaf);
    if (!pack.hasRemaining()) {
      send(range);
    }
  }

  private void send(int range) {
    ByteBuffer pack = packs[range];
    if (pack.position() > 0) {
      byte[] leaves = new byte[pack.position()];
      pack.flip().get(leaves);
      pack.clear();
      output.collect(new StreamRecord<>(new LeafPack(range, leaves)));
    }
  }

  private void sendAll() {
    for (int range = 0; range < packs.length; range++) {
      send(range);
    }
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    sendAll();
    super.processWatermark(mark);
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    sendAll();
    super.prepareSnapshotPreBarrier(checkpointId);
  }

  @Override
  public void finish() throws Exception {
    sendAll();
    super.finish();
  }
}
