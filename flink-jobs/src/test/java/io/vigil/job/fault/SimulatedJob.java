package io.vigil.job.fault;

import io.vigil.job.ArtefactSet;
import io.vigil.job.control.ActivationOperator;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.JobKeys;
import io.vigil.job.control.Report;
import io.vigil.job.control.WatchOperator;
import io.vigil.job.control.WatchReport;
import io.vigil.job.decide.CaseOperator;
import io.vigil.job.decide.DecideOperator;
import io.vigil.job.decide.RecordedFile;
import io.vigil.job.dedupe.DeduplicateOperator;
import io.vigil.job.fault.SimulatedTask.Barrier;
import io.vigil.job.fault.SimulatedTask.Channel;
import io.vigil.job.feature.EntityOperator;
import io.vigil.job.record.AlertDraft;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.EntityInput;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.sink.Output;
import io.vigil.job.source.SequenceFunction;
import io.vigil.model.order.PartitionClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;

/**
 * One life of the job, from a start or restore to its death: the operators of {@link
 * io.vigil.job.Topology}, joined as there, each step of each subtask taken when somebody says so.
 * Scoring and loading threads are waited for within the step that they were started in, so a life
 * is a function of the steps.
 */
final class SimulatedJob {
  private static final int BATCH = 64;
  private static final Duration HORIZON = Duration.ofDays(7);
  private static final Duration FORGET_AFTER = Duration.ofDays(400);

  private final SimulatedLog log;
  private final int parallelism;
  private final Plant plant;
  private final long[] nowMs;
  private final int[] offsets;
  private final long[] marks = new long[SimulatedLog.PARTITIONS];
  private final Map<String, List<SimulatedTask>> tasks = new HashMap<>();
  private final List<Channel> channels = new ArrayList<>();
  private final List<Outgoing> unwritten = new ArrayList<>();
  private @Nullable Pending pending;
  private long checkpoints;

  /** A mistake that is made on purpose, to see whether it is found. */
  enum Plant {
    NONE(""),
    /** The clocks start anew at a restore, as Flink's watermarks do. */
    ORDER("sequence"),
    /** Ids that were seen, and records that waited, are forgotten at a restore. */
    DEDUPE("deduplicate"),
    /** What the entities did. */
    ENTITIES("entities"),
    /** Rows that waited for an answer, and what is in force. */
    DECIDE("decide"),
    /** Cases that were open. */
    CASES("cases"),
    /** Deduplication's state is taken at the first barrier instead of the last. */
    SNAPSHOT("");

    final String forgets;

    Plant(String forgets) {
      this.forgets = forgets;
    }
  }

  /**
   * What a restore goes on from.
   *
   * @param offsets of the input partitions
   * @param states by operator
   */
  record Checkpoint(int parallelism, int[] offsets, Map<String, OperatorSubtaskState> states) {}

  private static final class Pending {
    final Barrier barrier;
    final int[] offsets;
    final boolean[] triggered;
    final Map<SimulatedTask, OperatorSubtaskState> states = new HashMap<>();

    Pending(long number, int sources) {
      barrier = new Barrier(number);
      offsets = new int[SimulatedLog.PARTITIONS];
      triggered = new boolean[sources];
    }
  }

