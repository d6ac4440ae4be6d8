package io.vigil.job.decide;

import io.vigil.job.control.Change;
import io.vigil.job.control.Kinds;
import io.vigil.job.control.Schedule;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Wire;
import io.vigil.model.approval.Alias;
import io.vigil.model.approval.Kind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;

/**
 * Control records on their way to those who obey them, and what of them a checkpoint holds: union
 * state, so that every subtask knows the same after any rescale. Owned by the operator's thread.
 */
final class ControlInput {
  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final ListState<byte[]> changes;
  private final ListState<byte[]> requests;

  /** Registers the state; a checkpoint of a version without it holds nothing. */
  ControlInput(OperatorStateStore store) throws Exception {
    changes = state(store, "changes");
    requests = state(store, "requests");
  }

  private static ListState<byte[]> state(OperatorStateStore store, String name) throws Exception {
    return store.getUnionListState(
        new ListStateDescriptor<>(name, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
  }

  /** Hands on what the checkpoint holds. */
  void restore(Rollout rollout, Requests pending) throws Exception {
    for (byte[] change : changes.get()) {
      rollout.add(read(Change.WIRE, change));
    }
    for (byte[] request : requests.get()) {
      LogRecord record = read(LogRecord.WIRE, request);
      pending.requested(record, decode(record));
    }
  }

  /**
   * Puts what still matters into the snapshot.
   *
   * @param decidedMs all rows up to that effective time are decided
   * @param first whether this is the one subtask that writes the requests, which all of them know
   */
  void snapshot(Rollout rollout, Requests pending, long decidedMs, boolean first) throws Exception {
    List<byte[]> needed = new ArrayList<>();
    for (Change change : rollout.needed(decidedMs)) {
      needed.add(write(Change.WIRE, change));
    }
    changes.update(needed);
    List<byte[]> waiting = new ArrayList<>();
    if (first) {
      for (LogRecord request : pending.pending()) {
        waiting.add(write(LogRecord.WIRE, request));
      }
    }
    requests.update(waiting);
  }

  /** Takes a record of the control topic. */
  void take(LogRecord record, Rollout rollout, Requests pending) {
    Deployment deployment = decode(record);
    if (deployment.getStatus() == DeploymentStatus.REQUESTED) {
      pending.requested(record, deployment);
      return;
    }
    Kind kind = Kinds.of(deployment.getKind());
    Alias alias = Kinds.of(deployment.getAlias());
    if (deployment.getStatus() == DeploymentStatus.ACTIVATED
        && kind != null
        && alias != null
        && Schedule.hasPlace(kind, alias)) {
      rollout.add(Change.of(deployment, record, kind, alias));
      pending.activated(record);
    }
    String requestId = deployment.getRequestId();
    if (requestId != null) {
      pending.answered(requestId);
    }
  }

  private Deployment decode(LogRecord record) {
    try {
      return deployments.decode(record.value());
    } catch (DecodeException e) {
      throw new IllegalStateException("record " + record.origin() + ": decoded before, not now", e);
    }
  }

  private static <T> byte[] write(Wire<T> wire, T value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    wire.write(value, new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  private static <T> T read(Wire<T> wire, byte[] bytes) throws IOException {
    return wire.read(new DataInputStream(new ByteArrayInputStream(bytes)));
  }
}
