package io.vigil.job.decide;

import io.vigil.job.ArtefactSet;
import io.vigil.job.control.Change;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.Report;
import io.vigil.job.control.WatchReport;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.metrics.JobMetric;
import io.vigil.job.metrics.JobMetrics;
import io.vigil.job.order.KeyGroupBuffer;
import io.vigil.job.record.AlertDraft;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.model.approval.Refusal;
import io.vigil.model.serving.ScoringService;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
import org.jspecify.annotations.Nullable;

/**
 * Keyed by transaction id: puts each transaction together with its entities' answers, has it scored
 * beside others, and sends the decisions on in that order. Before a barrier everything in flight is
 * decided: a snapshot holds no row, only what still waits for an answer, or for the watermark of
 * the first input.
 *
 * <p>Control records come to every subtask, on the first input beside the transactions. What they
 * change holds from an effective time on, so a transaction is decided once that input's watermark
 * has passed it: then no such record can be missing. Its entities' answers take a step more than
 * the watermark, so that it seldom waits.
 */
public final class DecideOperator extends AbstractStreamOperator<Outgoing>
    implements TwoInputStreamOperator<LogRecord, EntityAnswer, Outgoing> {
  private static final long serialVersionUID = 1L;

  /** Alerts on their way to their cases. */
  public static final OutputTag<AlertDraft> ALERTS =
      new OutputTag<>("alerts", new WireType<>(AlertDraft.WIRE));

  /** What this subtask says of requests, on its way to the one who answers them. */
  public static final OutputTag<Report> REPORTS =
      new OutputTag<>("reports", new WireType<>(Report.WIRE));

  /** What this subtask counted of rollouts, on its way to the one who watches them. */
  public static final OutputTag<WatchReport> WATCHED =
      new OutputTag<>("watched", new WireType<>(WatchReport.WIRE));

  /** What the job was started with, for the archive. */
  public static final OutputTag<Outgoing> STARTS =
      new OutputTag<>("starts", new WireType<>(Outgoing.WIRE));

  /** Batches that a subtask has in flight at the most; more would only wait. */
  private static final int BATCHES_IN_FLIGHT = 4;

  private final ArtefactSet artefacts;
  private final int batchSize;
  private final long lingerMs;
  private final Duration deadline;
  private final ControlSettings settings;
  private final @Nullable StartNote start;
  private final RecordedFile recorded;
  private final int traceOneIn;

  private transient ScoringService service;
  private transient ControlInput control;
  private transient Requests requests;
  private transient Rollout rollout;
  private transient RowQueue rows;
  private transient Gatherings gathering;
  private transient Set<String> shown;
  private transient SpecHistory specs;
  private transient StreamRecord<Outgoing> emitted;
  private transient MailboxExecutor mailbox;
  private transient AtomicBoolean woken;
  private transient DecideMetrics measured;
  private transient JobMetrics jobMetrics;
  private transient long watermarkMs;
  private transient long startedMs;
  private transient @Nullable WatchedAlerts watchedAlerts;
  private transient @Nullable Watching watching;
  private transient boolean reporting;
  private transient boolean lingering;
  private transient long alarmMs;

  /**
   * @param artefacts what decides
   * @param batchSize rows that are scored together at the most, at least 1
   * @param linger how long the first row of a batch waits for others; zero for as long as it takes,
   *     which ends at the next watermark
   * @param deadline how long a row may wait for its score before rules decide alone; zero for no
   *     deadline
   * @param settings how the control topic is treated
   * @param start notes for the archive what the job was started with; null without an archive
   * @param recorded what is given of transactions that were decided before
   * @param traceOneIn the way of one in so many transactions is logged; 0 for none
   */
  public DecideOperator(
      ArtefactSet artefacts,
      int batchSize,
      Duration linger,
      Duration deadline,
      ControlSettings settings,
      @Nullable StartNote start,
      RecordedFile recorded,
      int traceOneIn) {
    this.artefacts = artefacts;
    this.batchSize = batchSize;
    this.lingerMs = linger.toMillis();
    this.deadline = deadline;
    this.settings = settings;
    this.start = start;
    this.recorded = recorded;
    this.traceOneIn = traceOneIn;
  }

  @Override
  protected boolean isUsingCustomRawKeyedState() {
    return true;
  }

  /** Hardly anything is kept by key in RocksDB here; whoever does sets the key. */
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
    specs = new SpecHistory(context.getOperatorStateStore(), artefacts.specYaml());
    gathering = new Gatherings(specs.timeline(), new FactsReader(artefacts.rates()));
    KeyGroupBuffer.restore(context, Gathering.WIRE, gathering::restore);
    control = new ControlInput(context.getOperatorStateStore());
    if (settings.live()) {
      watchedAlerts = new WatchedAlerts(context.getKeyedStateStore(), this::setCurrentKey);
      watching =
          new Watching(
              watchedAlerts,
              getProcessingTimeService().getCurrentProcessingTime(),
              report -> output.collect(WATCHED, new StreamRecord<>(report)));
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    KeyGroupBuffer.snapshot(
        context,
        getContainingTask().getEnvironment(),
        Gathering.WIRE,
        gathering.waiting(),
        g -> LogRecord.transactionKey(g.id()));
    boolean first = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0;
    specs.snapshot(first);
    control.snapshot(rollout, requests, specs.reachedMs(), first);
  }

  @Override
  public void open() throws Exception {
    super.open();
    service =
        artefacts.scoringService(getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks());
    ArtefactLoader loader =
        new ArtefactLoader(
            artefacts, service, settings.registry().open(), settings.artefactBytesMax());
    rollout = new Rollout(artefacts, loader, specs.timeline(), this::showInForce);
    specs.requireNothingWaits(gathering.waiting().size());
    emitted = new StreamRecord<>(null);
    woken = new AtomicBoolean();
    shown = new HashSet<>();
    jobMetrics = new JobMetrics(getMetricGroup());
    alarmMs = Long.MAX_VALUE;
    mailbox =
        getContainingTask()
            .getMailboxExecutorFactory()
            .createExecutor(getOperatorConfig().getChainIndex());
    rows =
        new RowQueue(
            service,
            rollout,
            recorded.open(),
            batchSize,
            deadline.toMillis(),
            BATCHES_IN_FLIGHT * batchSize,
            getProcessingTimeService()::getCurrentProcessingTime,
            this::wakeUp,
            new RowQueue.Exit() {
              @Override
              public void row(Row row) throws Exception {
                emit(row);
              }

              @Override
              public void watermark(Watermark mark) throws Exception {
                rollout.decided(mark.getTimestamp(), requests.digests());
                if (watchedAlerts != null) {
                  watchedAlerts.decidedUntil(mark.getTimestamp());
                  report();
                }
                DecideOperator.super.processWatermark(mark);
              }
            });
    watermarkMs = Long.MIN_VALUE;
    requests =
        new Requests(
            settings,
            loader,
            rollout,
            specs.timeline(),
            getProcessingTimeService().getCurrentProcessingTime(),
            new Neighbours());
    show();
    control.restore(rollout, requests);
    rollout.prepare(specs.reachedMs());
    startedMs = specs.reachedMs();
    note(List.of());
  }

  /** Notes for the archive what the job was started with, and what has come of it since. */
  private void note(List<SpecTimeline.Ahead> backfills) throws IOException {
    if (start != null && getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0) {
      output.collect(
          STARTS,
          new StreamRecord<>(
              start.write(
                  artefacts,
                  startedMs,
                  getProcessingTimeService().getCurrentProcessingTime(),
                  backfills)));
    }
  }

  @Override
  public void close() throws Exception {
    if (rows != null) {
      rows.abandon();
    }
    if (requests != null) {
      requests.close();
    }
    if (rollout != null) {
      rollout.close();
    }
    if (service != null) {
      service.close();
    }
    super.close();
  }

  @Override
  public void processElement1(StreamRecord<LogRecord> element) throws Exception {
    LogRecord record = element.getValue();
    if (record.kind() == Kind.DEPLOYMENT) {
      SpecTimeline.Ahead came = control.take(record, specs.timeline(), rollout, requests);
      if (came != null) {
        note(List.of(came));
      }
      return;
    }
    if (record.kind() == Kind.LABEL) {
      if (watchedAlerts != null) {
        watchedAlerts.label(record);
      }
      return;
    }
    score(gathering.record(record));
  }

  @Override
  public void processElement2(StreamRecord<EntityAnswer> element) throws Exception {
    score(gathering.answer(element.getValue()));
  }

  private void score(@Nullable Gathering whole) throws Exception {
    if (whole == null) {
      return;
    }
    rows.add(whole.known(), gathering.read(whole), gathering.finish(whole));
    linger();
    alarm();
  }

  /** Of the first input: no control record that takes effect up to it can come any more. */
  @Override
  public void processWatermark1(Watermark mark) throws Exception {
    gathering.reached(mark.getTimestamp());
    requests.reached(mark.getTimestamp());
    Gathering next;
    while ((next = gathering.poll()) != null) {
      score(next);
    }
    super.processWatermark1(mark);
  }

  private void show() {
    measured = new DecideMetrics(getMetricGroup(), traceOneIn);
    jobMetrics.gauge(JobMetric.GATHERING, () -> gathering.waiting().size());
    jobMetrics.gauge(JobMetric.ROWS_IN_FLIGHT, rows::rows);
    jobMetrics.gauge(JobMetric.REQUESTS_PENDING, requests::size);
    jobMetrics.gauge(JobMetric.ARTEFACT_LOAD, () -> requests.loadMs() / 1e3);
    jobMetrics.delay(
        JobMetric.WATERMARK_DELAY,
        getProcessingTimeService()::getCurrentProcessingTime,
        () -> watermarkMs);
  }

  /** One gauge for each model that was ever in force here: 1 while it decides. */
  private void showInForce(Change champion) {
    if (shown.add(champion.digest())) {
      jobMetrics.gauge(
          JobMetric.CHAMPION,
          champion.digest().substring(0, 12),
          () -> rollout.champion().equals(champion.digest()) ? 1 : 0);
    }
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

  private void emit(Row row) throws Exception {
    Decider.Decided decided = row.deciding.decider().decide(row);
    measured.decided(row, getProcessingTimeService().getCurrentProcessingTime());
    output.collect(emitted.replace(decided.decision()));
    if (decided.alert() != null) {
      output.collect(ALERTS, new StreamRecord<>(decided.alert()));
    }
    if (watching != null) {
      watching.decided(row);
      report();
    }
  }

  /** Sees to it that what was counted is told before long. */
  private void report() {
    if (reporting) {
      return;
    }
    reporting = true;
    ScheduledFuture<?> unused =
        getProcessingTimeService()
            .registerTimer(
                getProcessingTimeService().getCurrentProcessingTime() + Watching.REPORT_MS,
                time -> {
                  reporting = false;
                  tell();
                });
  }

  private void tell() {
    if (watching != null) {
      watching.tell();
    }
  }

  /** What requests need of this operator. */
  private final class Neighbours implements Requests.Outside {
    @Override
    public void report(LogRecord request, @Nullable Refusal refusal, @Nullable String addedSpec) {
      output.collect(
          REPORTS,
          new StreamRecord<>(
              new Report(
                  request.value(),
                  request.effectiveTimeMs(),
                  getRuntimeContext().getTaskInfo().getIndexOfThisSubtask(),
                  getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks(),
                  refusal,
                  addedSpec)));
    }

    @Override
    public boolean mail(Runnable letter) {
      try {
        mailbox.execute(letter::run, "a request");
        return true;
      } catch (RejectedExecutionException e) {
        LOG.debug("a request of a task that ended", e);
        return false;
      }
    }

    @Override
    public void after(long delayMs, Runnable letter) {
      ScheduledFuture<?> unused =
          getProcessingTimeService().registerTimer(nowMs() + delayMs, time -> letter.run());
    }

    @Override
    public long nowMs() {
      return getProcessingTimeService().getCurrentProcessingTime();
    }
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    rows.drainAll();
    // What is told before the barrier is in its snapshot, so that nothing is counted twice.
    tell();
    super.prepareSnapshotPreBarrier(checkpointId);
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    watermarkMs = mark.getTimestamp();
    specs.reached(watermarkMs);
    rows.add(mark);
  }

  @Override
  public void finish() throws Exception {
    rows.drainAll();
    if (!gathering.waiting().isEmpty()) {
      throw new IllegalStateException(
          "end of input: expected every transaction to be decided, "
              + gathering.waiting().size()
              + " still wait for an entity");
    }
    super.finish();
  }
}
