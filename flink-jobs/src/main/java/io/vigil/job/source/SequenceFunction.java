package io.vigil.job.source;

import io.vigil.job.proof.Evidence;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.job.sink.Output;
import io.vigil.model.order.PartitionClock;
import io.vigil.model.proof.ProofKind;
import io.vigil.schema.ReceiptOutcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Gives every record its effective time by its partition's clock. Runs chained to the source, so a
 * snapshot holds the clocks at exactly the offsets that the source checkpoints.
 *
 * <p>The clocks are union state: after a restore every subtask holds all of them and uses those of
 * the partitions it then reads. A clock that a subtask holds but does not advance stays behind the
 * reader's own, so the maximum is the true one.
 */
public final class SequenceFunction extends ProcessFunction<LogRecord, LogRecord>
    implements CheckpointedFunction {
  private static final long serialVersionUID = 1L;

  /** Deployments, for all subtasks of what follows. */
  public static final OutputTag<LogRecord> DEPLOYMENTS =
      new OutputTag<>("deployments", new WireType<>(LogRecord.WIRE));

  private final long boundMs;
  private final boolean archive;

  private transient Output made;
  private transient Map<String, PartitionClock> clocks;
  private transient ListState<Tuple2<String, Long>> checkpointed;

  /**
   * @param boundMs the disorder bound, 0 or more
   * @param archive whether every record is also sent to {@link Output#INPUTS}
   */
  public SequenceFunction(long boundMs, boolean archive) {
    this.boundMs = boundMs;
    this.archive = archive;
  }

  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    made = new Output();
    clocks = new HashMap<>();
    checkpointed =
        context
            .getOperatorStateStore()
            .getUnionListState(
                new ListStateDescriptor<>("clocks", Types.TUPLE(Types.STRING, Types.LONG)));
    for (Tuple2<String, Long> clock : checkpointed.get()) {
      clock(clock.f0).tick(clock.f1);
    }
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws Exception {
    List<Tuple2<String, Long>> all = new ArrayList<>();
    clocks.forEach((partition, clock) -> all.add(Tuple2.of(partition, clock.nowMs())));
    checkpointed.update(all);
  }

  @Override
  public void processElement(LogRecord read, Context context, Collector<LogRecord> out) {
    PartitionClock clock = clock(read.topic() + '-' + read.partition());
    long nextMs = clock.nowMs() == PartitionClock.UNSET_MS ? 0 : clock.nowMs() + 1;
    if (read.rejection() != null) {
      Outgoing letter = made.deadLetter(read);
      context.output(Output.DEAD_LETTERS, letter);
      prove(ProofKind.DEAD_LETTERS, nextMs, letter, context);
      keep(read, nextMs, context);
      return;
    }
    boolean late = clock.isLate(read.eventTimeMs());
    long effectiveTimeMs =
        switch (read.kind()) {
          case TICK -> {
            clock.tick(read.eventTimeMs());
            yield clock.nowMs();
          }
          // Known from where it stands; what it says may hold from later on. It moves no clock.
          case DEPLOYMENT -> nextMs;
          case LABEL, EVENT, PROFILE, TRANSACTION -> clock.record(read.eventTimeMs());
        };
    LogRecord sequenced = read.sequenced(effectiveTimeMs, late && read.kind() != Kind.TICK);
    // A tick may take effect where the watermark stands already; what it proves stands behind.
    keep(sequenced, read.kind() == Kind.TICK ? nextMs : effectiveTimeMs, context);
    if (read.kind() == Kind.TICK) {
      Outgoing receipt = made.receipt(sequenced, ReceiptOutcome.APPLIED, null, null);
      context.output(Output.RECEIPTS, receipt);
      prove(ProofKind.RECEIPTS, nextMs, receipt, context);
    } else if (read.kind() == Kind.DEPLOYMENT) {
      context.output(DEPLOYMENTS, sequenced);
    } else {
      out.collect(sequenced);
    }
  }

  private void keep(LogRecord record, long timeMs, Context context) {
    if (archive) {
      Outgoing entry = made.logEntry(record);
      context.output(Output.INPUTS, entry);
      prove(ProofKind.INPUTS, timeMs, entry, context);
    }
  }

  private static void prove(ProofKind kind, long timeMs, Outgoing record, Context context) {
    context.output(Evidence.TAG, new Evidence(kind, timeMs, record.value()));
  }

  private PartitionClock clock(String partition) {
    return clocks.computeIfAbsent(
        partition, p -> new PartitionClock(boundMs, PartitionClock.UNSET_MS));
  }
}
