package io.vigil.job.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.ArtefactSet;
import io.vigil.job.ControlLog;
import io.vigil.job.OneThread;
import io.vigil.job.Topics;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.Registry;
import io.vigil.job.decide.Recorded;
import io.vigil.job.decide.ReplayMemory;
import io.vigil.job.decide.Replayer;
import io.vigil.job.decide.StubEngine;
import io.vigil.job.fault.SimulatedJob.Checkpoint;
import io.vigil.job.fault.SimulatedJob.Plant;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.Receipt;
import io.vigil.schema.codec.Codec;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever befalls the job, every record ends once, copies are the same bytes, and all is decided
 * as by a job that nothing befell, and as by {@link Replayer}. A failure names its seed, which
 * makes the same schedule again; {@code -Dvigil.schedules=500} runs as many, {@code
 * -Dvigil.schedules.from=SEED} begins there.
 */
class FaultScheduleTest {
  private static final int RECORDS = 250;

  /** What a model reads must depend on the order of all entities. */
  private static final String SPEC =
      """
      name: faults
      version: 1
      features:
        - {name: count_1h, entity: account, aggregate: count, window: 1h}
        - {name: sum_6h, entity: account, aggregate: sum, of: amount, window: 6h}
        - {name: since_s, entity: card, aggregate: elapsed}
        - {name: merchants_6h, entity: account, aggregate: distinct, of: merchant, window: 6h}
        - {name: risk, entity: terminal, aggregate: rate, of: fraud_label, window: 12h, delay: 1m}
        - {name: payees_6h, entity: account, aggregate: count, event: payee_changed, window: 6h}
        - {name: limit, entity: account, fact: credit_limit, default: -1}
      """;

  private static final String MORE =
      SPEC.replace("version: 1", "version: 2")
          + "  - {name: count_10m, entity: counterparty, aggregate: count, window: 10m}\n";

  private static Stage stage;

  /** Of {@link FaultSchedule.Stage}, with what the oracle needs. */
  private record Stage(ArtefactSet artefacts, Configuration options, List<Bundle> models)
      implements FaultSchedule.Stage {
    @Override
    public SimulatedJob job(
        SimulatedLog log,
        boolean live,
        int parallelism,
        long[] nowMs,
        Plant plant,
        @Nullable Checkpoint from)
        throws Exception {
      String registry = options.toMap().get("vigil.control.registry");
      ControlSettings settings =
          new ControlSettings(
              live,
              () -> new Registry(registry),
              (request, inForce, effectiveTimeMs) -> {
                Turnstile.pass(request.id());
                return null;
              },
              Duration.ofDays(365),
              1 << 20);
      return new SimulatedJob(log, artefacts, settings, parallelism, nowMs, plant, from);
    }
  }

  @BeforeAll
  static void setTheStage(@TempDir Path folder) throws Exception {
    Path registry = folder.resolve("registry");
    List<Bundle> models =
        List.of(
            StubEngine.bundle("one", SPEC, "count_1h", "sum_6h"),
            StubEngine.bundle("two", SPEC, "payees_6h", "merchants_6h"),
            StubEngine.bundle("three", SPEC, "limit", "risk"),
            StubEngine.bundle("four", MORE, "sum_6h", "count_10m"));
    for (Bundle model : models) {
      ControlLog.put(registry, model);
    }
    models.get(0).copyTo(folder.resolve("one"));
    Configuration options =
        Configuration.fromMap(
            Map.of(
                "vigil.artefacts.bundle",
                folder.resolve("one").toString(),
                "vigil.artefacts.rules",
                "basic",
                "vigil.control.registry",
                registry.toUri().toString()));
    stage = new Stage(ArtefactSet.read(options), options, models);
  }

  @Test
  @SuppressWarnings("SystemOut") // What befell it is worth showing beside the verdict.
  void nothingIsLostDoubledOrDecidedOtherwise() throws Exception {
    long from = Long.getLong("vigil.schedules.from", 1);
    int count = Integer.getInteger("vigil.schedules", 20);
    int kills = 0;
    int restores = 0;
    int failedCheckpoints = 0;
    int decisions = 0;
    Set<String> models = new HashSet<>();
    for (long seed = from; seed < from + count; seed++) {
      FaultSchedule schedule = new FaultSchedule(stage, seed, Plant.NONE);
      for (Decision decision : check(schedule, "schedule " + seed)) {
        decisions++;
        models.add(decision.getModel().toString());
      }
      kills += schedule.kills();
      restores += schedule.restores();
      failedCheckpoints += schedule.failedCheckpoints();
    }
    System.out.printf(
        "%d schedules: %d decisions by %d models, %d kills, %d restores, %d checkpoints failed%n",
        count, decisions, models.size(), kills, restores, failedCheckpoints);
    // Else nothing befell anybody.
    assertThat(restores).isGreaterThan(count);
    assertThat(failedCheckpoints).isPositive();
    assertThat(models).hasSizeGreaterThan(1);
  }

  @Test
  void aSeedMakesTheSameScheduleAgain() throws Exception {
    for (long seed = 10; seed < 13; seed++) {
      List<ByteBuffer> first = written(new FaultSchedule(stage, seed, Plant.NONE).run(RECORDS));
      List<ByteBuffer> again = written(new FaultSchedule(stage, seed, Plant.NONE).run(RECORDS));
      assertThat(again.equals(first)).as("schedule %d is the same again", seed).isTrue();
    }
  }

