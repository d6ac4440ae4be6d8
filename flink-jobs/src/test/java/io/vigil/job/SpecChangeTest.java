package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.decide.DecideOperator;
import io.vigil.job.decide.RecordedFile;
import io.vigil.job.feature.EntityOperator;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.EntityInput;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.source.RecordDecoder;
import io.vigil.model.feature.EntityPlan;
import io.vigil.schema.Decision;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job goes on with another spec: its decisions say which features lack history. */
class SpecChangeTest {
  private static final int MAX_PARALLELISM = 16;
  private static final long HOUR_MS = 3_600_000L;
  private static final long START_MS = 1_767_225_600_000L;
  private static final String KEPT =
      "- {name: kept, entity: account, aggregate: count, window: 1h}";
  private static final String ADDED =
      "- {name: added, entity: account, aggregate: count, window: 2h}";
  private static final String DERIVED = "- {name: share, ratio: [kept, added]}";

  @TempDir static Path folder;
  private static ArtefactSet old;
  private static ArtefactSet changed;

  @BeforeAll
  static void writeBundles() throws Exception {
    old = artefacts("old", KEPT);
    changed = artefacts("changed", KEPT, ADDED, DERIVED);
  }

  /** The state of a job, and of what parallelism it is. */
  private record Snapshot(OperatorSubtaskState state, int parallelism) {}

  @Test
  void aSpecThatStaysWarmsNothingUpHoweverOftenItIsRestored() throws Exception {
    List<List<String>> warming = new ArrayList<>();
    Snapshot first = run(changed, null, 2, START_MS, START_MS, warming);
    Snapshot second = run(changed, first, 3, START_MS + 1, START_MS + 1, warming);
    run(changed, second, 1, START_MS + 2, START_MS + 2, warming);

    assertThat(warming).hasSize(6).allSatisfy(names -> assertThat(names).isEmpty());
  }

  @Test
  void everySubtaskFlagsWhatTheEarlierSpecDidNotKeepUntilItsWindowHasPassed() throws Exception {
    List<List<String>> before = new ArrayList<>();
    Snapshot first = run(old, null, 2, START_MS - 5, START_MS, before);
    assertThat(before).hasSize(2).allSatisfy(names -> assertThat(names).isEmpty());

    List<List<String>> after = new ArrayList<>();
    long inMidst = START_MS + HOUR_MS;
    Snapshot second = run(changed, first, 3, inMidst, inMidst, after);
    // Flink checkpoints no watermarks: after a restore they begin behind those before it.
    long last = START_MS + 2 * HOUR_MS - 1;
    Snapshot third = run(changed, second, 2, last, inMidst - 1, after);
    assertThat(after).hasSize(5).containsOnly(List.of("added", "share"));

    List<List<String>> warm = new ArrayList<>();
    run(changed, third, 3, last + 1, last + 1, warm);
    assertThat(warm).hasSize(3).allSatisfy(names -> assertThat(names).isEmpty());

    List<List<String>> back = new ArrayList<>();
    Snapshot fourth = run(old, third, 2, last + 1, last + HOUR_MS, back);
    assertThat(back).hasSize(2).allSatisfy(names -> assertThat(names).isEmpty());
    // The old spec kept less until then; it is its last time that counts.
    List<List<String>> again = new ArrayList<>();
    run(changed, fourth, 1, last + 3 * HOUR_MS - 1, START_MS, again);
    assertThat(again).containsExactly(List.of("added", "share"));
  }

  @Test
  void whatIsDecidedAtTheEndOfTheInputSetsNoTime() throws Exception {
    Snapshot first = run(old, null, 1, START_MS, START_MS, new ArrayList<>());
    Snapshot drained = run(old, first, 1, START_MS, Long.MAX_VALUE, new ArrayList<>());

    List<List<String>> warming = new ArrayList<>();
    run(changed, drained, 2, START_MS + 2 * HOUR_MS, START_MS, warming);

    assertThat(warming).hasSize(2).allSatisfy(names -> assertThat(names).isEmpty());
  }

  @Test
  void whatStillWaitsWasPreparedForTheEarlierSpecAndIsRefused() throws Exception {
    LogRecord record = record(START_MS, 1, 0);
    OperatorSubtaskState waiting;
    try (var harness = harness(old, 1, 0)) {
      harness.open();
      harness.processElement1(record, 0);
      harness.processBothWatermarks(new Watermark(START_MS));
      harness.getOperator().prepareSnapshotPreBarrier(1);
      waiting = harness.snapshot(1, 1);
      answer(harness, old, record);
    }

    try (var same = harness(old, 1, 0)) {
      same.initializeState(waiting);
      same.open();
      same.processWatermark1(new Watermark(START_MS));
      answer(same, old, record);
      same.getOperator().prepareSnapshotPreBarrier(2);
      assertThat(same.extractOutputValues()).hasSize(1);
    }
    // Not closed: closing a harness ends its input, and what never opened has none.
    var other = harness(changed, 1, 0);
    other.initializeState(waiting);
    assertThatThrownBy(other::open)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("decide: expected a checkpoint in which nothing waits")
        .hasMessageContaining(old.plan().fingerprint())
        .hasMessageContaining(changed.plan().fingerprint())
        .hasMessageContaining("got 1 waiting records");
    other.getOperator().close();
  }

