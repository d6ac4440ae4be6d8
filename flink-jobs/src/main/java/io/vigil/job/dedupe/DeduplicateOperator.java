package io.vigil.job.dedupe;

import io.vigil.job.ArtefactSet;
import io.vigil.job.control.JobKeys;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.metrics.JobMetric;
import io.vigil.job.metrics.JobMetrics;
import io.vigil.job.order.OrderedOperator;
import io.vigil.job.proof.Evidence;
import io.vigil.job.record.EntityInput;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.Rejection;
import io.vigil.job.record.SpecChange;
import io.vigil.job.record.UnionState;
import io.vigil.job.record.WireType;
import io.vigil.job.sink.Output;
import io.vigil.model.proof.ProofKind;
import io.vigil.schema.ReceiptOutcome;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;
import org.apache.flink.util.TimeUtils;
import org.jspecify.annotations.Nullable;

/**
 * {@link Deduplication}, keyed by id, in effective order. Deployments come to all subtasks: the one
 * of its id answers it, the others look for what it says of the feature spec.
 */
public final class DeduplicateOperator extends OrderedOperator<LogRecord, LogRecord>
    implements OneInputStreamOperator<LogRecord, LogRecord> {
  private static final long serialVersionUID = 1L;

  /** What the entities are asked. */
  public static final OutputTag<EntityInput> REQUESTS =
      new OutputTag<>("entity-requests", new WireType<>(EntityInput.WIRE));

  /** Changes of the feature spec, for all entities. */
  public static final OutputTag<EntityInput> SPECS =
      new OutputTag<>("specs", new WireType<>(EntityInput.WIRE));

  /** Deployments that have something to say to those who decide. */
  public static final OutputTag<LogRecord> CONTROL =
      new OutputTag<>("control", new WireType<>(LogRecord.WIRE));

  /** What was dropped since the last checkpoint may be missing in it, so nothing is before this. */
  private static final Duration BETWEEN_CHECKPOINTS = Duration.ofHours(1);

  private final ArtefactSet artefacts;
  private final JobKeys jobKeys;
  private final long horizonMs;
  private final Duration slack;
  private final Duration forgetAfter;
  private final List<SpecChange> ahead;

  private transient SpecTimeline specs;
  private transient UnionState<SpecChange> specChanges;
  private transient ListState<Long> leastLag;
  private transient long leastLagMs;
  private transient ListState<Long> wholeFrom;

  /** Ids that were written from then on, by the machine's clock, are in the restored state. */
  private transient long wholeFromMs;

  private transient Deduplication core;
  private transient boolean lasting;
  private transient Counter dead;
  private transient JobMetrics.Labelled deadByReason;
  private transient Map<ReceiptOutcome, Counter> receipts;

  /**
   * @param artefacts what decides
   * @param jobKeys whose answers are obeyed
   * @param horizon how long an id is remembered, in effective time
   * @param slack how much longer it is kept, in processing time: who is decided later than that is
   *     refused
   * @param forgetAfter processing time after which unwritten labels and ids of deployments are
   *     dropped; slack only
   */
  public DeduplicateOperator(
      ArtefactSet artefacts,
      JobKeys jobKeys,
      Duration horizon,
      Duration slack,
      Duration forgetAfter) {
    this(artefacts, jobKeys, horizon, slack, forgetAfter, List.of());
  }

  /**
   * As above.
   *
   * @param ahead what is prepared from the beginning, by a job that begins without a state
   */
  public DeduplicateOperator(
      ArtefactSet artefacts,
      JobKeys jobKeys,
      Duration horizon,
      Duration slack,
      Duration forgetAfter,
      List<SpecChange> ahead) {
    super(LogRecord.WIRE, LogRecord::stateKey);
    this.artefacts = artefacts;
    this.jobKeys = jobKeys;
    this.horizonMs = horizon.toMillis();
    this.slack = slack;
    this.forgetAfter = forgetAfter;
    this.ahead = new ArrayList<>(ahead); // Flink serialises it.
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    specs = new SpecTimeline(artefacts.specYaml());
    specChanges =
        new UnionState<>(context.getOperatorStateStore(), "spec-changes", SpecChange.WIRE);
    specs.addAll(context.isRestored() ? specChanges.get() : ahead);
    core =
        new Deduplication(
            artefacts,
            specs,
            jobKeys,
            horizonMs,
            new Memory(
                bytes(context, "ids", slack.plusMillis(horizonMs).plus(BETWEEN_CHECKPOINTS)),
                bytes(context, "seen", forgetAfter),
                bytes(context, "labels", forgetAfter)),
            new Outputs());
    leastLag =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("least-lag", Types.LONG));
    leastLagMs = Long.MAX_VALUE;
    for (long lagMs : leastLag.get()) {
      leastLagMs = Math.min(leastLagMs, lagMs);
    }
    wholeFrom =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("ids-whole-from", Types.LONG));
    wholeFromMs = Long.MIN_VALUE;
    for (long fromMs : wholeFrom.get()) {
      wholeFromMs = Math.max(wholeFromMs, fromMs);
    }
  }

  private ValueState<byte[]> bytes(StateInitializationContext context, String name, Duration kept) {
    ValueStateDescriptor<byte[]> descriptor =
        new ValueStateDescriptor<>(name, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    descriptor.enableTimeToLive(slackOnly(kept));
    return context.getKeyedStateStore().getState(descriptor);
  }

  @Override
  public void open() throws Exception {
    super.open();
    dead = metrics().counter(JobMetric.DEAD_LETTERS);
    deadByReason = metrics().counters(JobMetric.DEAD_LETTERS_BY_REASON);
    JobMetrics.Labelled byOutcome = metrics().counters(JobMetric.RECEIPTS);
    receipts = new EnumMap<>(ReceiptOutcome.class);
    for (ReceiptOutcome outcome : ReceiptOutcome.values()) {
      receipts.put(outcome, byOutcome.of(outcome.name().toLowerCase(Locale.ROOT)));
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    boolean first = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0;
    specChanges.update(first ? specs.changes() : List.of());
    leastLag.update(List.of(leastLagMs));
    wholeFrom.update(List.of(wholeFromMs(now())));
  }

  @Override
  public void processElement(StreamRecord<LogRecord> element) throws Exception {
    LogRecord record = element.getValue();
    if (record.kind() == Kind.DEPLOYMENT) {
      core.announce(record);
      if (!isMine(record)) {
        return;
      }
    }
    await(record);
  }

  private boolean isMine(LogRecord record) {
    TaskInfo task = getRuntimeContext().getTaskInfo();
    return KeyGroupRangeAssignment.assignKeyToParallelOperator(
            record.stateKey(),
            task.getMaxNumberOfParallelSubtasks(),
            task.getNumberOfParallelSubtasks())
        == task.getIndexOfThisSubtask();
  }

  @Override
  protected void apply(LogRecord record) throws Exception {
    setCurrentKey(record.stateKey());
    lasting = !LogRecord.isForgotten(record.stateKey());
    if (!lasting) {
      checkLag(record);
    }
    core.apply(record);
  }

  private long now() {
    return getProcessingTimeService().getCurrentProcessingTime();
  }

  /** Ids that were written from then on, by the machine's clock, are all there. */
  private long wholeFromMs(long nowMs) {
    return Math.max(wholeFromMs, nowMs - horizonMs - slack.toMillis());
  }

  /**
   * Ids are dropped by the machine's clock. One that was dropped was written before the instant
   * from which on all are there, so its effective time lies before that instant less the least lag:
   * a record whose horizon does not reach back to there repeats none of them. Where options stay as
   * they are, that is a record which is decided later than others, each counted from its effective
   * time, by no more than the slack.
   */
  private void checkLag(LogRecord record) {
    long nowMs = now();
    long lagMs = nowMs - record.effectiveTimeMs();
    leastLagMs = Math.min(leastLagMs, lagMs);
    long wholeMs = wholeFromMs(nowMs);
    if (record.effectiveTimeMs() - horizonMs >= wholeMs - leastLagMs) {
      return;
    }
    if (lagMs - leastLagMs > slack.toMillis()) {
      throw new IllegalStateException(
          "%s: expected to come within vigil.dedupe.slack (%s) of its time, as others did, got %s later; an id that it repeats may be forgotten. Start again, from the same checkpoint, with a larger vigil.dedupe.slack. (If a machine's clock was wrong, that is why.)"
              .formatted(
                  record.id(),
                  TimeUtils.formatWithHighestUnit(slack),
                  Duration.ofMillis(lagMs - leastLagMs)));
    }
    throw new IllegalStateException(
        "%s: expected a time (%s) from which vigil.dedupe.horizon (%s) does not reach back to ids that were dropped under the options of before, which are those before %s. Where the horizon was made longer: go back to the one of before, with a vigil.dedupe.slack that is longer by the difference, and make the horizon longer when that time has passed. Where the slack was: start from a checkpoint of before the job first failed"
            .formatted(
                record.id(),
                Instant.ofEpochMilli(record.effectiveTimeMs()),
                TimeUtils.formatWithHighestUnit(Duration.ofMillis(horizonMs)),
                Instant.ofEpochMilli(wholeMs)));
  }

  /** Of the record's subject, whose key is the current one. */
  private final class Memory implements Deduplication.Memory {
    private final ValueState<byte[]> ids;

    /** Of deployments; and of all that was seen by a job that kept no others. */
    private final ValueState<byte[]> lastingIds;

    private final ValueState<byte[]> labelled;

    private Memory(
        ValueState<byte[]> ids, ValueState<byte[]> lastingIds, ValueState<byte[]> labelled) {
      this.ids = ids;
      this.lastingIds = lastingIds;
      this.labelled = labelled;
    }

    @Override
    public byte @Nullable [] seen() throws IOException {
      byte[] packed = lasting ? null : ids.value();
      return packed == null ? lastingIds.value() : packed;
    }

    @Override
    public void seen(byte[] packed) throws IOException {
      (lasting ? lastingIds : ids).update(packed);
    }

    @Override
    public byte @Nullable [] labels() throws IOException {
      return labelled.value();
    }

    @Override
    public void labels(byte[] packed) throws IOException {
      labelled.update(packed);
    }
  }

  private final class Outputs implements Deduplication.Out {
    private final Output made = new Output();

    @Override
    public void accepted(LogRecord record) {
      output.collect(new StreamRecord<>(record));
    }

    @Override
    public void request(EntityRequest request) {
      output.collect(REQUESTS, new StreamRecord<>(request));
    }

    @Override
    public void spec(SpecChange change) {
      output.collect(SPECS, new StreamRecord<>(change));
    }

    @Override
    public void control(LogRecord record) {
      output.collect(CONTROL, new StreamRecord<>(record));
    }

    @Override
    public void receipt(
        LogRecord record,
        ReceiptOutcome outcome,
        @Nullable String duplicateOf,
        @Nullable String reason) {
      Objects.requireNonNull(receipts.get(outcome)).inc();
      Outgoing receipt = made.receipt(record, outcome, duplicateOf, reason);
      output.collect(Output.RECEIPTS, new StreamRecord<>(receipt));
      prove(ProofKind.RECEIPTS, record, receipt);
    }

    @Override
    public void dead(LogRecord record) {
      dead.inc();
      Rejection rejection = record.rejection();
      if (rejection != null) {
        deadByReason.of(rejection.reason()).inc();
      }
      Outgoing letter = made.deadLetter(record);
      output.collect(Output.DEAD_LETTERS, new StreamRecord<>(letter));
      prove(ProofKind.DEAD_LETTERS, record, letter);
    }

    private void prove(ProofKind kind, LogRecord record, Outgoing answer) {
      output.collect(
          Evidence.TAG,
          new StreamRecord<>(new Evidence(kind, record.effectiveTimeMs(), answer.value())));
    }
  }
}
