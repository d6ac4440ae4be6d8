package io.vigil.job.proof;

import io.vigil.job.order.OrderedOperator;
import io.vigil.job.record.Wire;
import io.vigil.model.proof.MerkleAccumulator;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.ProofBatch;
import io.vigil.model.proof.ProofKind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Keyed by range: puts the leaves of each kind into the batch of their minute, in their order, and
 * sends a batch on when the watermark has passed its minute. A batch is a tree of at most 63
 * hashes, which is checkpointed with what waits: a restart puts no record into two batches, and the
 * batches are the same for any parallelism.
 */
public final class ProofOperator extends OrderedOperator<Leaf, ProofBatch>
    implements OneInputStreamOperator<LeafPack, ProofBatch> {
  private static final long serialVersionUID = 1L;
  private static final byte LAYOUT_VERSION = 1;

  /** How batches travel. */
  public static final Wire<ProofBatch> BATCH_WIRE = new BatchWire();

  private transient MerkleHash hash;
  private transient ValueState<byte[]> state;
  private transient List<Map<ProofKind, Open>> open;

  /** A batch that may still grow. */
  private record Open(long minute, MerkleAccumulator tree) {}

  public ProofOperator() {
    super(Leaf.WIRE, leaf -> LeafPack.key(ProofBatch.range(leaf.hash())));
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    hash = new MerkleHash();
    state =
        context
            .getKeyedStateStore()
            .getState(
                new ValueStateDescriptor<>(
                    "batches", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
    open = new ArrayList<>();
    for (int range = 0; range < ProofBatch.RANGES; range++) {
      open.add(new EnumMap<>(ProofKind.class));
      if (isMine(range)) {
        setCurrentKey(LeafPack.key(range));
        byte[] packed = state.value();
        if (packed != null) {
          read(new DataInputStream(new ByteArrayInputStream(packed)), open.get(range));
        }
      }
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    for (int range = 0; range < ProofBatch.RANGES; range++) {
      if (isMine(range)) {
        setCurrentKey(LeafPack.key(range));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        write(open.get(range), new DataOutputStream(bytes));
        state.update(bytes.toByteArray());
      }
    }
  }

  private boolean isMine(int range) {
    TaskInfo task = getRuntimeContext().getTaskInfo();
    return KeyGroupRangeAssignment.assignKeyToParallelOperator(
            LeafPack.key(range),
            task.getMaxNumberOfParallelSubtasks(),
            task.getNumberOfParallelSubtasks())
        == task.getIndexOfThisSubtask();
  }

  private void read(DataInputStream in, Map<ProofKind, Open> batches) throws IOException {
    int version = in.readByte();
    if (version != LAYOUT_VERSION) {
      throw new IOException("open batches: expected layout " + LAYOUT_VERSION + ", got " + version);
    }
    int count = in.readByte();
    for (int i = 0; i < count; i++) {
      ProofKind kind = ProofKind.of(in.readByte());
      batches.put(kind, new Open(in.readLong(), MerkleAccumulator.read(in, hash)));
    }
  }

  private static void write(Map<ProofKind, Open> batches, DataOutputStream out) throws IOException {
    out.writeByte(LAYOUT_VERSION);
    out.writeByte(batches.size());
    for (Map.Entry<ProofKind, Open> each : batches.entrySet()) {
      out.writeByte(each.getKey().ordinal());
      out.writeLong(each.getValue().minute());
      each.getValue().tree().write(out);
    }
  }

  @Override
  public void processElement(StreamRecord<LeafPack> element) {
    element.getValue().forEach(this::await);
  }

  @Override
  protected void apply(Leaf leaf) {
    byte[] leafHash = leaf.hash();
    int range = ProofBatch.range(leafHash);
    long minute = ProofBatch.minute(leaf.timeMs());
    Map<ProofKind, Open> batches = open.get(range);
    Open batch = batches.get(leaf.kind());
    if (batch == null || batch.minute() != minute) {
      if (batch != null) {
        send(leaf.kind(), range, batch);
      }
      batch = new Open(minute, new MerkleAccumulator(hash));
      batches.put(leaf.kind(), batch);
    }
    batch.tree().add(leafHash);
  }

  @Override
  protected void applied(long watermarkMs) {
    for (int range = 0; range < open.size(); range++) {
      int ofRange = range;
      open.get(range)
          .entrySet()
          .removeIf(
              each -> {
                boolean over = TreeOperator.isOver(each.getValue().minute(), watermarkMs);
                if (over) {
                  send(each.getKey(), ofRange, each.getValue());
                }
                return over;
              });
    }
  }

  private void send(ProofKind kind, int range, Open batch) {
    emit(new ProofBatch(batch.minute(), kind, range, batch.tree().size(), batch.tree().root()));
  }

  private static final class BatchWire implements Wire<ProofBatch> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<ProofBatch> type() {
      return ProofBatch.class;
    }

    @Override
    public void write(ProofBatch batch, DataOutput out) throws IOException {
      out.writeLong(batch.minute());
      out.writeByte(batch.kind().ordinal());
      out.writeByte(batch.range());
      out.writeLong(batch.count());
      out.write(batch.root());
    }

    @Override
    public ProofBatch read(DataInput in) throws IOException {
      long minute = in.readLong();
      ProofKind kind = ProofKind.of(in.readByte());
      int range = in.readByte();
      long count = in.readLong();
      byte[] root = new byte[MerkleHash.BYTES];
      in.readFully(root);
      return new ProofBatch(minute, kind, range, count, root);
    }
  }
}
