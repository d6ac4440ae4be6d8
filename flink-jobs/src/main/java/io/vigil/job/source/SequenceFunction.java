package io.vigil.job.source;

import io.vigil.job.metrics.Buckets;
import io.vigil.job.metrics.JobMetric;
import io.vigil.job.metrics.JobMetrics;
import io.vigil.job.proof.Evidence;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.Rejection;
import io.vigil.job.record.WireType;
import io.vigil.job.sink.Output;
import io.vigil.model.order.PartitionClock;
import io.vigil.model.proof.ProofKind;
import io.vigil.schema.ReceiptOutcome;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.metrics.Counter;
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
  private transient JobMetrics metrics;
  private transient Counter[] inputs;
  private transient Counter[] lateRecords;
  private transient Counter dead;
  private transient JobMetrics.Labelled deadByReason;
  private transient Buckets feedDelay;
  private transient Set<String> shown;
  private transient Clock wall;

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
    shown = new HashSet<>();
    // Of gauges alone.
    wall = Clock.systemUTC();
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
  public void open(OpenContext context) {
    metrics = new JobMetrics(getRuntimeContext().getMetricGroup());
    inputs = new Counter[Kind.values().length];
    lateRecords = new Counter[Kind.values().length];
    JobMetrics.Labelled read = metrics.counters(JobMetric.INPUT_RECORDS);
    JobMetrics.Labelled late = metrics.counters(JobMetric.LATE);
    for (Kind kind : Kind.values()) {
      String name = kind.name().toLowerCase(Locale.ROOT);
      inputs[kind.ordinal()] = read.of(name);
      if (canBeLate(kind)) {
        lateRecords[kind.ordinal()] = late.of(name);
      }
    }
    dead = metrics.counter(JobMetric.DEAD_LETTERS);
    deadByReason = metrics.counters(JobMetric.DEAD_LETTERS_BY_REASON);
    feedDelay = metrics.histogram(JobMetric.FEED_DELAY);
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws Exception {
    List<Tuple2<String, Long>> all = new ArrayList<>();
    clocks.forEach((partition, clock) -> all.add(Tuple2.of(partition, clock.nowMs())));
    checkpointed.update(all);
  }

  @Override
  public void processElement(LogRecord read, Context context, Collector<LogRecord> out) {
    PartitionClock clock = ticking(read.topic() + '-' + read.partition());
    inputs[read.kind().ordinal()].inc();
    long nextMs = clock.nowMs() == PartitionClock.UNSET_MS ? 0 : clock.nowMs() + 1;
    Rejection rejection = read.rejection();
    if (rejection != null) {
      dead.inc();
      deadByReason.of(rejection.reason()).inc();
      Outgoing letter = made.deadLetter(read);
      context.output(Output.DEAD_LETTERS, letter);
      prove(ProofKind.DEAD_LETTERS, nextMs, letter, context);
      keep(read, nextMs, context);
      return;
    }
    boolean late = clock.isLate(read.eventTimeMs());
    if (late && canBeLate(read.kind())) {
      lateRecords[read.kind().ordinal()].inc();
    }
    if (read.kind() == Kind.TRANSACTION) {
      feedDelay.add((read.appendTimeMs() - read.eventTimeMs()) / 1e3);
    }
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

  /** A tick is about the clock itself, and a deployment stands where it stands. */
  private static boolean canBeLate(Kind kind) {
    return kind != Kind.TICK && kind != Kind.DEPLOYMENT;
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

  /** The clock of a partition that this subtask reads, and shows. */
  private PartitionClock ticking(String partition) {
    if (shown.add(partition)) {
      PartitionClock clock = clock(partition);
      metrics.delay(JobMetric.CLOCK_DELAY, partition, wall::millis, clock::nowMs);
    }
    return clock(partition);
  }

  private PartitionClock clock(String partition) {
    return clocks.computeIfAbsent(
        partition, p -> new PartitionClock(boundMs, PartitionClock.UNSET_MS));
  }
}
