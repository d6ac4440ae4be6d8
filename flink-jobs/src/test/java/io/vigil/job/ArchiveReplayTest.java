package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.ArchiveLog;
import io.vigil.job.archive.History;
import io.vigil.job.archive.OneDecision;
import io.vigil.job.archive.Snapshots;
import io.vigil.job.archive.Starts;
import io.vigil.job.archive.WhatIf;
import io.vigil.job.decide.Recorded;
import io.vigil.job.decide.ReplayMemory;
import io.vigil.job.decide.Replayer;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.SpecChange;
import io.vigil.job.record.WireType;
import io.vigil.job.source.Clocks;
import io.vigil.model.approval.Kind;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.Backfill;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.LogEntry;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a job archived, decided again from the archive alone: the registry, the options and the
 * topics are gone.
 */
final class ArchiveReplayTest {
  private static final long START_MS = 1_767_225_600_000L;
  private static final long HOUR_MS = 3_600_000;
  private static final long BOUND_MS = 250;

  /** The key of tokens is changed in its midst. */
  private static final TestLog LOG = RotatedLog.of(77, 6_000, 8, 6, 60).changing();

  @TempDir static Path folder;
  private static ArchiveFolder archive;
  private static Map<String, Decision> recorded;

  @BeforeAll
  static void runTheJob() throws Exception {
    Path registry = folder.resolve("registry");
    String spec =
        io.vigil.model.feature.FeatureSpec.joined(
            Artefacts.builtIn("specs/default.yaml"), MoreInputsTest.FEATURES);
    TestBundle.bundle("first", 7, spec).copyTo(folder.resolve("first"));
    Bundle second = ControlLog.put(registry, TestBundle.bundle("second", 8, spec));
    String added =
        "name: more\nversion: 1\nfeatures:\n"
            + "- {name: merchant_sum_3h, entity: merchant, aggregate: sum, of: amount,"
            + " window: 3h}\n"
            + "- {name: ip_accounts_7d, entity: ip, aggregate: distinct, of: account,"
            + " window: 7d}\n";
    Bundle third =
        ControlLog.put(
            registry,
            TestBundle.bundle("third", 9, io.vigil.model.feature.FeatureSpec.joined(spec, added)));
    String rules = Artefacts.builtIn("rules/basic.yaml").replace("amount > 5000", "amount > 200");
    ControlLog control = new ControlLog();
    control.tick(START_MS + 5 * HOUR_MS);
    control.append(
        ControlLog.activated("d1", ArtefactKind.MODEL, Alias.CHAMPION, second.digest(), 0));
    control.tick(START_MS + 20 * HOUR_MS);
    control.append(
        ControlLog.activated(
            "d2",
            ArtefactKind.RULE_SET,
            Alias.CHAMPION,
            ControlLog.put(registry, Kind.RULE_SET, rules),
            0));
    control.tick(START_MS + 30 * HOUR_MS);
    control.append(
        Deployment.newBuilder(
                ControlLog.activated(
                    "d3", ArtefactKind.MODEL, Alias.CHALLENGER, third.digest(), 4_000))
            .setFeatureSpec(third.featureSpec())
            .build());
    // Two more with their history, which a live job would have read from its archive.
    String whole =
        "name: whole\nversion: 1\nfeatures:\n"
            + "- {name: terminal_mean_3d, entity: terminal, aggregate: mean, of: amount, window: 3d}\n"
            + "- {name: limit_now, entity: account, fact: credit_limit}\n";
    Bundle fourth =
        ControlLog.put(
            registry,
            TestBundle.bundle(
                "fourth", 10, io.vigil.model.feature.FeatureSpec.joined(spec, whole)));
    String backfill = SpecChange.backfillOf("request-d4");
    String marked =
        Backfill.mark(backfill, List.of("terminal_mean_3d", "limit_now"), fourth.featureSpec());
    control.tick(START_MS + 33 * HOUR_MS);
    Deployment shadow =
        Deployment.newBuilder(
                ControlLog.activated(
                    "d4", ArtefactKind.MODEL, Alias.SHADOW, fourth.digest(), 10_000))
            .setFeatureSpec(marked)
            .build();
    control.append(
        Deployment.newBuilder(shadow)
            .setDeploymentId("p4")
            .setStatus(DeploymentStatus.PREPARING)
            .build());
    control.tick(START_MS + 36 * HOUR_MS);
    control.append(shadow);
    control.tick(START_MS + 300 * HOUR_MS);
    SpecChange ahead =
        new SpecChange("p4", Long.MIN_VALUE, 0, 0, marked, SpecChange.Says.PREPARES, backfill);

    Configuration options = new Configuration();
    options.set(VigilOptions.BUNDLE, folder.resolve("first").toString());
    options.set(VigilOptions.RULES, "basic");
    options.set(VigilOptions.MODE, VigilOptions.Mode.BOUNDED);
    options.set(VigilOptions.CONTROL_REGISTRY, registry.toString());
    options.set(VigilOptions.ARCHIVE_DIR, folder.resolve("archive").toString());
    execute(
        options,
        2,
        env -> {
          DataStream<LogRecord> input = null;
          List<List<LogRecord>> partitions = new ArrayList<>(LOG.partitions());
          partitions.add(control.records());
          for (int i = 0; i < partitions.size(); i++) {
            DataStream<LogRecord> one =
                env.fromData(partitions.get(i), new WireType<>(LogRecord.WIRE))
                    .setParallelism(1)
                    .uid("partition-" + i)
                    .assignTimestampsAndWatermarks(Clocks.watermarks(BOUND_MS))
                    .setParallelism(1)
                    .uid("clock-" + i);
            input = input == null ? one : input.union(one);
          }
          VigilJob.archive(
              Topology.define(
                  input,
                  ArtefactSet.read(options),
                  options,
                  Topology.controlSettings(options),
                  List.of(ahead)),
              folder.resolve("archive").toUri().toString());
        });
    archive = ArchiveFolder.of(folder.resolve("archive").toString());
    recorded = decisions(archive);
    delete(registry);
    delete(folder.resolve("first"));
  }

