package io.vigil.job.order;

import io.vigil.job.record.Wire;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.runtime.checkpoint.CheckpointException;
import org.apache.flink.runtime.checkpoint.CheckpointFailureReason;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyGroupStatePartitionStreamProvider;
import org.apache.flink.runtime.state.KeyedStateCheckpointOutputStream;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes records that wait on the heap into raw keyed state, key group by key group, and reads them
 * back wherever the key groups have gone.
 */
public final class KeyGroupBuffer {
  /** First byte of every key group's section. */
  private static final int LAYOUT_VERSION = 1;

  private static final Logger LOG = LoggerFactory.getLogger(KeyGroupBuffer.class);

  private KeyGroupBuffer() {}

  /**
   * Writes {@code records} into the snapshot, each under the key group of its key.
   *
   * <p>Flink fails a task whose snapshot throws here, however many checkpoints may fail: a store
   * that is full or away would stop every decision. So the checkpoint is declined instead, as it is
   * when what is written later fails.
   */
  public static <T> void snapshot(
      StateSnapshotContext context,
      Environment environment,
      Wire<T> wire,
      Collection<T> records,
      KeySelector<T, String> keyOf)
      throws Exception {
    int maxParallelism = environment.getTaskInfo().getMaxNumberOfParallelSubtasks();
    Map<Integer, List<T>> byGroup = new HashMap<>();
    for (T record : records) {
      int group = KeyGroupRangeAssignment.assignToKeyGroup(keyOf.getKey(record), maxParallelism);
      byGroup.computeIfAbsent(group, g -> new ArrayList<>()).add(record);
    }
    KeyedStateCheckpointOutputStream raw = context.getRawKeyedOperatorStateOutput();
    try {
      write(raw, wire, byGroup);
    } catch (IOException e) {
      LOG.warn(
          "checkpoint {} is declined: what waits cannot be written", context.getCheckpointId(), e);
      // Never given back: half a stream becomes no state, whatever can be written by then. Flink
      // waits for it off the task's thread, until it hears that the checkpoint is over.
      var unused = raw.acquireLease();
      environment.declineCheckpoint(
          context.getCheckpointId(),
          new CheckpointException(
              "what waits cannot be written",
              CheckpointFailureReason.CHECKPOINT_ASYNC_EXCEPTION,
              e));
    }
  }

  private static <T> void write(
      KeyedStateCheckpointOutputStream raw, Wire<T> wire, Map<Integer, List<T>> byGroup)
      throws IOException {
    DataOutputStream out = new DataOutputStream(raw);
    for (int group : raw.getKeyGroupList()) {
      raw.startNewKeyGroup(group);
      List<T> ofGroup = byGroup.getOrDefault(group, List.of());
      out.writeByte(LAYOUT_VERSION);
      out.writeInt(ofGroup.size());
      for (T record : ofGroup) {
        wire.write(record, out);
      }
      out.flush();
    }
  }

  /**
   * Hands every record of this subtask's key groups to {@code sink}; does nothing on a first start.
   */
  public static <T> void restore(StateInitializationContext context, Wire<T> wire, Consumer<T> sink)
      throws IOException {
    if (!context.isRestored()) {
      return;
    }
    for (KeyGroupStatePartitionStreamProvider group : context.getRawKeyedStateInputs()) {
      DataInputStream in = new DataInputStream(group.getStream());
      int version;
      try {
        version = in.readByte();
      } catch (EOFException empty) {
        continue;
      }
      if (version != LAYOUT_VERSION) {
        throw new IOException(
            "order buffer: expected layout " + LAYOUT_VERSION + ", got " + version);
      }
      int count = in.readInt();
      for (int i = 0; i < count; i++) {
        sink.accept(wire.read(in));
      }
    }
  }
}