  /** In schedules in which there is nothing to find without it. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aMistakeIsFound(Plant plant) {
    assertThatThrownBy(
            () -> {
              for (long seed = 1; seed <= 20; seed++) {
                check(new FaultSchedule(stage, seed, plant), plant + " in schedule " + seed);
              }
            })
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(plant.name());
  }

  private static List<ByteBuffer> written(SimulatedLog log) {
    return log.written().stream().map(record -> ByteBuffer.wrap(record.value())).toList();
  }

  private static List<Decision> check(FaultSchedule schedule, String name) throws Exception {
    SimulatedLog log = schedule.run(RECORDS);
    Map<String, ByteBuffer> live = outputs(log, name);
    everyRecordEndsOnce(log, live, name);
    everyRequestIsAnswered(schedule, live, name);

    SimulatedLog again = new SimulatedLog(log);
    long[] nowMs = {Long.MAX_VALUE / 4};
    SimulatedJob undisturbed = stage.job(again, false, 1, nowMs, Plant.NONE, null);
    FaultSchedule.undisturbed(undisturbed, nowMs);
    undisturbed.kill();
    live.keySet().removeIf(key -> key.startsWith(Topics.CONTROL));
    assertThat(live).as(name).isEqualTo(outputs(again, name));

    List<LogRecord> sequenced = OneThread.sequenced(log.partitions());
    Map<String, Decision> replayed =
        OneThread.run(
            sequenced, stage.options, new ReplayMemory(), Recorded.NOTHING, Replayer.Wanted.ALL);
    Map<String, Decision> decisions = new TreeMap<>();
    Codec<Decision> codec = Codec.of(Decision.class);
    for (Map.Entry<String, ByteBuffer> output : live.entrySet()) {
      if (output.getKey().startsWith(Topics.DECISIONS)) {
        Decision decision = codec.decode(output.getValue().array());
        decisions.put(decision.getTransaction().getTransactionId(), decision);
      }
    }
    assertThat(decisions).as(name).isEqualTo(replayed);
    return new ArrayList<>(decisions.values());
  }

  /** What was written, each record once; copies must be the same bytes. */
  private static Map<String, ByteBuffer> outputs(SimulatedLog log, String name) throws Exception {
    Map<String, ByteBuffer> outputs = new TreeMap<>();
    for (Outgoing record : log.written()) {
      String key = record.topic() + " " + identity(record);
      ByteBuffer value = ByteBuffer.wrap(record.value());
      ByteBuffer known = outputs.putIfAbsent(key, value);
      // The first answer is the answer.
      if (known != null && !record.topic().equals(Topics.CONTROL)) {
        assertThat(value).as("%s: copies of %s", name, key).isEqualTo(known);
      }
    }
    return outputs;
  }

  private static String identity(Outgoing record) throws Exception {
    return switch (record.topic()) {
      case Topics.DECISIONS -> origin(decision(record.value()));
      case Topics.CASES -> Codec.of(AlertRaised.class).decode(record.value()).getAlertId();
      case Topics.RECEIPTS -> {
        Receipt receipt = Codec.of(Receipt.class).decode(record.value());
        yield origin(
            receipt.getSourceTopic(), receipt.getSourcePartition(), receipt.getSourceOffset());
      }
      case Topics.DEAD_LETTERS -> {
        DeadLetter letter = Codec.of(DeadLetter.class).decode(record.value());
        yield origin(
            letter.getSourceTopic(), letter.getSourcePartition(), letter.getSourceOffset());
      }
      case Topics.CONTROL -> Codec.of(Deployment.class).decode(record.value()).getRequestId();
      default -> throw new AssertionError("nothing goes to " + record.topic());
    };
  }

  private static Decision decision(byte[] value) throws Exception {
    return Codec.of(Decision.class).decode(value);
  }

  private static String origin(Decision decision) {
    return origin(
        decision.getSourceTopic(), decision.getSourcePartition(), decision.getSourceOffset());
  }

  private static String origin(String topic, int partition, long offset) {
    return topic + "-" + partition + "@" + offset;
  }

  private static void everyRecordEndsOnce(
      SimulatedLog log, Map<String, ByteBuffer> outputs, String name) {
    Map<String, Integer> ends = new HashMap<>();
    for (String topic : List.of(Topics.DECISIONS, Topics.RECEIPTS, Topics.DEAD_LETTERS)) {
      for (String key : outputs.keySet()) {
        if (key.startsWith(topic + " ")) {
          ends.merge(key.substring(topic.length() + 1), 1, Integer::sum);
        }
      }
    }
    Map<String, Integer> expected = new HashMap<>();
    log.partitions().forEach(of -> of.forEach(record -> expected.put(record.origin(), 1)));
    Map<String, Integer> wrong = new TreeMap<>(expected);
    wrong.replaceAll((origin, once) -> ends.getOrDefault(origin, 0));
    wrong.values().removeIf(count -> count == 1);
    assertThat(wrong).as("%s: records that did not end once", name).isEmpty();
    assertThat(ends).as(name).hasSameSizeAs(expected);
  }

  private static void everyRequestIsAnswered(
      FaultSchedule schedule, Map<String, ByteBuffer> outputs, String name) {
    for (String request : schedule.requests()) {
      assertThat(outputs).as(name + ": answers").containsKey(Topics.CONTROL + " " + request);
    }
  }
}
