package io.vigil.job.dedupe;

import io.vigil.job.ArtefactSet;
import io.vigil.job.control.JobKeys;
import io.vigil.job.control.Kinds;
import io.vigil.job.control.Schedule;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.feature.TransactionFacts;
import io.vigil.job.order.OrderedOperator;
import io.vigil.job.proof.Evidence;
import io.vigil.job.record.EntityInput;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.SpecChange;
import io.vigil.job.record.UnionState;
import io.vigil.job.record.WireType;
import io.vigil.job.sink.Output;
import io.vigil.model.approval.Alias;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.proof.ProofKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Label;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.Stage;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.TransactionDecoder;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Keyed by id, in effective order: lets each transaction through once, keeps the label in force of
 * each transaction and tells it to those who decide, answers deployments, and sends each accepted
 * record's small requests to its entities. Deployments come to all subtasks: the one of its id
 * answers it, the others look for what it says of the feature spec.
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

  private final ArtefactSet artefacts;
  private final JobKeys jobKeys;
  private final long horizonMs;
  private final Duration forgetAfter;

  private transient Output made;
  private transient SpecTimeline specs;
  private transient UnionState<SpecChange> specChanges;
  private transient FactsReader facts;
  private transient TransactionDecoder transactions;
  private transient Codec<Label> labels;
  private transient Codec<Deployment> deployments;
  private transient MessageDigest sha256;
  private transient ValueState<byte[]> seen;
  private transient ValueState<byte[]> labelled;

  /**
   * @param artefacts what decides
   * @param jobKeys whose answers are obeyed
   * @param horizon how long an id is remembered, in effective time
   * @param forgetAfter processing time after which an unwritten key is dropped; slack only
   */
  public DeduplicateOperator(
      ArtefactSet artefacts, JobKeys jobKeys, Duration horizon, Duration forgetAfter) {
    super(LogRecord.WIRE, LogRecord::stateKey);
    this.artefacts = artefacts;
    this.jobKeys = jobKeys;
    this.horizonMs = horizon.toMillis();
    this.forgetAfter = forgetAfter;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    made = new Output();
    specs = new SpecTimeline(artefacts.specYaml());
    specChanges =
        new UnionState<>(context.getOperatorStateStore(), "spec-changes", SpecChange.WIRE);
    specs.addAll(specChanges.get());
    facts = new FactsReader(artefacts.rates());
    transactions = new TransactionDecoder();
    labels = Codec.of(Label.class);
    deployments = Codec.of(Deployment.class);
    sha256 = Seen.sha256();
    seen = bytes(context, "seen");
    labelled = bytes(context, "labels");
  }

  private ValueState<byte[]> bytes(StateInitializationContext context, String name) {
    ValueStateDescriptor<byte[]> descriptor =
        new ValueStateDescriptor<>(name, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    descriptor.enableTimeToLive(slackOnly(forgetAfter));
    return context.getKeyedStateStore().getState(descriptor);
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    boolean first = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0;
    specChanges.update(first ? specs.changes() : List.of());
  }

  @Override
  public void processElement(StreamRecord<LogRecord> element) throws Exception {
    LogRecord record = element.getValue();
    if (record.kind() == Kind.DEPLOYMENT) {
      Deployment deployment = deployments.decode(record.value());
      if (jobKeys.refusal(deployment) == null) {
        specs.add(SpecChange.of(deployment, record));
      }
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
    switch (record.kind()) {
      case TRANSACTION -> transaction(record);
      case LABEL -> label(record);
      case DEPLOYMENT -> deployment(record);
      case TICK -> throw new IllegalStateException("tick " + record.id() + ": ends at the clock");
    }
  }

  private void transaction(LogRecord record) throws Exception {
    if (record.eventTimeMs() < record.effectiveTimeMs() - horizonMs) {
      dead(
          record,
          Stage.DEDUPLICATE,
          "too_late",
          "event time: expected within the horizon of "
              + horizonMs
              + " ms before the effective time "
              + record.effectiveTimeMs()
              + ", got "
              + record.eventTimeMs());
      return;
    }
    Transaction transaction = decode(record);
    if (!facts.converts(transaction)) {
      dead(
          record,
          Stage.ENRICH,
          "currency_without_rate",
          "billing currency: expected one with a rate at "
              + record.eventTimeMs()
              + ", got "
              + transaction.getBillingCurrency());
      return;
    }
    if (repeats(record)) {
      return;
    }
    output.collect(new StreamRecord<>(record));
    Facts read = facts.read(transaction);
    List<EntityPlan> entities = specs.at(record.effectiveTimeMs()).plan().entities();
    for (int i = 0; i < entities.size(); i++) {
      String key = entities.get(i).grouping().key(read);
      if (key != null) {
        output.collect(
            REQUESTS,
            new StreamRecord<>(
                request(record, record.eventTimeMs(), i, key, entities.get(i).inputs(read))));
      }
    }
  }

  /** True when the id was seen within the horizon; the record has then been answered. */
  private boolean repeats(LogRecord record) throws Exception {
    Seen now = Seen.of(record, sha256);
    byte[] packed = seen.value();
    Seen first = packed == null ? null : Seen.unpack(packed);
    boolean deployment = record.kind() == Kind.DEPLOYMENT;
    if (first == null
        || (!deployment && now.effectiveTimeMs() - first.effectiveTimeMs() > horizonMs)) {
      seen.update(now.pack());
      return false;
    }
    String origin = first.origin(record.topic());
    if (first.sameContent(now) || (deployment && isAnswer(deployments.decode(record.value())))) {
      receipt(record, ReceiptOutcome.DUPLICATE, origin, null);
    } else {
      dead(
          record,
          Stage.DEDUPLICATE,
          "conflict",
          "id: expected the content of " + origin + " again, got other content");
    }
    return true;
  }

  /** Of the answers to a request, and of the returns of an activation, the first one counts. */
  private static boolean isAnswer(Deployment deployment) {
    return deployment.getRequestId() != null || deployment.getReturns() != null;
  }

  private void label(LogRecord record) throws Exception {
    Label label = labels.decode(record.value());
    LabelHistory before = LabelHistory.unpack(labelled.value());
    LabelHistory.Entry same = before.byId(label.getLabelId());
    if (same != null) {
      if (same.labelTimeMs() == label.getLabelTime() && same.value() == label.getValue()) {
        receipt(record, ReceiptOutcome.DUPLICATE, null, null);
      } else {
        dead(
            record,
            Stage.DEDUPLICATE,
            "conflict",
            "label id: expected the content of the earlier label again, got other content");
      }
      return;
    }
    LabelHistory after = before.with(label, record.value(), record.effectiveTimeMs());
    labelled.update(after.pack());
    LabelHistory.Told was = before.fraud();
    LabelHistory.Told is = after.fraud();
    if (was == null && is != null) {
      tell(record, label, 1, is.sinceMs());
    } else if (was != null && is == null) {
      // What is taken back is taken back from where it was put.
      tell(record, labels.decode(was.label()), -1, was.sinceMs());
    }
    if (after.inForce().id().equals(label.getLabelId())) {
      output.collect(new StreamRecord<>(record));
    }
    receipt(record, ReceiptOutcome.APPLIED, null, null);
  }

  /** Tells the label's entities that one more, or one less, of their transactions is fraud. */
  private void tell(LogRecord record, Label label, int change, long sinceMs) {
    long[] inputs = {change, sinceMs};
    List<EntityPlan> entities = specs.at(record.effectiveTimeMs()).plan().entities();
    for (int i = 0; i < entities.size(); i++) {
      String key =
          entities.get(i).grouping().key(entity -> TransactionFacts.entityOf(label, entity));
      if (key != null && entities.get(i).usesLabels()) {
        output.collect(
            REQUESTS,
            new StreamRecord<>(request(record, label.getTransactionTime(), i, key, inputs)));
      }
    }
  }

  /**
   * Deployments are known beyond the horizon, as long as state is kept: an old one that is written
   * again must not decide again. Of two answers to a request the first counts, whatever the other
   * says.
   *
   * <p>What the job did not sign is refused before its id is looked at, so that it does not stand
   * in the way of the true answer.
   *
   * <p>What takes no place in a running job is answered by what the job was started with.
   */
  private void deployment(LogRecord record) throws Exception {
    Deployment deployment = deployments.decode(record.value());
    String forged = jobKeys.refusal(deployment);
    if (forged != null) {
      receipt(record, ReceiptOutcome.REFUSED, null, forged);
      return;
    }
    if (repeats(record)) {
      return;
    }
    if (deployment.getStatus() != DeploymentStatus.ACTIVATED || deployment.getReviews() != null) {
      output.collect(CONTROL, new StreamRecord<>(record));
      receipt(record, ReceiptOutcome.APPLIED, null, null);
      return;
    }
    io.vigil.model.approval.Kind kind = Kinds.of(deployment.getKind());
    Alias alias = Kinds.of(deployment.getAlias());
    SpecChange change = SpecChange.of(deployment, record);
    if (!change.spec().isEmpty()) {
      output.collect(SPECS, new StreamRecord<>(change));
    }
    if (kind != null && alias != null && Schedule.hasPlace(kind, alias)) {
      output.collect(CONTROL, new StreamRecord<>(record));
      receipt(record, ReceiptOutcome.APPLIED, null, null);
    } else if (artefacts.digests().contains(deployment.getDigest())) {
      receipt(record, ReceiptOutcome.APPLIED, null, null);
    } else {
      receipt(
          record,
          ReceiptOutcome.REFUSED,
          null,
          "digest: expected one of the artefacts this job was started with, got "
              + deployment.getDigest());
    }
  }

  private Transaction decode(LogRecord record) {
    try {
      return transactions.decode(record.value());
    } catch (DecodeException e) {
      throw new IllegalStateException("record " + record.origin() + ": decoded before, not now", e);
    }
  }

  private static EntityRequest request(
      LogRecord record, long eventTimeMs, int index, String key, long[] inputs) {
    return new EntityRequest(
        key,
        index,
        record.rank() == 0,
        record.id(),
        record.subject(),
        record.effectiveTimeMs(),
        eventTimeMs,
        record.partition(),
        record.offset(),
        inputs);
  }

  private void dead(LogRecord record, Stage stage, String reason, String message) {
    Outgoing letter = made.deadLetter(record.rejected(stage, reason, message));
    output.collect(Output.DEAD_LETTERS, new StreamRecord<>(letter));
    prove(ProofKind.DEAD_LETTERS, record, letter);
  }

  private void receipt(
      LogRecord record,
      ReceiptOutcome outcome,
      @Nullable String duplicateOf,
      @Nullable String reason) {
    Outgoing receipt = made.receipt(record, outcome, duplicateOf, reason);
    output.collect(Output.RECEIPTS, new StreamRecord<>(receipt));
    prove(ProofKind.RECEIPTS, record, receipt);
  }

  private void prove(ProofKind kind, LogRecord record, Outgoing answer) {
    output.collect(
        Evidence.TAG,
        new StreamRecord<>(new Evidence(kind, record.effectiveTimeMs(), answer.value())));
  }
}