  /**
   * @param nowMs the wall clock, of one element, which the owner moves
   * @param from null for a fresh start
   */
  SimulatedJob(
      SimulatedLog log,
      ArtefactSet artefacts,
      ControlSettings settings,
      int parallelism,
      long[] nowMs,
      Plant plant,
      @Nullable Checkpoint from)
      throws Exception {
    this.log = log;
    this.parallelism = parallelism;
    this.plant = plant;
    this.nowMs = nowMs;
    this.offsets = from == null ? new int[SimulatedLog.PARTITIONS] : from.offsets.clone();
    Arrays.fill(marks, Long.MIN_VALUE);
    ArtefactSet withoutLists = artefacts.withoutLists();

    List<SimulatedTask> sources =
        start(
            "sequence",
            parallelism,
            from,
            subtask ->
                new OneInputStreamOperatorTestHarness<>(
                    new ProcessOperator<>(new SequenceFunction(SimulatedLog.BOUND_MS, false)),
                    SimulatedTask.MAX_PARALLELISM,
                    parallelism,
                    subtask));
    List<SimulatedTask> dedupe =
        start(
            "deduplicate",
            parallelism,
            from,
            subtask ->
                keyed(
                    new DeduplicateOperator(
                        withoutLists, JobKeys.NONE, HORIZON, FORGET_AFTER, FORGET_AFTER),
                    LogRecord::stateKey,
                    subtask));
    List<SimulatedTask> entities =
        start(
            "entities",
            parallelism,
            from,
            subtask ->
                keyed(new EntityOperator(withoutLists, 20, 1_000), EntityInput::key, subtask));
    List<SimulatedTask> decide =
        start("decide", parallelism, from, subtask -> deciding(artefacts, settings, subtask));
    List<SimulatedTask> cases =
        start(
            "cases",
            parallelism,
            from,
            subtask ->
                keyed(
                    new CaseOperator(
                        Duration.ofMillis(artefacts.policy().caseWindowMs()), FORGET_AFTER, 0),
                    AlertDraft::account,
                    subtask));
    List<SimulatedTask> activation =
        start(
            "activation",
            1,
            from,
            subtask ->
                new OneInputStreamOperatorTestHarness<>(
                    new ActivationOperator(JobKeys.NONE, null, settings.approvals(), false)));
    List<SimulatedTask> watch =
        start(
            "watch",
            1,
            from,
            subtask ->
                new OneInputStreamOperatorTestHarness<>(new WatchOperator(JobKeys.NONE, null)));

    SimulatedTask.Out<Outgoing> sink = unwritten::add;
    for (SimulatedTask task : sources) {
      task.<LogRecord>connect(null, LogRecord::stateKey, dedupe, 0);
      task.connect(SequenceFunction.DEPLOYMENTS, null, dedupe, 0);
      task.connect(Output.RECEIPTS, sink);
      task.connect(Output.DEAD_LETTERS, sink);
    }
    for (SimulatedTask task : dedupe) {
      task.<LogRecord>connect(null, LogRecord::stateKey, decide, 0);
      task.connect(DeduplicateOperator.CONTROL, null, decide, 0);
      task.connect(DeduplicateOperator.REQUESTS, EntityInput::key, entities, 0);
      task.connect(DeduplicateOperator.SPECS, null, entities, 0);
      task.connect(Output.RECEIPTS, sink);
      task.connect(Output.DEAD_LETTERS, sink);
    }
    for (SimulatedTask task : entities) {
      task.<EntityAnswer>connect(null, answer -> LogRecord.transactionKey(answer.id()), decide, 1);
    }
    for (SimulatedTask task : decide) {
      task.<Outgoing>connect(null, sink);
      task.connect(DecideOperator.ALERTS, AlertDraft::account, cases, 0);
      task.<Report>connect(DecideOperator.REPORTS, null, activation, 0);
      task.<WatchReport>connect(DecideOperator.WATCHED, null, watch, 0);
    }
    for (List<SimulatedTask> last : List.of(cases, activation, watch)) {
      last.forEach(task -> task.<Outgoing>connect(null, sink));
    }
    tasks.values().forEach(of -> of.forEach(task -> channels.addAll(task.channels())));
  }

  private <I, O> AbstractStreamOperatorTestHarness<O> keyed(
      OneInputStreamOperator<I, O> operator, KeySelector<I, String> keyOf, int subtask)
      throws Exception {
    return new KeyedOneInputStreamOperatorTestHarness<>(
        operator, keyOf, Types.STRING, SimulatedTask.MAX_PARALLELISM, parallelism, subtask);
  }

