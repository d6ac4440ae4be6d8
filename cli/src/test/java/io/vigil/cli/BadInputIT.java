package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.ingest.Publisher;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.cli.result.Tally;
import io.vigil.job.Topics;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.Receipt;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.RecordKind;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What producers can do wrong, against the real broker and the real job. */
@Tag("slow")
class BadInputIT {

  /** Test numbers of the card networks. */
  private static final String PAN = "4111111111111111";

  private static final String GROUPED_PAN = "5555 5555 5555 4444";
  private static final String UNRATED = "KWD";
  private static final int PARTITIONS = 4;
  private static final int HOUR_MS = 3_600_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> OUTPUTS =
      List.of(Topics.DECISIONS, Topics.CASES, Topics.RECEIPTS, Topics.DEAD_LETTERS, Topics.ACTIONS);

  private final Path directory;
  private final Codec<Transaction> codec = Codec.of(Transaction.class);
  private final List<String> features =
      FeaturePlan.compile(FeatureSpec.read(Bundle.builtIn("default").featureSpec(), "default"))
          .names();

  BadInputIT(@TempDir Path directory) {
    this.directory = directory;
  }

  /** One record that must become a dead letter. */
  private record Bad(String reason, byte[] value) {}

  /** A plain producer, one record at a time. */
  private static final class Feed implements AutoCloseable {
    private final KafkaProducer<byte[], byte[]> producer;

    Feed(String bootstrap) {
      producer =
          new KafkaProducer<>(
              Map.of(
                  ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                  bootstrap,
                  ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                  16 << 20),
              new ByteArraySerializer(),
              new ByteArraySerializer());
    }

    /** Returns the origin of the record. */
    String send(String key, byte @Nullable [] value)
        throws InterruptedException, ExecutionException {
      RecordMetadata written =
          producer
              .send(
                  new ProducerRecord<>(
                      Topics.TRANSACTIONS, key.getBytes(StandardCharsets.UTF_8), value))
              .get();
      return Tally.origin(written.topic(), written.partition(), written.offset());
    }

    @Override
    public void close() {
      producer.close();
    }
  }

  /** What became of the transactions, by origin, and all the bytes in the output topics. */
  private static final class Results {
    private final Map<String, Decision> decisions = new TreeMap<>();
    private final Map<String, DeadLetter> deadLetters = new TreeMap<>();
    private final Map<String, Receipt> duplicates = new TreeMap<>();
    private final List<byte[]> bytes = new ArrayList<>();
    private int decisionRecords;

    private final Codec<Decision> decisionCodec = Codec.of(Decision.class);
    private final Codec<DeadLetter> letterCodec = Codec.of(DeadLetter.class);
    private final Codec<Receipt> receiptCodec = Codec.of(Receipt.class);

    Results(String bootstrap) {
      try (TopicReader reader = new TopicReader(bootstrap, OUTPUTS)) {
        reader.read(
            false,
            entry -> {
              bytes.add(entry.value());
              if (entry.key() != null) {
                bytes.add(entry.key());
              }
              try {
                add(entry.topic(), entry.value());
              } catch (DecodeException e) {
                throw new AssertionError(entry.topic() + "@" + entry.offset(), e);
              }
              return true;
            });
      }
    }

    private void add(String topic, byte[] value) throws DecodeException {
      switch (topic) {
        case Topics.DECISIONS -> {
          Decision d = decisionCodec.decode(value);
          decisionRecords++;
          decisions.putIfAbsent(
              Tally.origin(d.getSourceTopic(), d.getSourcePartition(), d.getSourceOffset()), d);
        }
        case Topics.DEAD_LETTERS -> {
          DeadLetter d = letterCodec.decode(value);
          deadLetters.putIfAbsent(
              Tally.origin(d.getSourceTopic(), d.getSourcePartition(), d.getSourceOffset()), d);
        }
        case Topics.RECEIPTS -> {
          Receipt r = receiptCodec.decode(value);
          if (r.getKind() == RecordKind.TRANSACTION) {
            assertThat(r.getOutcome()).isEqualTo(ReceiptOutcome.DUPLICATE);
            duplicates.putIfAbsent(
                Tally.origin(r.getSourceTopic(), r.getSourcePartition(), r.getSourceOffset()), r);
          }
        }
        default -> {
          // Alerts: only their bytes are looked at.
        }
      }
    }

