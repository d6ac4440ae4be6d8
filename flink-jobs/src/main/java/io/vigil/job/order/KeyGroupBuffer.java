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
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyGroupStatePartitionStreamProvider;
import org.apache.flink.runtime.state.KeyedStateCheckpointOutputStream;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;

/**
 * Writes records that wait on the heap into raw keyed state, key group by key group, and reads them
 * back wherever the key groups have gone.
 */
public final class KeyGroupBuffer {
  /** First byte of every key group's section. */
  private static final int LAYOUT_VERSION = 1;

  private KeyGroupBuffer() {}

  /** Writes {@code records} into the snapshot, each under the key group of its key. */
  public static <T> void snapshot(
      StateSnapshotContext context,
      Wire<T> wire,
      Collection<T> records,
      KeySelector<T, String> keyOf,
      int maxParallelism)
      throws Exception {
    Map<Integer, List<T>> byGroup = new HashMap<>();
    for (T record : records) {
      int group = KeyGroupRangeAssignment.assignToKeyGroup(keyOf.getKey(record), maxParallelism);
      byGroup.computeIfAbsent(group, g -> new ArrayList<>()).add(record);
    }
    KeyedStateCheckpointOutputStream raw = context.getRawKeyedOperatorStateOutput();
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