  private AbstractStreamOperatorTestHarness<Outgoing> deciding(
      ArtefactSet artefacts, ControlSettings settings, int subtask) throws Exception {
    return new KeyedTwoInputStreamOperatorTestHarness<>(
        new DecideOperator(
            artefacts, BATCH, Duration.ZERO, Duration.ZERO, settings, null, RecordedFile.NONE, 0),
        LogRecord::stateKey,
        (EntityAnswer answer) -> LogRecord.transactionKey(answer.id()),
        Types.STRING,
        SimulatedTask.MAX_PARALLELISM,
        parallelism,
        subtask);
  }

  /** Makes a harness of a subtask. */
  private interface Maker {
    AbstractStreamOperatorTestHarness<?> make(int subtask) throws Exception;
  }

  private List<SimulatedTask> start(
      String operator, int subtasks, @Nullable Checkpoint from, Maker maker) throws Exception {
    boolean forgets = operator.equals(plant.forgets);
    List<SimulatedTask> started = new ArrayList<>();
    for (int subtask = 0; subtask < subtasks; subtask++) {
      AbstractStreamOperatorTestHarness<?> harness = maker.make(subtask);
      harness.setProcessingTime(nowMs[0]);
      OperatorSubtaskState state = from == null || forgets ? null : from.states.get(operator);
      if (from != null && state != null) {
        boolean alone = operator.equals("activation") || operator.equals("watch");
        harness.initializeState(
            AbstractStreamOperatorTestHarness.repartitionOperatorState(
                state,
                SimulatedTask.MAX_PARALLELISM,
                alone ? 1 : from.parallelism,
                subtasks,
                subtask));
      }
      harness.open();
      SimulatedTask task =
          new SimulatedTask(
              harness,
              input(harness),
              plant != Plant.SNAPSHOT || !operator.equals("deduplicate"),
              this::acknowledge);
      started.add(task);
    }
    tasks.put(operator, started);
    return started;
  }

  private SimulatedTask.Input input(AbstractStreamOperatorTestHarness<?> harness) {
    if (harness.getOperator() instanceof DecideOperator decide) {
      return new Deciding(decide, harness);
    }
    return one(harness);
  }

  /** Not through the harness, which would set the key of a record that all subtasks get. */
  @SuppressWarnings("unchecked") // The channel is of the operator's type.
  private static <I> SimulatedTask.Input one(AbstractStreamOperatorTestHarness<?> harness) {
    OneInputStreamOperator<I, ?> operator = (OneInputStreamOperator<I, ?>) harness.getOperator();
    return new SimulatedTask.Input() {
      @Override
      public void record(int input, StreamRecord<?> record) throws Exception {
        operator.processElement((StreamRecord<I>) record);
      }

      @Override
      public void watermark(int input, Watermark mark) throws Exception {
        operator.processWatermark(mark);
      }
    };
  }

  /** Waits for other threads, so that what comes out does not depend on their speed. */
  private static final class Deciding implements SimulatedTask.Input {
    private final DecideOperator operator;
    private final TaskMailbox mailbox;

    Deciding(DecideOperator operator, AbstractStreamOperatorTestHarness<?> harness) {
      this.operator = operator;
      this.mailbox = harness.getTaskMailbox();
    }

    @Override
    @SuppressWarnings("unchecked") // The channel is of the input's type.
    public void record(int input, StreamRecord<?> record) throws Exception {
      if (input == 0) {
        operator.processElement1((StreamRecord<LogRecord>) record);
      } else {
        operator.processElement2((StreamRecord<EntityAnswer>) record);
      }
    }

    @Override
    public void watermark(int input, Watermark mark) throws Exception {
      if (input == 0) {
        operator.processWatermark1(mark);
      } else {
        operator.processWatermark2(mark);
      }
      settle();
    }

    private void settle() throws Exception {
      operator.prepareSnapshotPreBarrier(0);
      do {
        var letter = mailbox.tryTake(TaskMailbox.MIN_PRIORITY);
        while (letter.isPresent()) {
          letter.get().run();
          letter = mailbox.tryTake(TaskMailbox.MIN_PRIORITY);
        }
      } while (Turnstile.letOneThrough());
    }
  }

