package io.vigil.job.decide;

import io.vigil.job.control.Change;
import io.vigil.job.control.Kinds;
import io.vigil.job.control.Schedule;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.SpecChange;
import io.vigil.job.record.UnionState;
import io.vigil.model.approval.Alias;
import io.vigil.model.approval.Kind;
import io.vigil.model.feature.Backfill;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.util.List;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.jspecify.annotations.Nullable;

/**
 * Control records on their way to those who obey them, and what of them a checkpoint holds: union
 * state, so that every subtask knows the same after any rescale. Owned by the operator's thread.
 */
final class ControlInput {
  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final UnionState<Change> changes;
  private final UnionState<LogRecord> requests;

  /** Registers the state; a checkpoint of a version without it holds nothing. */
  ControlInput(OperatorStateStore store) throws Exception {
    changes = new UnionState<>(store, "changes", Change.WIRE);
    requests = new UnionState<>(store, "requests", LogRecord.WIRE);
  }

  /** Hands on what the checkpoint holds. */
  void restore(Rollout rollout, Requests pending) throws Exception {
    changes.get().forEach(rollout::add);
    for (LogRecord record : requests.get()) {
      Deployment deployment = decode(record);
      if (deployment.getStatus() == DeploymentStatus.REQUESTED) {
        pending.requested(record, deployment);
      } else if (deployment.getStatus() == DeploymentStatus.PREPARING) {
        pending.preparing(String.valueOf(deployment.getRequestId()), record);
      } else {
        pending.answered(deployment.getRequestId(), record);
      }
    }
  }

  /**
   * Puts what still matters into the snapshot.
   *
   * @param decidedMs all rows up to that effective time are decided
   * @param first whether this is the one subtask that writes the requests, which all of them know
   */
  void snapshot(Rollout rollout, Requests pending, long decidedMs, boolean first) throws Exception {
    changes.update(rollout.needed(decidedMs));
    requests.update(first ? pending.unsettled() : List.of());
  }

  /**
   * Takes a record of the control topic.
   *
   * @return the features that it puts in force with their history; null when it puts none
   */
  SpecTimeline.@Nullable Ahead take(
      LogRecord record, SpecTimeline specs, Rollout rollout, Requests pending) {
    Deployment deployment = decode(record);
    SpecChange spec = SpecChange.of(deployment, record);
    if (!spec.spec().isEmpty()) {
      specs.add(spec);
    }
    if (deployment.getStatus() == DeploymentStatus.REQUESTED) {
      pending.requested(record, deployment);
      return null;
    }
    if (deployment.getStatus() == DeploymentStatus.PREPARING) {
      pending.preparing(String.valueOf(deployment.getRequestId()), record);
      return null;
    }
    Kind kind = Kinds.of(deployment.getKind());
    Alias alias = Kinds.of(deployment.getAlias());
    if (deployment.getStatus() == DeploymentStatus.ACTIVATED
        && deployment.getReviews() == null
        && kind != null
        && alias != null
        && Schedule.hasPlace(kind, alias)) {
      rollout.add(Change.of(deployment, record, kind, alias));
      pending.activated(record);
    }
    String requestId = deployment.getRequestId();
    if (requestId != null) {
      pending.answered(requestId, record);
    }
    return Backfill.idOf(spec.spec()) == null ? null : specs.ahead(spec.backfill());
  }

  private Deployment decode(LogRecord record) {
    try {
      return deployments.decode(record.value());
    } catch (DecodeException e) {
      throw new IllegalStateException("record " + record.origin() + ": decoded before, not now", e);
    }
  }
}
