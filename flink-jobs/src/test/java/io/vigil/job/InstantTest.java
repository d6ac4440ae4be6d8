package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.control.JobKeys;
import io.vigil.job.dedupe.DeduplicateOperator;
import io.vigil.job.feature.EntityOperator;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.EntityInput;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.sink.Output;
import io.vigil.job.source.RecordDecoder;
import io.vigil.model.order.PartitionClock;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Event;
import io.vigil.schema.FactValue;
import io.vigil.schema.Profile;
import io.vigil.schema.Receipt;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From which millisecond an event and a profile are seen, through the operators themselves. */
final class InstantTest {
  private static final int MAX_PARALLELISM = 16;
  private static final long BOUND_MS = 250;
  private static final long T = 1_772_366_400_000L;
  private static final String SPEC =
      """
      name: instant
      version: 1
      features:
        - {name: changed, entity: account, aggregate: count, event: payee_changed, window: 1h}
        - {name: since_s, entity: account, aggregate: elapsed, event: payee_changed, default: -1}
        - {name: limit, entity: account, fact: credit_limit, default: -1}
      """;

  @TempDir static Path folder;
  private static ArtefactSet artefacts;

  private final RecordDecoder decoder = new RecordDecoder(300_000);
  private final Map<String, PartitionClock> clocks = new HashMap<>();
  private final List<LogRecord> log = new ArrayList<>();
  private final Map<String, Double> changed = new TreeMap<>();
  private final Map<String, Double> limits = new TreeMap<>();
  private final List<Outgoing> receipts = new ArrayList<>();
  private final List<Outgoing> deadLetters = new ArrayList<>();

  @BeforeAll
  static void readArtefacts() throws Exception {
    Configuration options = new Configuration();
    options.set(VigilOptions.BUNDLE, TestBundle.write(folder.resolve("b"), SPEC).toString());
    options.set(VigilOptions.RULES, "basic");
    artefacts = ArtefactSet.read(options);
  }