  /** Lets the timers of all subtasks see the wall clock. */
  void timePasses() throws Exception {
    for (SimulatedTask task : tasks.get("decide")) {
      task.harness().setProcessingTime(nowMs[0]);
      task.emit();
    }
  }

  /** Elements that a step could take: those of a channel each. */
  void ready(List<Channel> ready) {
    for (Channel channel : channels) {
      if (channel.isReady()) {
        ready.add(channel);
      }
    }
  }

  /** Whether a partition has what was not read yet. */
  boolean hasNext(int partition) {
    return offsets[partition] < log.partitions().get(partition).size();
  }

  /**
   * Reads the next record of a partition.
   *
   * @param mark whether the source says how far it has come
   */
  void read(int partition, boolean mark) throws Exception {
    LogRecord record = log.partitions().get(partition).get(offsets[partition]++);
    SimulatedTask source = source(partition);
    @SuppressWarnings("unchecked")
    OneInputStreamOperator<LogRecord, LogRecord> operator =
        (OneInputStreamOperator<LogRecord, LogRecord>) source.harness().getOperator();
    operator.processElement(new StreamRecord<>(record));
    if (record.rejection() == null && record.kind() != Kind.DEPLOYMENT) {
      long clockMs =
          record.kind() == Kind.TICK
              ? record.eventTimeMs()
              : PartitionClock.clockOf(record.eventTimeMs(), SimulatedLog.BOUND_MS);
      marks[partition] = Math.max(marks[partition], clockMs);
    }
    if (mark) {
      long minimum = Long.MAX_VALUE;
      for (int i = partition % parallelism; i < SimulatedLog.PARTITIONS; i += parallelism) {
        minimum = Math.min(minimum, marks[i]);
      }
      if (minimum > Long.MIN_VALUE) {
        operator.processWatermark(new Watermark(minimum));
      }
    }
    source.emit();
  }

  private SimulatedTask source(int partition) {
    return tasks.get("sequence").get(partition % parallelism);
  }

  /** Begins a checkpoint if none is on its way. */
  void beginCheckpoint() {
    if (pending == null) {
      pending = new Pending(++checkpoints, parallelism);
    }
  }

  /** Has a source that has not done so yet send its barrier. */
  void barrier(int source) throws Exception {
    Pending now = pending;
    if (now == null || now.triggered[source]) {
      return;
    }
    now.triggered[source] = true;
    for (int i = source; i < SimulatedLog.PARTITIONS; i += parallelism) {
      now.offsets[i] = offsets[i];
    }
    tasks.get("sequence").get(source).snapshot(now.barrier);
  }

  private void acknowledge(SimulatedTask task, OperatorSubtaskState state) {
    if (pending != null) {
      pending.states.put(task, state);
    }
    write();
  }

  /** What the sinks hold back reaches the log. */
  void write() {
    unwritten.forEach(record -> log.write(record, nowMs[0]));
    unwritten.clear();
  }

  /** The checkpoint that was completed since the last call; null when there is none. */
  @Nullable Checkpoint completed() throws Exception {
    Pending now = pending;
    int all = tasks.values().stream().mapToInt(List::size).sum();
    if (now == null || now.states.size() < all) {
      return null;
    }
    Map<String, OperatorSubtaskState> states = new HashMap<>();
    for (Map.Entry<String, List<SimulatedTask>> of : tasks.entrySet()) {
      states.put(
          of.getKey(),
          AbstractStreamOperatorTestHarness.repackageState(
              of.getValue().stream().map(now.states::get).toArray(OperatorSubtaskState[]::new)));
    }
    for (List<SimulatedTask> of : tasks.values()) {
      for (SimulatedTask task : of) {
        task.harness().notifyOfCompletedCheckpoint(now.barrier.checkpoint());
      }
    }
    pending = null;
    return new Checkpoint(parallelism, now.offsets, states);
  }

  int parallelism() {
    return parallelism;
  }

  /** The process is gone, and what was not written with it. */
  void kill() throws Exception {
    for (List<SimulatedTask> of : tasks.values()) {
      for (SimulatedTask task : of) {
        task.kill();
      }
    }
  }
}
