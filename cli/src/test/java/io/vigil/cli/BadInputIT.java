package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.ingest.Publisher;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What producers can do wrong, against the real broker and the real job. */
@Tag("slow")
class BadInputIT {

  private static final int PARTITIONS = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path directory;
  private final List<String> features =
      FeaturePlan.compile(FeatureSpec.read(Bundle.builtIn("default").featureSpec(), "default"))
          .names();

  BadInputIT(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void aLiveJobSurvivesBadInputAndAHeldBackPartition() throws Exception {
    try (DataDir data = DataDir.open(directory.resolve("live"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage);
        PlainFeed feed = new PlainFeed(stack.bootstrap())) {
      data.announce(Map.of("bootstrap", stack.bootstrap()));
      JobSettings settings = live(Map.of(), false);
      ChildProcess job = JobOptions.start(stack, settings);
      String web = JobOptions.run(stack, job, settings);

      Set<String> sent = everythingIsAccountedFor(feed, stack.bootstrap(), job);
      lateRecordsKeepTheirEventTimes(feed, stack.bootstrap(), job, sent);
      new FlinkWeb(web).assertNoRestart();
      replayedAfterAFix(stack, data, job, sent);

      Results results = new Results(stack.bootstrap());
      assertNoCardNumber(results, data);
      assertThat(results.decisionRecords).isEqualTo(results.decisions.size());
    }
  }

  private static JobSettings live(Map<String, String> artefacts, boolean resume) {
    return new JobSettings(
        true,
        2,
        "250ms",
        null,
        0,
        artefacts,
        resume,
        Map.of("vigil.scoring.deadline", "0 ms", "vigil.state.checkpoint-interval", "2 s"));
  }

  private Set<String> everythingIsAccountedFor(PlainFeed feed, String bootstrap, ChildProcess job)
      throws Exception {
    Map<String, String> good = new LinkedHashMap<>();
    Map<String, BadRecord> bad = new LinkedHashMap<>();
    int number = 0;
    for (BadRecord one : BadRecord.all()) {
      for (int i = 0; i < 3; i++, number++) {
        String id = "good-" + number;
        String account = "account-" + number % 5;
        good.put(id, feed.send(PlainFeed.payment(id, account, now())));
      }
      bad.put(feed.send("account-" + number % 5, one.value()), one);
    }
    bad.put(feed.send("account-1", null), new BadRecord("not_avro", new byte[0]));
    Transaction card = PlainFeed.payment("bad-account", BadRecord.PAN, now());
    bad.put(
        feed.send(BadRecord.PAN, BadRecord.encoded(card)),
        new BadRecord("card_number_in_clear", BadRecord.encoded(card)));

    Transaction repeated = PlainFeed.payment("repeated", "account-2", now());
    Set<String> copies = new TreeSet<>();
    String first = feed.send(repeated);
    good.put("repeated", first);
    for (int i = 0; i < 4; i++) {
      copies.add(feed.send(repeated));
    }
    Transaction other = PlainFeed.payment("repeated", "account-2", repeated.getEventTime() + 1);
    other.setBillingAmountMinor(1);
    bad.put(feed.send(other), new BadRecord("conflict", BadRecord.encoded(other)));

    Set<String> sent = new TreeSet<>(good.values());
    sent.addAll(bad.keySet());
    sent.addAll(copies);
    Results results = Results.await(bootstrap, job, sent);

    assertThat(results.decisions.keySet()).isEqualTo(new TreeSet<>(good.values()));
    assertThat(results.duplicates.keySet()).isEqualTo(copies);
    assertThat(results.duplicates.values()).allMatch(r -> first.equals(r.getDuplicateOf()));
    Map<String, String> reasons = new TreeMap<>();
    bad.forEach((origin, one) -> reasons.put(origin, one.reason()));
    Map<String, String> given = new TreeMap<>();
    results.deadLetters.forEach((origin, letter) -> given.put(origin, letter.getReason()));
    assertThat(given).isEqualTo(reasons);
    assertThat(sent).hasSize(good.size() + bad.size() + copies.size());
    bad.forEach(
        (origin, one) -> {
          DeadLetter letter = results.deadLetters.get(origin);
          assertThat(letter).isNotNull();
          byte[] kept = bytes(letter.getValue());
          assertThat(letter.getMasked())
              .as(letter.getMessage())
              .isEqualTo(BadRecord.holdsCardNumber(one.value()));
          assertThat(
                  Arrays.equals(
                      kept,
                      letter.getMasked() ? BadRecord.starred(one.value(), kept) : one.value()))
              .as("bytes of %s", letter.getMessage())
              .isTrue();
          assertThat(BadRecord.holdsCardNumber(kept)).as(letter.getMessage()).isFalse();
        });
    return sent;
  }

  /**
   * While the partition is held back the ticker lets its clock run: what is released takes effect
   * when it comes, and is reckoned by when it took place.
   */
  private void lateRecordsKeepTheirEventTimes(
      PlainFeed feed, String bootstrap, ChildProcess job, Set<String> sent) throws Exception {
    String held = "held-0";
    int partition = Publisher.partition(held, PARTITIONS);
    List<String> others =
        Stream.iterate(0, i -> i + 1)
            .map(i -> "free-" + i)
            .filter(account -> Publisher.partition(account, PARTITIONS) != partition)
            .limit(6)
            .toList();
    long startMs = now();
    for (int i = 0; i < 20; i++) {
      String account = others.get(i % others.size());
      sent.add(feed.send(PlainFeed.payment("free-" + i, account, now())));
      Thread.sleep(250);
    }
    long[] afterMs = {0, 1_500, 3_250};
    for (int i = 0; i < afterMs.length; i++) {
      sent.add(feed.send(PlainFeed.payment("held-" + i, held, startMs + afterMs[i])));
    }
    Results results = Results.await(bootstrap, job, sent);

    for (int i = 0; i < afterMs.length; i++) {
      Decision decision = results.decision("held-" + i);
      assertThat(decision.getSourcePartition()).isEqualTo(partition);
      assertThat(decision.getLate()).isTrue();
      assertThat(decision.getTransaction().getEventTime()).isEqualTo(startMs + afterMs[i]);
      assertThat(decision.getEffectiveTime()).isGreaterThan(startMs + afterMs[2]);
      assertThat(feature(decision, "account_count_10m")).isEqualTo(i + 1f);
    }
    assertThat(feature(results.decision("held-1"), "account_elapsed_s")).isEqualTo(1.5f);
    assertThat(feature(results.decision("held-2"), "account_elapsed_s")).isEqualTo(1.75f);
  }

  private void replayedAfterAFix(
      LocalStack stack, DataDir data, ChildProcess before, Set<String> sent) throws Exception {
    // What is read again after the start would be decided by the new rates.
    awaitCheckpointOfEverything(data);
    before.close();
    Path rates = directory.resolve("rates.yaml");
    Files.writeString(
        rates,
        Artefacts.builtIn("rates/default.yaml")
            + "  - {currency: %s, from: 1970-01-01, rate: \"2.95\"}%n"
                .formatted(BadRecord.UNRATED));
    JobSettings settings = live(Map.of("rates", rates.toString()), true);
    ChildProcess job = JobOptions.start(stack, settings);
    String web = JobOptions.run(stack, job, settings);

    assertThat(replay(data)).contains("published again 1, published before 0, refused 0");
    Set<String> settled = new Results(stack.bootstrap()).settled();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (settled.size() == sent.size() && System.nanoTime() < deadline) {
      Thread.sleep(200);
      assertThat(job.isAlive()).as(job.log().toString()).isTrue();
      settled = new Results(stack.bootstrap()).settled();
    }
    assertThat(settled).hasSize(sent.size() + 1).containsAll(sent);
    Results results = new Results(stack.bootstrap());
    Decision decision = results.decision("unrated");
    assertThat(HexFormat.of().formatHex(decision.getRates().bytes()))
        .isEqualTo(Artefacts.digest(Files.readString(rates)));
    // 10.000 dinars of three decimals at 2.95.
    assertThat(feature(decision, "tx_amount")).isEqualTo(29.5f);
    assertThat(replay(data)).contains("published again 0, published before 1, refused 0");
    new FlinkWeb(web).assertNoRestart();
  }

  /** Runs the command in a process of its own, for this one holds the data directory. */
  private String replay(DataDir data) throws InterruptedException, IOException {
    Path logs = Files.createTempDirectory(directory, "replay");
    ChildProcess command =
        ChildProcess.start(
            new ChildProcess.Spec(
                "replay",
                Vigil.class.getName(),
                List.of(
                    "deadletters",
                    "replay",
                    "--reason",
                    "currency_without_rate",
                    "--data",
                    data.path().toString()),
                List.of("-Xmx200m", "-XX:+UseSerialGC"),
                Map.of(),
                logs));
    assertThat(command.awaitExit(PATIENCE)).as(command.log().toString()).isEqualTo(0);
    return Files.readString(command.log());
  }

  /** The second checkpoint from now on: the next may have begun before. */
  private static void awaitCheckpointOfEverything(DataDir data)
      throws IOException, InterruptedException {
    long enough = newestCheckpoint(data) + 2;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (newestCheckpoint(data) < enough) {
      assertThat(System.nanoTime()).as("no checkpoint %d", enough).isLessThan(deadline);
      Thread.sleep(200);
    }
  }

  private static long newestCheckpoint(DataDir data) throws IOException {
    long newest = 0;
    try (Stream<Path> jobs = Files.list(data.state())) {
      for (Path job : jobs.toList()) {
        try (Stream<Path> checkpoints = Files.list(job)) {
          for (Path checkpoint : checkpoints.toList()) {
            String name = checkpoint.getFileName().toString();
            if (name.startsWith("chk-") && Files.exists(checkpoint.resolve("_metadata"))) {
              newest = Math.max(newest, Long.parseLong(name.substring("chk-".length())));
            }
          }
        }
      }
    }
    return newest;
  }

  private static void assertNoCardNumber(Results results, DataDir data) throws IOException {
    List<byte[]> all = new ArrayList<>(results.bytes);
    try (Stream<Path> logs = Files.list(data.logs())) {
      for (Path log : logs.toList()) {
        all.add(Files.readAllBytes(log));
      }
    }
    for (byte[] one : all) {
      assertThat(BadRecord.holdsCardNumber(one))
          .as("a card number in the clear: %.300s", new String(one, StandardCharsets.ISO_8859_1))
          .isFalse();
    }
  }

  private float feature(Decision decision, String name) {
    return decision
        .getFeatures()
        .duplicate()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(features.indexOf(name));
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private static long now() {
    return System.currentTimeMillis();
  }
}