  /** Every stage takes over the checkpoint of the one before it, by that many subtasks each. */
  @ParameterizedTest
  @CsvSource({"1,1,1", "1,2,4", "4,2,1", "2,4,2"})
  void aChangeIsSeenFromItsMillisecondOnAndNeverEarlier(int first, int second, int third)
      throws Exception {
    payment("long-before", T - 3_600_000);
    payment("a-ms-before", T - 1);
    // Ids that would sort before the changes: the rank decides, not the id.
    payment("0", T);
    payment("a-ms-after", T + 1);
    change("payee", T);
    limit("limit", T, new FactValue(500.0, null));
    payment("an-hour-later", T + 3_600_000);
    limit("taken", T + 3_600_001, new FactValue(null, ""));
    payment("without", T + 3_600_001);

    run(List.of(T - 1, T, Long.MAX_VALUE - 1), List.of(first, second, third));

    assertThat(changed)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "long-before", 0.0,
                "a-ms-before", 0.0,
                "0", 1.0,
                "a-ms-after", 1.0,
                "an-hour-later", 0.0,
                "without", 0.0));
    assertThat(limits)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "long-before",
                Double.NaN,
                "a-ms-before",
                Double.NaN,
                "0",
                500.0,
                "a-ms-after",
                500.0,
                "an-hour-later",
                500.0,
                "without",
                Double.NaN));
  }

  @Test
  void whatComesLateReachesNoDecisionBack() throws Exception {
    // Its topic's clock stands at T when the change of T - 10 comes, so it counts from T + 1.
    change("moves-the-clock", "B", T + BOUND_MS + 1);
    change("late", T - 10);
    limit("moves-the-clock", "B", T + BOUND_MS + 1, new FactValue(1.0, null));
    limit("late", "A", T - 10, new FactValue(500.0, null));
    payment("between", T - 5);
    payment("at", T);
    payment("after", T + 1);

    run(List.of(T, Long.MAX_VALUE - 1), List.of(1, 2));

    assertThat(changed).isEqualTo(Map.of("between", 0.0, "at", 0.0, "after", 1.0));
    assertThat(limits).isEqualTo(Map.of("between", Double.NaN, "at", Double.NaN, "after", 500.0));
  }

  /** It is decided after the change, by what held when it was made. */
  @Test
  void aLatePaymentIsNotHeldAgainstWhatHappenedAfterIt() throws Exception {
    limit("before", "A", T - 1_000, new FactValue(100.0, null));
    limit("limit", T, new FactValue(500.0, null));
    change("payee", T);
    Transaction other = transaction("moves-the-clock", T + BOUND_MS + 1);
    other.setAccount("B");
    append(Topics.TRANSACTIONS, Codec.of(Transaction.class).encode(other));
    payment("late", T - 1);

    run(List.of(Long.MAX_VALUE - 1), List.of(1));

    assertThat(changed).containsEntry("late", 0.0);
    assertThat(limits).containsEntry("late", 100.0);
  }

  @Test
  void everyOneIsAnsweredOnce() throws Exception {
    change("once", T);
    change("once", T);
    change("once", T + 5);
    change("old", T - 8L * 86_400_000);
    limit("once", T, new FactValue(1.0, null));
    limit("once", T, new FactValue(1.0, null));
    limit("once", T, new FactValue(2.0, null));
    limit("old-master-data", T - 800L * 86_400_000, new FactValue(2.0, null));

    run(List.of(Long.MAX_VALUE - 1), List.of(1));

    List<String> said = new ArrayList<>();
    for (Outgoing outgoing : receipts) {
      Receipt receipt = Codec.of(Receipt.class).decode(outgoing.value());
      said.add(receipt.getKind() + " " + receipt.getRecordId() + " " + receipt.getOutcome());
    }
    for (Outgoing outgoing : deadLetters) {
      DeadLetter letter = Codec.of(DeadLetter.class).decode(outgoing.value());
      said.add(letter.getSourceTopic() + " " + letter.getReason());
    }
    assertThat(said)
        .containsExactlyInAnyOrder(
            "EVENT once APPLIED",
            "EVENT once DUPLICATE",
            "events conflict",
            "events too_late",
            "PROFILE once APPLIED",
            "PROFILE once DUPLICATE",
            "profiles conflict",
            "PROFILE old-master-data APPLIED");
  }

  private static Transaction transaction(String id, long eventMs) {
    Transaction transaction = TestLog.transaction(new Random(1), id, eventMs);
    transaction.setAccount("A");
    return transaction;
  }

  private void payment(String id, long eventMs) {
    append(Topics.TRANSACTIONS, Codec.of(Transaction.class).encode(transaction(id, eventMs)));
  }

  private void change(String id, long eventMs) {
    change(id, "A", eventMs);
  }

  private void change(String id, String account, long eventMs) {
    Event event =
        Event.newBuilder()
            .setEventId(id)
            .setEventTime(eventMs)
            .setAccount(account)
            .setKind("payee_changed")
            .build();
    append(Topics.EVENTS, Codec.of(Event.class).encode(event));
  }

  private void limit(String id, long eventMs, FactValue value) {
    limit(id, "A", eventMs, value);
  }

  private void limit(String id, String account, long eventMs, FactValue value) {
    Profile profile =
        Profile.newBuilder()
            .setProfileId(id)
            .setEventTime(eventMs)
            .setEntity("account")
            .setEntityId(account)
            .setFacts(Map.of("credit_limit", value))
            .build();
    append(Topics.PROFILES, Codec.of(Profile.class).encode(profile));
  }

  private void append(String topic, byte[] value) {
    LogRecord record = decoder.decode(topic, 0, log.size(), T + 86_400_000, null, value);
    assertThat(record.rejection()).isNull();
    PartitionClock clock =
        clocks.computeIfAbsent(topic, t -> new PartitionClock(BOUND_MS, PartitionClock.UNSET_MS));
    boolean late = clock.isLate(record.eventTimeMs());
    log.add(record.sequenced(clock.record(record.eventTimeMs()), late));
  }

  /** Stage by stage until a watermark each; what waits then goes on from the checkpoint. */
  private void run(List<Long> watermarksMs, List<Integer> parallelisms) throws Exception {
    OperatorSubtaskState ids = null;
    OperatorSubtaskState entities = null;
    long fromMs = Long.MIN_VALUE;
    for (int stage = 0; stage < watermarksMs.size(); stage++) {
      long untilMs = watermarksMs.get(stage);
      int parallelism = parallelisms.get(stage);
      List<EntityInput> requests = new ArrayList<>();
      try (var dedupe = deduplicate()) {
        if (ids != null) {
          dedupe.initializeState(ids);
        }
        dedupe.open();
        // Ahead of the watermark too, as a source does: they wait, and are in the checkpoint.
        for (LogRecord record : log) {
          if (record.effectiveTimeMs() > fromMs + (stage == 0 ? 0 : 1)
              && (record.effectiveTimeMs() <= untilMs + 1 || stage == watermarksMs.size() - 1)) {
            dedupe.processElement(record, 0);
          }
        }
        dedupe.processWatermark(new Watermark(untilMs));
        ids = dedupe.snapshot(stage, stage);
        addAll(requests, dedupe.getSideOutput(DeduplicateOperator.REQUESTS));
        addAll(receipts, dedupe.getSideOutput(Output.RECEIPTS));
        addAll(deadLetters, dedupe.getSideOutput(Output.DEAD_LETTERS));
      }
      int before = stage == 0 ? parallelism : parallelisms.get(stage - 1);
      entities = entities(entities, before, parallelism, requests, untilMs);
      fromMs = untilMs;
    }
  }

  private static <T> void addAll(
      List<T> to,
      @Nullable Iterable<org.apache.flink.streaming.runtime.streamrecord.StreamRecord<T>> from) {
    if (from != null) {
      from.forEach(record -> to.add(record.getValue()));
    }
  }

  private OperatorSubtaskState entities(
      @Nullable OperatorSubtaskState from,
      int before,
      int parallelism,
      List<EntityInput> requests,
      long untilMs)
      throws Exception {
    List<OperatorSubtaskState> states = new ArrayList<>();
    for (int subtask = 0; subtask < parallelism; subtask++) {
      try (var harness =
          new KeyedOneInputStreamOperatorTestHarness<String, EntityInput, EntityAnswer>(
              new EntityOperator(artefacts, 16, 16),
              EntityInput::key,
              Types.STRING,
              MAX_PARALLELISM,
              parallelism,
              subtask)) {
        if (from != null) {
          harness.initializeState(
              AbstractStreamOperatorTestHarness.repartitionOperatorState(
                  from, MAX_PARALLELISM, before, parallelism, subtask));
        }
        harness.open();
        for (EntityInput request : requests) {
          int owner =
              KeyGroupRangeAssignment.assignKeyToParallelOperator(
                  request.key(), MAX_PARALLELISM, parallelism);
          if (owner == subtask) {
            harness.processElement(request, 0);
          }
        }
        // One behind: what took effect last waits, and goes through the checkpoint.
        harness.processWatermark(new Watermark(untilMs - 1));
        harness.getOperator().prepareSnapshotPreBarrier(1);
        states.add(harness.snapshot(1, 1));
        for (EntityAnswer answer : harness.extractOutputValues()) {
          (answer.entity() == 0 ? changed : limits).put(answer.id(), answer.outputs()[0]);
        }
      }
    }
    return AbstractStreamOperatorTestHarness.repackageState(
        states.toArray(OperatorSubtaskState[]::new));
  }

  private static KeyedOneInputStreamOperatorTestHarness<String, LogRecord, LogRecord> deduplicate()
      throws Exception {
    return new KeyedOneInputStreamOperatorTestHarness<>(
        new DeduplicateOperator(
            artefacts, JobKeys.NONE, Duration.ofDays(7), Duration.ofDays(7), Duration.ofDays(400)),
        LogRecord::stateKey,
        Types.STRING);
  }
}