    Set<String> settled() {
      Set<String> settled = new TreeSet<>(decisions.keySet());
      settled.addAll(deadLetters.keySet());
      settled.addAll(duplicates.keySet());
      return settled;
    }

    Decision decision(String id) {
      return decisions.values().stream()
          .filter(d -> d.getTransaction().getTransactionId().equals(id))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no decision of " + id));
    }
  }

  /**
   * Records whose event time lies an hour ahead reach no clock: what everybody else gets is what
   * they get without them. Bounded runs, so that nothing but the log decides.
   */
  @Test
  void aProducersFastClockRetimesNobodyElse() throws Exception {
    long startMs = System.currentTimeMillis() - HOUR_MS;
    Map<String, byte[]> without = bounded("without", startMs, false);
    Map<String, byte[]> with = bounded("with", startMs, true);

    assertThat(with.keySet()).isEqualTo(without.keySet());
    with.forEach((id, bytes) -> assertThat(bytes).as(id).isEqualTo(without.get(id)));
  }

  /** Decisions by id, their offsets and append times left out; some of the records are late. */
  private Map<String, byte[]> bounded(String name, long startMs, boolean fastClock)
      throws Exception {
    Random random = new Random(7);
    int records = 300;
    Set<String> fast = new HashSet<>();
    try (DataDir data = DataDir.open(directory.resolve(name));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage)) {
      try (Feed feed = new Feed(stack.bootstrap())) {
        for (int i = 0; i < records; i++) {
          String account = "account-" + random.nextInt(8);
          long timeMs = startMs + i * 100L - random.nextInt(2_000);
          feed.send(account, codec.encode(payment("paid-" + i, account, timeMs)));
          if (fastClock && i % 10 == 5) {
            // The same account and merchant, so that any trace of it would show.
            long aheadMs = System.currentTimeMillis() + HOUR_MS;
            fast.add(feed.send(account, codec.encode(payment("fast-" + i, account, aheadMs))));
          }
        }
      }
      JobSettings settings =
          new JobSettings(false, 2, "250ms", null, 0, Map.of(), false, Map.of())
              .forHistory(records, records * 100L);
      ChildProcess job = JobOptions.start(stack, settings);
      JobOptions.run(stack, job, settings);
      assertThat(job.awaitExit(PATIENCE)).as(job.log().toString()).isEqualTo(0);

      Results results = new Results(stack.bootstrap());
      assertThat(results.deadLetters.keySet()).isEqualTo(new TreeSet<>(fast));
      assertThat(results.deadLetters.values())
          .extracting(DeadLetter::getReason)
          .allMatch("event_time_in_future"::equals);
      assertThat(results.decisions).hasSize(records);
      assertThat(results.decisions.values()).extracting(Decision::getLate).contains(true, false);
      Codec<Decision> decisionCodec = Codec.of(Decision.class);
      Map<String, byte[]> byId = new TreeMap<>();
      for (Decision decision : results.decisions.values()) {
        decision.setSourceOffset(0);
        decision.setAppendTime(0);
        byId.put(decision.getTransaction().getTransactionId(), decisionCodec.encode(decision));
      }
      return byId;
    }
  }

  @Test
  void aLiveJobSurvivesBadInputAndAHeldBackPartition() throws Exception {
    try (DataDir data = DataDir.open(directory.resolve("live"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage);
        Feed feed = new Feed(stack.bootstrap())) {
      data.announce(Map.of("bootstrap", stack.bootstrap()));
      JobSettings settings = live(Map.of(), false);
      ChildProcess job = JobOptions.start(stack, settings);
      String web = JobOptions.run(stack, job, settings);

      Set<String> sent = everythingIsAccountedFor(feed, stack.bootstrap(), job);
      lateRecordsKeepTheirEventTimes(feed, stack.bootstrap(), job, sent);
      assertNoRestart(web);
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

  private Set<String> everythingIsAccountedFor(Feed feed, String bootstrap, ChildProcess job)
      throws Exception {
    Map<String, String> good = new LinkedHashMap<>();
    Map<String, Bad> bad = new LinkedHashMap<>();
    int number = 0;
    for (Bad one : badRecords()) {
      for (int i = 0; i < 3; i++, number++) {
        String id = "good-" + number;
        String account = "account-" + number % 5;
        good.put(id, feed.send(account, encoded(payment(id, account, now()))));
      }
      bad.put(feed.send("account-" + number % 5, one.value), one);
    }
    bad.put(feed.send("account-1", null), new Bad("not_avro", new byte[0]));
    Transaction card = payment("bad-account", PAN, now());
    bad.put(feed.send(PAN, encoded(card)), new Bad("card_number_in_clear", encoded(card)));

    Transaction repeated = payment("repeated", "account-2", now());
    Set<String> copies = new TreeSet<>();
    String first = feed.send("account-2", encoded(repeated));
    good.put("repeated", first);
    for (int i = 0; i < 4; i++) {
      copies.add(feed.send("account-2", encoded(repeated)));
    }
    Transaction other = payment("repeated", "account-2", repeated.getEventTime() + 1);
    other.setBillingAmountMinor(1);
    bad.put(feed.send("account-2", encoded(other)), new Bad("conflict", encoded(other)));

    Set<String> sent = new TreeSet<>(good.values());
    sent.addAll(bad.keySet());
    sent.addAll(copies);
    Results results = await(bootstrap, job, sent);

    assertThat(results.decisions.keySet()).isEqualTo(new TreeSet<>(good.values()));
    assertThat(results.duplicates.keySet()).isEqualTo(copies);
    assertThat(results.duplicates.values()).allMatch(r -> first.equals(r.getDuplicateOf()));
    Map<String, String> reasons = new TreeMap<>();
    bad.forEach((origin, one) -> reasons.put(origin, one.reason));
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
              .isEqualTo(holdsCardNumber(one.value));
          assertThat(Arrays.equals(kept, letter.getMasked() ? starred(one.value, kept) : one.value))
              .as("bytes of %s", letter.getMessage())
              .isTrue();
          assertThat(holdsCardNumber(kept)).as(letter.getMessage()).isFalse();
        });
    return sent;
  }

  private List<Bad> badRecords() {
    byte[] random = new byte[200];
    new Random(5).nextBytes(random);
    byte[] whole = encoded(payment("bad-cut", "account-0", now()));
    byte[] unknown = whole.clone();
    unknown[5] ^= 0x55;
    List<Bad> bad = new ArrayList<>();
    bad.add(new Bad("not_avro", random));
    bad.add(new Bad("not_avro", new byte[0]));
    bad.add(new Bad("truncated", Arrays.copyOf(whole, whole.length - 20)));
    bad.add(new Bad("unknown_schema", unknown));

    Transaction t = payment("bad-negative", "account-0", now());
    t.setBillingAmountMinor(-1);
    bad.add(new Bad("amount_out_of_range", encoded(t)));
    t = payment("bad-absurd", "account-0", now());
    t.setAmountMinor(Long.MAX_VALUE);
    bad.add(new Bad("amount_out_of_range", encoded(t)));
    t = payment("bad-currency", "account-0", now());
    t.setBillingCurrency("QQQ");
    bad.add(new Bad("unknown_currency", encoded(t)));
    t = payment("unrated", "account-0", now());
    t.setBillingCurrency(UNRATED);
    bad.add(new Bad("currency_without_rate", encoded(t)));
    bad.add(new Bad("event_time_out_of_range", encoded(payment("bad-1970", "account-0", 0))));
    bad.add(
        new Bad(
            "event_time_in_future", encoded(payment("bad-2100", "account-0", 4_102_444_800_000L))));
    bad.add(new Bad("missing_account", encoded(payment("bad-nobody", "", now()))));
    bad.add(new Bad("too_large", encoded(noted("bad-large", "x".repeat(10 << 20)))));
    t = payment("bad-merchant", "account-0", now());
    t.setMerchant(PAN);
    bad.add(new Bad("card_number_in_clear", encoded(t)));
    // Among them texts of 24 to 28 characters, whose length stands before them as an ASCII digit.
    for (String text :
        List.of(
            PAN,
            "paid with " + GROUPED_PAN,
            "2025 " + GROUPED_PAN,
            PAN + " exp 9/28",
            PAN + " exp 12/28",
            GROUPED_PAN + " 9/2028")) {
      bad.add(new Bad("card_number_in_clear", encoded(noted("bad-note", text))));
    }
    return bad;
  }

  /**
   * While the partition is held back the ticker lets its clock run: what is released takes effect
   * when it comes, and is reckoned by when it took place.
   */
  private void lateRecordsKeepTheirEventTimes(
      Feed feed, String bootstrap, ChildProcess job, Set<String> sent) throws Exception {
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
      sent.add(feed.send(account, encoded(payment("free-" + i, account, now()))));
      Thread.sleep(250);
    }
    long[] afterMs = {0, 1_500, 3_250};
    for (int i = 0; i < afterMs.length; i++) {
      sent.add(feed.send(held, encoded(payment("held-" + i, held, startMs + afterMs[i]))));
    }
    Results results = await(bootstrap, job, sent);

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
            + "  - {currency: %s, from: 1970-01-01, rate: \"2.95\"}%n".formatted(UNRATED));
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
    assertNoRestart(web);
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

  private static Results await(String bootstrap, ChildProcess job, Set<String> sent)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Results results = new Results(bootstrap);
      Set<String> settled = results.settled();
      if (settled.containsAll(sent)) {
        assertThat(settled).isEqualTo(sent);
        // One end each: nothing is both decided and a dead letter.
        assertThat(
                results.decisions.size() + results.deadLetters.size() + results.duplicates.size())
            .isEqualTo(sent.size());
        return results;
      }
      assertThat(job.isAlive()).as(job.log().toString()).isTrue();
      Set<String> missing = new TreeSet<>(sent);
      missing.removeAll(settled);
      assertThat(System.nanoTime())
          .as("neither decided nor dead: %s", missing)
          .isLessThan(deadline);
      Thread.sleep(200);
    }
  }

  private static void assertNoRestart(String web) throws IOException, InterruptedException {
    JsonNode job = get(web + "/jobs/overview").get("jobs").get(0);
    assertThat(job.get("state").asText()).isEqualTo("RUNNING");
    JsonNode failures = get(web + "/jobs/" + job.get("jid").asText() + "/exceptions");
    assertThat(failures.get("exceptionHistory").get("entries")).as(failures.toString()).isEmpty();
  }

  private static JsonNode get(String address) throws IOException, InterruptedException {
    return new ObjectMapper()
        .readTree(
            HttpClient.newHttpClient()
                .send(
                    HttpRequest.newBuilder(URI.create(address)).build(),
                    HttpResponse.BodyHandlers.ofString())
                .body());
  }

  private static void assertNoCardNumber(Results results, DataDir data) throws IOException {
    List<byte[]> all = new ArrayList<>(results.bytes);
    try (Stream<Path> logs = Files.list(data.logs())) {
      for (Path log : logs.toList()) {
        all.add(Files.readAllBytes(log));
      }
    }
    for (byte[] one : all) {
      assertThat(holdsCardNumber(one))
          .as("a card number in the clear: %.300s", new String(one, StandardCharsets.ISO_8859_1))
          .isFalse();
    }
  }

  private static boolean holdsCardNumber(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    return text.contains(PAN) || text.contains(GROUPED_PAN);
  }

  /** The bytes with '*' for those digits, and no other bytes, that have one in the copy. */
  private static byte[] starred(byte[] value, byte[] copy) {
    byte[] starred = value.clone();
    for (int i = 0; i < Math.min(value.length, copy.length); i++) {
      if (copy[i] == '*' && value[i] >= '0' && value[i] <= '9') {
        starred[i] = '*';
      }
    }
    return starred;
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

  private byte[] encoded(Transaction transaction) {
    return codec.encode(transaction);
  }

  private static Transaction noted(String id, String note) {
    Transaction transaction = payment(id, "account-0", now());
    transaction.setAttributes(Map.of("note", note));
    return transaction;
  }

  /** A payment of 10,000 minor units at the one merchant. */
  private static Transaction payment(String id, String account, long timeMs) {
    return Transaction.newBuilder()
        .setTransactionId(id)
        .setEventTime(timeMs)
        .setAccount(account)
        .setMerchant("merchant")
        .setAmountMinor(10_000)
        .setCurrency("EUR")
        .setBillingAmountMinor(10_000)
        .setBillingCurrency("EUR")
        .build();
  }

  private static long now() {
    return System.currentTimeMillis();
  }
}
