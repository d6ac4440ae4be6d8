package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.ingest.Ingested;
import io.vigil.cli.ingest.Publisher;
import io.vigil.cli.ingest.RecordReader;
import io.vigil.cli.kafka.Brokers;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.cli.replay.PeriodReplay;
import io.vigil.cli.replay.PeriodReport;
import io.vigil.cli.replay.ReplayedDecision;
import io.vigil.job.Topics;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.DecisionIndex;
import io.vigil.job.archive.Snapshots;
import io.vigil.job.archive.WhatIf;
import io.vigil.model.approval.Kind;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.registry.DirectoryStore;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Tick;
import io.vigil.schema.codec.Codec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A history with late events, corrected labels, three model and two rule deployments, decided by a
 * job whose process is killed on the way and that goes on with another parallelism: all of it again
 * from its archive alone, at three parallelisms and in one thread, and single decisions from daily
 * snapshots. {@code -Dvigil.replay.transactions} and {@code -Dvigil.replay.singles} say how many
 * (24,000; 8).
 */
@Tag("slow")
class ReplayIT {
  private static final long DAY_MS = 86_400_000L;
  private static final long START_MS = 1_767_225_600_000L;
  private static final long LATE_MS = 20_000;
  private static final Duration MOST = Duration.ofMinutes(20);
  private static final String ADDED =
      """
      name: wider
      version: 1
      features:
        - {name: merchant_sum_3h, entity: merchant, aggregate: sum, of: amount, window: 3h}
        - {name: ip_accounts_7d, entity: ip, aggregate: distinct, of: account, window: 7d}
      """;

  @TempDir static Path folder;

