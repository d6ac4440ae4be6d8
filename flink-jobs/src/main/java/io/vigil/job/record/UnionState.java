package io.vigil.job.record;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;

/**
 * What all subtasks of an operator know alike: whoever writes it, after any rescale all read it.
 * Owned by the operator's thread.
 */
public final class UnionState<T> {
  private final Wire<T> wire;
  private final ListState<byte[]> state;

  /** Registers the state; a checkpoint of a version without it holds nothing. */
  public UnionState(OperatorStateStore store, String name, Wire<T> wire) throws Exception {
    this.wire = wire;
    this.state =
        store.getUnionListState(
            new ListStateDescriptor<>(name, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
  }

  /** What the checkpoint holds. */
  public List<T> get() throws Exception {
    List<T> values = new ArrayList<>();
    for (byte[] bytes : state.get()) {
      values.add(wire.read(new DataInputStream(new ByteArrayInputStream(bytes))));
    }
    return values;
  }

  /** Puts what this subtask has to write into the snapshot; one that writes for all is enough. */
  public void update(Collection<T> values) throws Exception {
    List<byte[]> written = new ArrayList<>(values.size());
    for (T value : values) {
      written.add(bytes(value));
    }
    state.update(written);
  }

  private byte[] bytes(T value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    wire.write(value, new DataOutputStream(bytes));
    return bytes.toByteArray();
  }
}
