package io.vigil.job.decide;

import io.vigil.job.ArtefactSet;
import io.vigil.job.Topics;
import io.vigil.job.control.ActivationOperator;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.JobKeys;
import io.vigil.job.control.Report;
import io.vigil.job.control.WatchOperator;
import io.vigil.job.control.WatchReport;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.source.RecordDecoder;
import io.vigil.schema.Channel;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;

/**
 * The deciding subtasks of a job, the one that answers requests, and the one that watches rollouts;
 * the test is the log.
 */
final class LiveJob implements AutoCloseable {
  static final int MAX_PARALLELISM = 16;

  private final List<
          KeyedTwoInputStreamOperatorTestHarness<String, LogRecord, EntityAnswer, Outgoing>>
      subtasks = new ArrayList<>();
  private final OneInputStreamOperatorTestHarness<Report, Outgoing> activation;
  private final OneInputStreamOperatorTestHarness<WatchReport, Outgoing> watch;
  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final RecordDecoder decoder = new RecordDecoder(300_000);
  private int answersRead;
  private int returnsRead;

  /** The state of a job, and of what parallelism it was. */
  record Snapshot(OperatorSubtaskState state, int parallelism, OperatorSubtaskState watch) {}

  LiveJob(
      ArtefactSet artefacts,
      ControlSettings settings,
      int parallelism,
      long startMs,
      @Nullable Snapshot from)
      throws Exception {
    activation =
        new OneInputStreamOperatorTestHarness<>(
            new ActivationOperator(JobKeys.NONE, null, settings.approvals(), false));
    activation.open();
    watch = new OneInputStreamOperatorTestHarness<>(new WatchOperator(JobKeys.NONE, null));
    if (from != null) {
      watch.initializeState(from.watch);
    }
    watch.open();
    try {
      for (int subtask = 0; subtask < parallelism; subtask++) {
        var harness =
            new KeyedTwoInputStreamOperatorTestHarness<>(
                new DecideOperator(
                    artefacts,
                    8,
                    Duration.ZERO,
                    Duration.ZERO,
                    settings,
                    null,
                    RecordedFile.NONE,
                    0),
                LogRecord::stateKey,
                (EntityAnswer answer) -> LogRecord.transactionKey(answer.id()),
                Types.STRING,
                MAX_PARALLELISM,
                parallelism,
                subtask);
        subtasks.add(harness);
        harness.setProcessingTime(startMs);
        if (from != null) {
          harness.initializeState(
              AbstractStreamOperatorTestHarness.repartitionOperatorState(
                  from.state, MAX_PARALLELISM, from.parallelism, parallelism, subtask));
        }
        harness.open();
      }
    } catch (Exception e) {
      for (var subtask : subtasks) {
        // The scoring service is shared by all tests of this process.
        subtask.getOperator().close();
      }
      throw e;
    }
  }

  /** Every subtask gets the record of the control topic. */
  void control(Deployment deployment, long timeMs) throws Exception {
    LogRecord record =
        decoder
            .decode(Topics.CONTROL, 0, timeMs, timeMs, null, deployments.encode(deployment))
            .sequenced(timeMs, true);
    for (var subtask : subtasks) {
      // Not through the harness, which would set a key that belongs to another subtask.
      ((DecideOperator) subtask.getOperator()).processElement1(new StreamRecord<>(record));
    }
  }

  /** The subtask of its id gets the transaction. */
  void transaction(String id, String account, long timeMs) throws Exception {
    transaction(id, account, 1_000, timeMs);
  }

  /** The same of another amount. */
  void transaction(String id, String account, long amountMinor, long timeMs) throws Exception {
    Transaction transaction =
        Transaction.newBuilder()
            .setTransactionId(id)
            .setEventTime(timeMs)
            .setAccount(account)
            .setAmountMinor(amountMinor)
            .setCurrency("EUR")
            .setBillingAmountMinor(amountMinor)
            .setBillingCurrency("EUR")
            .setChannel(Channel.values()[0])
            .setAttributes(Map.of())
            .build();
    LogRecord record =
        decoder
            .decode(Topics.TRANSACTIONS, 0, 0, timeMs, null, transactions.encode(transaction))
            .sequenced(timeMs, false);
    toItsSubtask(record);
  }

  /** The subtask of its transaction gets the label, which is in force from now on. */
  void label(String id, LabelValue value, long timeMs) throws Exception {
    Label label =
        Label.newBuilder()
            .setLabelId("label " + timeMs + " of " + id)
            .setTransactionId(id)
            .setTransactionTime(timeMs)
            .setAccount("A")
            .setValue(value)
            .setSource(LabelSource.ANALYST)
            .setLabelTime(timeMs)
            .build();
    toItsSubtask(
        decoder
            .decode(Topics.LABELS, 0, 0, timeMs, null, Codec.of(Label.class).encode(label))
            .sequenced(timeMs, false));
  }