  @Test
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void everyDecisionComesOutAgain() throws Exception {
    int transactions = Integer.getInteger("vigil.replay.transactions", 24_000);
    int singles = Integer.getInteger("vigil.replay.singles", 8);
    Path file = folder.resolve("payments.csv");
    assertThat(
            Vigil.commandLine()
                .execute("simulate", "--transactions=" + transactions, "--seed=8", "--out=" + file))
        .isZero();
    Path first =
        HundredFeatures.bundle(
            folder.resolve("first"), "first", 7, "", Artefacts.builtIn("specs/default.yaml"));
    try (DataDir data = DataDir.open(folder.resolve("data"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage)) {
      Publisher.Published published = publish(file, data, stack.bootstrap());
      decide(stack, data, first, published);
    }
    ArchiveFolder archive = ArchiveFolder.of(folder.resolve("data/archive").toString());
    List<Decision> sample = sample(archive, singles);
    for (int parallelism : new int[] {1, 2, 4}) {
      Map<String, Object> report =
          ReplayCheck.same(
              folder.resolve("data/archive"), folder.resolve("again" + parallelism), parallelism);
      System.out.println("parallelism " + parallelism + ": " + report);
    }
    System.out.println("one thread: " + oneThread(archive));
    singles(archive, sample);
  }

  /** Transactions and labels a few seconds out of order, some labels taken back and said again. */
  private static Publisher.Published publish(Path file, DataDir data, String bootstrap)
      throws Exception {
    try (Producer<byte[], byte[]> producer = Publisher.producer(Brokers.at(bootstrap));
        RecordReader reader = InputOptions.of(file, "simulated").open(data, text -> {})) {
      control(producer);
      Publisher publisher =
          new Publisher(
              producer,
              partition -> 0,
              new Publisher.Options(
                  Topics.TRANSACTIONS, Topics.LABELS, Topics.DEAD_LETTERS, false, LATE_MS, 3));
      return publisher.publish(new Corrected(reader), (records, bytes) -> {});
    }
  }

  /** Model, rules, model that brings features as a canary, rules, model; a few days apart. */
  private static void control(Producer<byte[], byte[]> producer) throws Exception {
    DirectoryStore registry = new DirectoryStore(folder.resolve("registry"));
    String spec = Artefacts.builtIn("specs/default.yaml");
    Bundle second = put(registry, "second", 8, spec);
    Bundle third = put(registry, "third", 9, FeatureSpec.joined(spec, ADDED));
    Bundle fourth = put(registry, "fourth", 10, spec);
    List<Deployment> all =
        List.of(
            activated("d1", ArtefactKind.MODEL, Alias.CHAMPION, second.digest(), 0).build(),
            activated("d2", ArtefactKind.RULE_SET, Alias.CHAMPION, rules(registry, "300"), 0)
                .build(),
            activated("d3", ArtefactKind.MODEL, Alias.CHALLENGER, third.digest(), 4_000)
                .setFeatureSpec(third.featureSpec())
                .build(),
            activated("d4", ArtefactKind.RULE_SET, Alias.CHAMPION, rules(registry, "900"), 0)
                .build(),
            activated("d5", ArtefactKind.MODEL, Alias.CHAMPION, fourth.digest(), 0).build());
    Codec<Deployment> deployments = Codec.of(Deployment.class);
    for (int i = 0; i < all.size(); i++) {
      tick(producer, START_MS + (4 + 4 * i) * DAY_MS + 12_345_678);
      send(producer, deployments.encode(all.get(i)));
    }
    tick(producer, START_MS + 400 * DAY_MS);
    producer.flush();
  }

  private static void tick(Producer<byte[], byte[]> producer, long clockMs) {
    send(producer, Codec.of(Tick.class).encode(new Tick(clockMs, "test")));
  }

  @SuppressWarnings("FutureReturnValueIgnored") // What is missing shows in the decisions.
  private static void send(Producer<byte[], byte[]> producer, byte[] value) {
    producer.send(new ProducerRecord<>(Topics.CONTROL, 0, null, value));
  }

  private static Bundle put(DirectoryStore registry, String name, long seed, String spec)
      throws Exception {
    Bundle bundle = Bundle.read(HundredFeatures.bundle(folder.resolve(name), name, seed, "", spec));
    registry.put(Kind.MODEL, name, bundle.toZip());
    return bundle;
  }

  private static String rules(DirectoryStore registry, String amount) throws Exception {
    String text =
        Artefacts.builtIn("rules/basic.yaml").replace("amount > 5000", "amount > " + amount);
    return registry.put(
        Kind.RULE_SET, "rules", text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private static Deployment.Builder activated(
      String id, ArtefactKind kind, Alias alias, String digest, int share) {
    return Deployment.newBuilder()
        .setDeploymentId(id)
        .setStatus(DeploymentStatus.ACTIVATED)
        .setRequestId("request-" + id)
        .setKind(kind)
        .setAlias(alias)
        .setName("artefact")
        .setVersion("1")
        .setDigest(digest)
        .setEffectiveAt(0)
        .setShareBasisPoints(share);
  }

  /** Every fourth label is withdrawn an hour later, every eighth said again an hour after that. */
  private static final class Corrected implements Iterator<Ingested> {
    private final Iterator<Ingested> stream;
    private final ArrayDeque<Ingested> ready = new ArrayDeque<>();
    private final PriorityQueue<Label> later =
        new PriorityQueue<>(Comparator.comparingLong(Label::getLabelTime));
    private int labels;

    Corrected(Iterator<Ingested> stream) {
      this.stream = stream;
    }

    @Override
    public boolean hasNext() {
      return !ready.isEmpty() || stream.hasNext();
    }

    @Override
    public Ingested next() {
      if (!ready.isEmpty()) {
        return ready.remove();
      }
      Ingested next = stream.next();
      long nowMs = Long.MIN_VALUE;
      if (next instanceof Ingested.LabelRow row) {
        nowMs = row.label().getLabelTime();
        labels++;
        if (labels % 4 == 0) {
          later.add(again(row.label(), LabelValue.WITHDRAWN, 1));
        }
        if (labels % 8 == 0) {
          later.add(again(row.label(), row.label().getValue(), 2));
        }
      } else if (next instanceof Ingested.TransactionRow row) {
        nowMs = row.transaction().getEventTime();
      }
      while (!later.isEmpty() && later.element().getLabelTime() < nowMs) {
        ready.add(new Ingested.LabelRow(later.remove()));
      }
      ready.add(next);
      return ready.remove();
    }

    private static Label again(Label label, LabelValue value, int hours) {
      return Label.newBuilder(label)
          .setLabelId(label.getLabelId() + "-" + hours)
          .setValue(value)
          .setLabelTime(label.getLabelTime() + hours * 3_600_000L)
          .build();
    }
  }

  private static void decide(
      LocalStack stack, DataDir data, Path first, Publisher.Published published) throws Exception {
    Map<String, String> more = new TreeMap<>();
    more.put("vigil.control.registry", folder.resolve("registry").toString());
    more.put("vigil.control.job-keys", ""); // The records of this log are not signed.
    more.put("vigil.state.checkpoint-interval", "2 s");
    Map<String, String> artefacts = Map.of("bundle", first.toString(), "rules", "basic");
    long spanMs = published.lastEventTimeMs() - published.firstEventTimeMs();
    JobSettings settings =
        new JobSettings(false, 2, "250 ms", null, 0, artefacts, false, more)
            .forHistory(published.transactions(), spanMs);
    ChildProcess job = JobOptions.start(stack, settings);
    JobOptions.run(stack, job, settings);
    try (TopicCursor cursor = new TopicCursor(stack.bootstrap(), Topics.DECISIONS)) {
      long[] seen = {0};
      while (seen[0] < published.transactions() / 3 && job.isAlive()) {
        cursor.readToEnd(entry -> seen[0]++);
        Thread.sleep(50);
      }
    }
    assertThat(job.handle().destroyForcibly()).isTrue();
    assertThat(job.awaitExit(Duration.ofSeconds(10))).isEqualTo(128 + 9);
    JobSettings other =
        new JobSettings(false, 3, "250 ms", 32, 0, artefacts, true, settings.extra());
    ChildProcess second = JobOptions.start(stack, other);
    JobOptions.run(stack, second, other);
    assertThat(second.awaitExit(MOST)).as(() -> "resumed: " + second.lastError()).isZero();
  }

  private static List<Decision> sample(ArchiveFolder archive, int count) throws Exception {
    Random random = new Random(4);
    List<Decision> sample = new ArrayList<>();
    long[] number = {0};
    int[] models = {0};
    for (var files : archive.files(DecisionIndex.KIND).values()) {
      for (var file : files) {
        archive.read(
            file,
            Decision.class,
            decision -> {
              number[0]++;
              models[0] += decision.getLate() ? 1 : 0;
              // Reservoir sampling: each is kept with the same probability.
              if (sample.size() < count) {
                sample.add(Decision.newBuilder(decision).build());
              } else {
                long at = random.nextLong(number[0]);
                if (at < count) {
                  sample.set((int) at, Decision.newBuilder(decision).build());
                }
              }
            });
      }
    }
    assertThat(models[0]).as("late").isGreaterThan(100);
    return sample;
  }

  private static Map<String, Object> oneThread(ArchiveFolder archive) throws Exception {
    NavigableSet<LocalDate> days = archive.files(DecisionIndex.KIND).navigableKeySet();
    ArchiveFolder again = ArchiveFolder.of(folder.resolve("one-thread").toString());
    PeriodReport report = new PeriodReport(archive, again, folder.resolve("tmp"), false);
    report.oneThread(
        new PeriodReplay.Settings(days.first(), days.last(), again, false, true, WhatIf.NOTHING),
        records -> {});
    Map<String, Object> json = report.json();
    assertThat(json.get("differing")).as(() -> json.toString()).isEqualTo(0L);
    assertThat(new Snapshots(archive).days().size()).isGreaterThan(20);
    return json;
  }

  /**
   * This process may not pin the code paths of the job: then the last bits of scores may differ.
   */
  @SuppressWarnings("SystemOut")
  private static void singles(ArchiveFolder archive, List<Decision> sample) throws Exception {
    double[] seconds = new double[sample.size()];
    int same = 0;
    int otherEngine = 0;
    for (int i = 0; i < sample.size(); i++) {
      Decision recorded = sample.get(i);
      long start = System.nanoTime();
      ReplayedDecision replayed =
          ReplayedDecision.of(archive, folder.resolve("tmp"), recorded, true, WhatIf.NOTHING);
      seconds[i] = (System.nanoTime() - start) / 1e9;
      Decision made = replayed.recomputed();
      boolean pinned = made.getEngineClass().equals(recorded.getEngineClass());
      same += replayed.same() ? 1 : 0;
      otherEngine += pinned ? 0 : 1;
      assertThat(made.getFeatures()).isEqualTo(recorded.getFeatures());
      assertThat(made.getRuleHits()).isEqualTo(recorded.getRuleHits());
      assertThat(made.getModel()).isEqualTo(recorded.getModel());
      assertThat(replayed.same() || !pinned).as(() -> replayed.differences().toString()).isTrue();
    }
    Arrays.sort(seconds);
    System.out.printf(
        "singles %d: %d bit-equal, %d scored by another engine class; median %.2f s, p95 %.2f s,"
            + " most %.2f s%n",
        seconds.length,
        same,
        otherEngine,
        seconds[seconds.length / 2],
        seconds[seconds.length * 95 / 100],
        seconds[seconds.length - 1]);
    assertThat(same + otherEngine).isGreaterThanOrEqualTo(sample.size());
    assertThat(Files.exists(folder.resolve("data/archive/snapshots"))).isTrue();
  }
}