  @Test
  void requestsThatWaitForTheirTurnAreRefusedByTheEntitiesToo() throws Exception {
    EntityRequest request =
        new EntityRequest(
            "a", 0, Kind.TRANSACTION, "t", "t", START_MS, START_MS, 0, 0, new long[0]);
    OperatorSubtaskState waiting;
    try (var harness = entities(old)) {
      harness.open();
      harness.processElement(request, 0);
      waiting = harness.snapshot(1, 1);
    }

    var other = entities(changed); // Not closed, as above.
    assertThatThrownBy(() -> other.initializeState(waiting))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("entities: expected a checkpoint in which nothing waits")
        .hasMessageContaining("got 1 waiting records");
  }

  private static KeyedOneInputStreamOperatorTestHarness<String, EntityInput, EntityAnswer> entities(
      ArtefactSet artefacts) throws Exception {
    return new KeyedOneInputStreamOperatorTestHarness<>(
        new EntityOperator(artefacts, 0, 0), EntityInput::key, Types.STRING);
  }

  /** Decides one transaction a subtask at that time, then lets the watermark reach its own. */
  private static Snapshot run(
      ArtefactSet artefacts,
      @Nullable Snapshot from,
      int parallelism,
      long timeMs,
      long watermarkMs,
      List<List<String>> warming)
      throws Exception {
    List<OperatorSubtaskState> states = new ArrayList<>();
    for (int subtask = 0; subtask < parallelism; subtask++) {
      try (var harness = harness(artefacts, parallelism, subtask)) {
        if (from != null) {
          harness.initializeState(
              AbstractStreamOperatorTestHarness.repartitionOperatorState(
                  from.state, MAX_PARALLELISM, from.parallelism, parallelism, subtask));
        }
        harness.open();
        LogRecord record = record(timeMs, parallelism, subtask);
        harness.processElement1(record, 0);
        answer(harness, artefacts, record);
        harness.processWatermark1(new Watermark(Math.max(timeMs, watermarkMs)));
        harness.processWatermark2(new Watermark(watermarkMs));
        harness.getOperator().prepareSnapshotPreBarrier(1);
        states.add(harness.snapshot(1, 1));
        for (Outgoing decision : harness.extractOutputValues()) {
          warming.add(Codec.of(Decision.class).decode(decision.value()).getWarming());
        }
      }
    }
    return new Snapshot(
        AbstractStreamOperatorTestHarness.repackageState(
            states.toArray(OperatorSubtaskState[]::new)),
        parallelism);
  }

  /** What the entities say of a record. */
  private static void answer(
      KeyedTwoInputStreamOperatorTestHarness<String, LogRecord, EntityAnswer, Outgoing> harness,
      ArtefactSet artefacts,
      LogRecord record)
      throws Exception {
    List<EntityPlan> entities = artefacts.plan().entities();
    for (int entity = 0; entity < entities.size(); entity++) {
      double[] outputs = new double[entities.get(entity).outputs()];
      harness.processElement2(new EntityAnswer(record.id(), entity, outputs), 0);
    }
  }

  private static KeyedTwoInputStreamOperatorTestHarness<String, LogRecord, EntityAnswer, Outgoing>
      harness(ArtefactSet artefacts, int parallelism, int subtask) throws Exception {
    return new KeyedTwoInputStreamOperatorTestHarness<>(
        new DecideOperator(
            artefacts,
            8,
            Duration.ZERO,
            Duration.ZERO,
            Topology.controlSettings(new Configuration()),
            null,
            RecordedFile.NONE,
            0),
        LogRecord::stateKey,
        answer -> LogRecord.transactionKey(answer.id()),
        Types.STRING,
        MAX_PARALLELISM,
        parallelism,
        subtask);
  }

  /** A transaction of one of the ids that belong to the subtask. */
  private static LogRecord record(long timeMs, int parallelism, int subtask) {
    for (int id = 0; ; id++) {
      String key = LogRecord.transactionKey(Integer.toString(id));
      int owner =
          KeyGroupRangeAssignment.assignKeyToParallelOperator(key, MAX_PARALLELISM, parallelism);
      if (owner == subtask) {
        Transaction transaction = TestLog.transaction(new Random(id), Integer.toString(id), timeMs);
        byte[] value = Codec.of(Transaction.class).encode(transaction);
        return new RecordDecoder(300_000)
            .decode(Topics.TRANSACTIONS, 0, 0, timeMs, null, value)
            .sequenced(timeMs, false);
      }
    }
  }

  private static ArtefactSet artefacts(String name, String... features) throws Exception {
    Configuration options = new Configuration();
    String spec = "name: test\nversion: 1\nfeatures:\n" + String.join("\n", features) + "\n";
    options.set(VigilOptions.BUNDLE, TestBundle.write(folder.resolve(name), spec).toString());
    options.set(VigilOptions.RULES, "basic");
    return ArtefactSet.read(options);
  }
}