  private void toItsSubtask(LogRecord record) throws Exception {
    int owner =
        KeyGroupRangeAssignment.assignKeyToParallelOperator(
            record.stateKey(), MAX_PARALLELISM, subtasks.size());
    subtasks.get(owner).processElement1(record, 0);
  }

  /** All inputs of all subtasks have reached that time, and what could be decided is decided. */
  void watermark(long timeMs) throws Exception {
    for (var subtask : subtasks) {
      subtask.processWatermark1(new Watermark(timeMs));
      subtask.processWatermark2(new Watermark(timeMs));
      subtask.getOperator().prepareSnapshotPreBarrier(0);
    }
  }

  /** Waits for what the subtask's loading thread has to say. */
  void awaitLoaded(int subtask) throws Exception {
    TaskMailbox mailbox = subtasks.get(subtask).getTaskMailbox();
    int before = reports(subtask);
    do {
      mailbox.take(TaskMailbox.MIN_PRIORITY).run();
    } while (reports(subtask) == before);
  }

  private int reports(int subtask) {
    var reports = subtasks.get(subtask).getSideOutput(DecideOperator.REPORTS);
    return reports == null ? 0 : reports.size();
  }

  void awaitLoaded() throws Exception {
    for (int subtask = 0; subtask < subtasks.size(); subtask++) {
      awaitLoaded(subtask);
    }
  }

  /** The processing time of all subtasks. */
  void processingTime(long timeMs) throws Exception {
    for (var subtask : subtasks) {
      subtask.setProcessingTime(timeMs);
    }
  }

  /** What the one who answers has written to the control topic since the last call. */
  List<Deployment> answers() throws Exception {
    for (var subtask : subtasks) {
      var reports = subtask.getSideOutput(DecideOperator.REPORTS);
      while (reports != null && !reports.isEmpty()) {
        activation.processElement(new StreamRecord<>(reports.remove().getValue()));
      }
    }
    List<Deployment> answers = new ArrayList<>();
    for (Outgoing answer : activation.extractOutputValues()) {
      answers.add(deployments.decode(answer.value()));
    }
    List<Deployment> fresh = List.copyOf(answers.subList(answersRead, answers.size()));
    answersRead = answers.size();
    return fresh;
  }

  /** What the one who watches has written to the control topic since the last call. */
  List<Deployment> returns() throws Exception {
    for (var subtask : subtasks) {
      var reports = subtask.getSideOutput(DecideOperator.WATCHED);
      while (reports != null && !reports.isEmpty()) {
        watch.processElement(new StreamRecord<>(reports.remove().getValue()));
      }
    }
    List<Deployment> returns = new ArrayList<>();
    for (Outgoing record : watch.extractOutputValues()) {
      returns.add(deployments.decode(record.value()));
    }
    List<Deployment> fresh = List.copyOf(returns.subList(returnsRead, returns.size()));
    returnsRead = returns.size();
    return fresh;
  }

  /** Whether any subtask has anything to tell of a rollout. */
  boolean watches() {
    return subtasks.stream()
        .map(subtask -> subtask.getSideOutput(DecideOperator.WATCHED))
        .anyMatch(reports -> reports != null && !reports.isEmpty());
  }

  /** All decisions so far. */
  List<Decision> decisions() throws Exception {
    List<Decision> decisions = new ArrayList<>();
    for (var subtask : subtasks) {
      for (Outgoing decision : subtask.extractOutputValues()) {
        decisions.add(Codec.of(Decision.class).decode(decision.value()));
      }
    }
    return decisions;
  }

  /** What is told before the barrier reaches the one who watches before it. */
  Snapshot snapshot() throws Exception {
    List<OperatorSubtaskState> states = new ArrayList<>();
    for (var subtask : subtasks) {
      subtask.getOperator().prepareSnapshotPreBarrier(1);
      states.add(subtask.snapshot(1, 1));
    }
    int read = returnsRead;
    returns();
    returnsRead = read;
    return new Snapshot(
        AbstractStreamOperatorTestHarness.repackageState(
            states.toArray(OperatorSubtaskState[]::new)),
        subtasks.size(),
        watch.snapshot(1, 1));
  }

  /** Ends the input, as closing a harness does. */
  @Override
  public void close() throws Exception {
    watermark(Long.MAX_VALUE);
    for (var subtask : subtasks) {
      subtask.close();
    }
    activation.close();
    watch.close();
  }
}
