package io.vigil.job.decide;

import io.vigil.job.ArtefactSet;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.order.KeyGroupBuffer;
import io.vigil.job.record.AlertDraft;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.serving.ScoringService;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.TransactionDecoder;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * Keyed by transaction id: puts each transaction together with its entities' answers, has it scored
 * beside others, and sends the decisions on in that order. Before a barrier everything in flight is
 * decided: a snapshot holds no row, only what still waits for an answer.
 */
public final class DecideOperator extends AbstractStreamOperator<Outgoing>
    implements TwoInputStreamOperator<LogRecord, EntityAnswer, Outgoing> {
  private static final long serialVersionUID = 1L;

  /** Alerts on their way to their cases. */
  public static final OutputTag<AlertDraft> ALERTS =
      new OutputTag<>("alerts", new WireType<>(AlertDraft.WIRE));

  /** Batches that a subtask has in flight at the most; more would only wait. */
  private static final int BATCHES_IN_FLIGHT = 4;

  private final ArtefactSet artefacts;
  private final int batchSize;
  private final long lingerMs;
  private final Duration deadline;

  private transient FeaturePlan plan;
  private transient FactsReader facts;
  private transient TransactionDecoder transactions;
  private transient ScoringService service;
  private transient Models models;
  private transient Decider decider;
  private transient RowQueue rows;
  private transient Map<String, Gathering> gathering;
  private transient SpecHistory specs;
  private transient StreamRecord<Outgoing> emitted;
  private transient MailboxExecutor mailbox;
  private transient AtomicBoolean woken;
  private transient ScoringMetrics measured;
  private transient boolean lingering;
  private transient long alarmMs;

  /**
   * @param artefacts what decides
   * @param batchSize rows that are scored together at the most, at least 1
   * @param linger how long the first row of a batch waits for others; zero for as long as it takes,
   *     which ends at the next watermark
   * @param deadline how long a row may wait for its score before rules decide alone; zero for no
   *     deadline
   */
  public DecideOperator(ArtefactSet artefacts, int batchSize, Duration linger, Duration deadline) {
    this.artefacts = artefacts;
    this.batchSize = batchSize;
    this.lingerMs = linger.toMillis();
    this.deadline = deadline;
  }

  @Override
  protected boolean isUsingCustomRawKeyedState() {
    return true;
  }

  /** Nothing is kept by key in RocksDB here, so no key need be set. */
  @Override
  public boolean hasKeyContext1() {
    return false;
  }

  @Override
  public boolean hasKeyContext2() {
    return false;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    gathering = new HashMap<>();
    KeyGroupBuffer.restore(context, Gathering.WIRE, g -> gathering.put(g.id(), g));
    specs = new SpecHistory(context.getOperatorStateStore(), artefacts.specYaml());
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    KeyGroupBuffer.snapshot(
        context,
        Gathering.WIRE,
        gathering.values(),
        g -> LogRecord.transactionKey(g.id()),
        getRuntimeContext().getTaskInfo().getMaxNumberOfParallelSubtasks());
    specs.snapshot(getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0);
  }

  @Override
  public void open() throws Exception {
    super.open();
    plan = artefacts.plan();
    facts = new FactsReader(artefacts.rates());
    transactions = new TransactionDecoder();
    service =
        artefacts.scoringService(getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks());
    models = artefacts.models(service, plan);
    String before = specs.last();
    if (before != null) {
      artefacts.requireNothingWaits("decide", before, plan, gathering.size());
    }
    decider = artefacts.decider(plan, artefacts.warming(specs.earlier()));
    emitted = new StreamRecord<>(null);
    woken = new AtomicBoolean();
    alarmMs = Long.MAX_VALUE;
    mailbox =
        getContainingTask()
            .getMailboxExecutorFactory()
            .createExecutor(getOperatorConfig().getChainIndex());
    rows =
        new RowQueue(
            service,
            models,
            decider,
            batchSize,
            deadline.toMillis(),
            BATCHES_IN_FLIGHT * batchSize,
            getProcessingTimeService()::getCurrentProcessingTime,
            this::wakeUp,
            new RowQueue.Exit() {
              @Override
              public void row(Row row) {
                emit(row);
              }

              @Override
              public void watermark(Watermark mark) throws Exception {
                DecideOperator.super.processWatermark(mark);
              }
            });
    measured = new ScoringMetrics(getMetricGroup(), rows::rows);
    getMetricGroup().gauge("gathering", () -> gathering.size());
  }

  @Override
  public void close() throws Exception {
    if (rows != null) {
      rows.abandon();
    }
    if (models != null) {
      models.close();
    }
    if (service != null) {
      service.close();
    }
    super.close();
  }

  @Override
  public void processElement1(StreamRecord<LogRecord> element) throws Exception {
    LogRecord record = element.getValue();
    Gathering g = gathering(record.id());
    g.record(record);
    completeIfWhole(g);
  }

  @Override
  public void processElement2(StreamRecord<EntityAnswer> element) throws Exception {
    EntityAnswer answer = element.getValue();
    Gathering g = gathering(answer.id());
    g.answer(answer.entity(), answer.outputs());
    completeIfWhole(g);
  }

  private Gathering gathering(String id) {
    return gathering.computeIfAbsent(id, i -> new Gathering(i, plan.entities().size()));
  }

  private void completeIfWhole(Gathering g) throws Exception {
    LogRecord record = g.record();
    if (record == null) {
      return;
    }
    Gathering.Whole whole = g.whole();
    if (whole == null) {
      whole = whole(record);
      g.whole(whole);
    }
    if (g.answers() < whole.expectedAnswers()) {
      return;
    }
    gathering.remove(g.id());
    float[] features = new float[plan.names().size()];
    plan.finish(whole.facts(), g.parts(), features);
    rows.add(record, whole, features);
    linger();
    alarm();
  }

  private void linger() {
    if (lingering || lingerMs == 0) {
      return;
    }
    lingering = true;
    ScheduledFuture<?> unused =
        getProcessingTimeService()
            .registerTimer(
                getProcessingTimeService().getCurrentProcessingTime() + lingerMs,
                time -> {
                  lingering = false;
                  rows.submit();
                  drain();
                });
  }

  /** Sees to it that the oldest row is looked at when it stops waiting. */
  private void alarm() {
    long nextMs = rows.nextDeadlineMs();
    if (nextMs >= alarmMs) {
      return;
    }
    alarmMs = nextMs;
    ScheduledFuture<?> unused =
        getProcessingTimeService()
            .registerTimer(
                nextMs,
                time -> {
                  alarmMs = Long.MAX_VALUE;
                  drain();
                });
  }

  /** Called by the service's threads: at most one letter is on its way to the task's thread. */
  private void wakeUp() {
    if (!woken.compareAndSet(false, true)) {
      return;
    }
    try {
      mailbox.execute(
          () -> {
            woken.set(false);
            drain();
          },
          "scored rows");
    } catch (RejectedExecutionException e) {
      LOG.debug("scored rows of a task that ended", e);
    }
  }

  private void drain() throws Exception {
    rows.drain();
    alarm();
  }

  private void emit(Row row) {
    Decider.Decided decided = decider.decide(row);
    measured.decided(row);
    output.collect(emitted.replace(decided.decision()));
    if (decided.alert() != null) {
      output.collect(ALERTS, new StreamRecord<>(decided.alert()));
    }
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    rows.drainAll();
    super.prepareSnapshotPreBarrier(checkpointId);
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    specs.reached(mark.getTimestamp());
    rows.add(mark);
  }

  @Override
  public void finish() throws Exception {
    rows.drainAll();
    if (!gathering.isEmpty()) {
      throw new IllegalStateException(
          "end of input: expected every transaction to be decided, "
              + gathering.size()
              + " still wait for an entity");
    }
    super.finish();
  }

  private Gathering.Whole whole(LogRecord record) {
    Transaction transaction;
    try {
      transaction = transactions.decode(record.value());
    } catch (DecodeException e) {
      throw new IllegalStateException("record " + record.origin() + ": decoded before, not now", e);
    }
    Facts read = facts.read(transaction);
    int expected = 0;
    for (EntityPlan entity : plan.entities()) {
      if (entity.grouping().key(read) != null) {
        expected++;
      }
    }
    return new Gathering.Whole(transaction, read, expected);
  }
}