  private interface Definition {
    void define(StreamExecutionEnvironment env) throws Exception;
  }

  private static void execute(Configuration options, int parallelism, Definition definition)
      throws Exception {
    Configuration flink = new Configuration(options);
    flink.set(
        VigilOptions.STATE_DIR, Files.createTempDirectory(folder, "state").toUri().toString());
    flink.addAll(VigilJob.flinkOptions(flink));
    flink.set(TaskManagerOptions.NUM_TASK_SLOTS, parallelism);
    flink.setString("restart-strategy.type", "none");
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, flink);
    definition.define(env);
    env.execute();
  }

  private static void delete(Path path) throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  private static Map<String, Decision> decisions(ArchiveFolder of) throws IOException {
    Map<String, Decision> decisions = new TreeMap<>();
    for (var files : of.files("decisions").values()) {
      for (var file : files) {
        of.read(
            file,
            Decision.class,
            decision ->
                decisions.put(
                    decision.getTransaction().getTransactionId(),
                    Decision.newBuilder(decision).build()));
      }
    }
    return decisions;
  }

  @Test
  void theJobHasDecidedInEveryWay() throws IOException {
    assertThat(recorded.size()).isGreaterThan(5_000);
    assertThat(recorded.values().stream().map(Decision::getModel).distinct()).hasSize(3);
    assertThat(recorded.values().stream().map(Decision::getRuleSet).distinct()).hasSize(2);
    assertThat(recorded.values().stream().map(Decision::getFeatureSpec).distinct()).hasSize(3);
    assertThat(Starts.backfills(archive, Long.MAX_VALUE)).hasSize(1);
    assertThat(recorded.values())
        .allSatisfy(
            decision ->
                assertThat(decision.getWarming()).doesNotContain("terminal_mean_3d", "limit_now"));
    assertThat(Starts.read(archive)).hasSize(1);
    long[] inputs = {0};
    for (var files : archive.files(ArchiveLog.KIND).values()) {
      for (var file : files) {
        archive.read(file, LogEntry.class, entry -> inputs[0]++);
      }
    }
    assertThat(inputs[0]).isGreaterThan(recorded.size());
  }

  @Test
  void oneThreadDecidesTheSameFromTheBeginningAndFromEachSnapshot(@TempDir Path temporary)
      throws Exception {
    Snapshots snapshots = new Snapshots(archive);
    ArchiveLog log = new ArchiveLog(archive, temporary);
    Map<String, Decision> whole = new HashMap<>();
    replay(temporary, new ReplayMemory(), log.days().first(), whole, snapshots);
    assertThat(whole).isEqualTo(recorded);
    Map<String, byte[]> written = files(folder.resolve("archive/snapshots"));
    assertThat(snapshots.days().size()).isGreaterThan(2);
    assertThat(written.size()).isGreaterThan(100);

    // Each day from the snapshot of the day before it; what is written then is the same.
    for (LocalDate day : snapshots.days()) {
      Map<String, Decision> rest = new HashMap<>();
      LocalDate next = log.days().higher(day);
      if (next != null) {
        replay(temporary, snapshots.read(day), next, rest, snapshots);
        assertThat(rest)
            .allSatisfy((id, decision) -> assertThat(decision).isEqualTo(recorded.get(id)));
      }
    }
    Map<String, byte[]> again = files(folder.resolve("archive/snapshots"));
    assertThat(again.keySet()).isEqualTo(written.keySet());
    written.forEach((name, bytes) -> assertThat(again.get(name)).as(name).isEqualTo(bytes));
  }

  private static void replay(
      Path temporary,
      ReplayMemory memory,
      LocalDate from,
      Map<String, Decision> out,
      Snapshots snapshots)
      throws Exception {
    Codec<Decision> codec = Codec.of(Decision.class);
    ArchiveLog log = new ArchiveLog(archive, temporary);
    try (History history =
        new History(
            archive,
            temporary,
            memory,
            new History.Asked(
                WhatIf.NOTHING,
                Recorded.NOTHING,
                Replayer.Wanted.ALL,
                2,
                decided -> out.put(decided.record().id(), codec.decode(decided.decision()))))) {
      for (LocalDate day : log.days().tailSet(from)) {
        log.read(day, history::add);
        history.reached(Snapshots.lastMs(day));
        snapshots.write(day, memory);
      }
    }
  }

  private static Map<String, byte[]> files(Path root) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        if (!file.toString().endsWith(".crc")) {
          files.put(root.relativize(file).toString(), Files.readAllBytes(file));
        }
      }
    }
    return files;
  }

  @Test
  void eachDecisionIsTheSameAlone(@TempDir Path temporary) throws Exception {
    Codec<Decision> codec = Codec.of(Decision.class);
    Snapshots snapshots = new Snapshots(archive);
    if (snapshots.days().isEmpty()) {
      ArchiveLog log = new ArchiveLog(archive, temporary);
      replay(temporary, new ReplayMemory(), log.days().first(), new HashMap<>(), snapshots);
    }
    List<String> ids = new ArrayList<>(recorded.keySet());
    Random random = new Random(5);
    for (int i = 0; i < 120; i++) {
      Decision asked = recorded.get(ids.get(random.nextInt(ids.size())));
      List<Decision> made = new ArrayList<>();
      OneDecision one = new OneDecision(archive, temporary, asked, i % 2 == 0, WhatIf.NOTHING);
      one.replay(decided -> made.add(codec.decode(decided.decision())));
      assertThat(made).containsExactly(asked);
      assertThat(one.records()).isLessThan(recorded.size());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void flinkDecidesTheSameWithAnyParallelism(int parallelism, @TempDir Path temporary)
      throws Exception {
    Configuration options =
        Starts.options(
            Starts.read(archive).get(0),
            io.vigil.job.archive.KeptArtefacts.of(archive),
            temporary.resolve("artefacts"));
    options.set(VigilOptions.MODE, VigilOptions.Mode.BOUNDED);
    options.set(VigilOptions.REPLAY_ARCHIVE, folder.resolve("archive").toString());
    options.set(VigilOptions.ARCHIVE_DIR, temporary.resolve("out").toString());
    execute(options, parallelism, env -> VigilJob.define(env, options));
    assertThat(decisions(ArchiveFolder.of(temporary.resolve("out").toString())))
        .isEqualTo(recorded);
  }
}
