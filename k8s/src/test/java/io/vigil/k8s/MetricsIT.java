package io.vigil.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.JobOptions;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalMetrics;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.Topics;
import io.vigil.model.approval.SigningKeys;
import io.vigil.schema.FactValue;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real broker, job and console, asked what they export: every metric of the catalogue, of the
 * dashboards and of the alert rules is there. And their logs, which tell of no account, card or
 * device.
 */
@Tag("slow")
class MetricsIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String CANARY = "canary";
  private static final String CARD = "ca4a".repeat(16);

  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void everythingThatIsReferredToIsExportedAndNobodyIsLogged(@TempDir Path directory)
      throws Exception {
    int port = freePort();
    Map<String, String> options = new HashMap<>(LocalMetrics.options(port));
    KeyPair proof = SigningKeys.generate();
    Path key = directory.resolve("proof.key");
    Files.writeString(key, SigningKeys.privatePem(proof.getPrivate()));
    options.put("vigil.proof.key", key.toString());
    options.put("vigil.proof.origin", "test/metrics");
    options.put("vigil.state.checkpoint-interval", "2 s");
    options.put("vigil.trace.one-in", "1");
    JobSettings settings =
        new JobSettings(true, 2, "250ms", null, 0, Map.of("rules", "basic"), false, options);
    try (DataDir data = DataDir.open(directory.resolve("stack"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage)) {
      ChildProcess job = JobOptions.start(stack, settings);
      JobOptions.run(stack, job, settings);
      String page = stack.startConsole(0).url() + "health";
      http.send(
          HttpRequest.newBuilder(URI.create(page)).build(), HttpResponse.BodyHandlers.discarding());
      int good = feed(stack.bootstrap());

      String exported =
          await(
              port,
              text ->
                  sum(text, "vigil_decisions_by_outcome_total") >= good
                      && sum(text, "vigil_dead_letters_total") >= 3
                      && profilesAreLate(text)
                      && sum(text, "flink_jobmanager_job_numberOfCompletedCheckpoints") >= 2
                      && names(text).containsAll(always("flink_")));
      String console =
          await(
              port + 1,
              text ->
                  sum(text, "vigil_console_cases") >= 1
                      && names(text).containsAll(always("vigil_console_")));
      Files.writeString(Path.of("target", "exported.txt"), exported + console);

      Set<String> names = names(exported);
      names.addAll(names(console));
      assertThat(names).containsAll(Exported.always());
      assertThat(exported).doesNotContain(CANARY);
      assertThat(console).doesNotContain(CANARY);
      for (Path log : logs(data)) {
        assertThat(log)
            .content(StandardCharsets.UTF_8)
            .as(log.toString())
            .doesNotContain(CANARY, CARD);
      }
      assertThat(data.logs().resolve("job.log"))
          .content(StandardCharsets.UTF_8)
          .contains("a transaction's way: transaction=good-1 ");
    }
  }

  /** Of the kind that it is: old master data raise no alert about late payments. */
  private static boolean profilesAreLate(String text) {
    return text.lines()
        .anyMatch(
            line ->
                line.contains("vigil_late_by_kind_total")
                    && line.contains("kind=\"profile\"")
                    && !line.endsWith(" 0.0"));
  }

  /** Payments, repeats, conflicts and what cannot be read; returns how many must be decided. */
  private static int feed(String bootstrap) throws Exception {
    Codec<Transaction> codec = Codec.of(Transaction.class);
    long nowMs = System.currentTimeMillis();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      int good = 200;
      for (int i = 1; i <= good; i++) {
        send(
            producer, codec.encode(payment("good-" + i, nowMs + i, i % 20 == 0 ? 900_000 : 1_000)));
      }
      send(producer, codec.encode(payment("good-1", nowMs + 1, 1_000)));
      send(producer, codec.encode(payment("good-1", nowMs + 1, 5_000)));
      send(producer, codec.encode(payment("ahead", nowMs + 86_400_000, 1_000)));
      send(producer, (CANARY + "-that no codec reads").getBytes(StandardCharsets.UTF_8));
      for (long timeMs : new long[] {nowMs, nowMs - 86_400_000}) {
        producer
            .send(new ProducerRecord<>(Topics.PROFILES, 0, null, profile("p-" + timeMs, timeMs)))
            .get();
      }
      send(producer, codec.encode(payment("last", System.currentTimeMillis(), 1_000)));
      return good + 1;
    }
  }

  private static byte[] profile(String id, long timeMs) {
    Profile profile =
        Profile.newBuilder()
            .setProfileId(id)
            .setEventTime(timeMs)
            .setEntity("customer")
            .setEntityId(CANARY + "-customer")
            .setFacts(Map.of("segment", new FactValue(null, "gold")))
            .build();
    return Codec.of(Profile.class).encode(profile);
  }

  private static void send(KafkaProducer<byte[], byte[]> producer, byte[] value) throws Exception {
    producer
        .send(
            new ProducerRecord<>(
                Topics.TRANSACTIONS, 0, (CANARY + "-key").getBytes(StandardCharsets.UTF_8), value))
        .get();
  }

  private static Transaction payment(String id, long timeMs, long amountMinor) {
    return Transaction.newBuilder()
        .setTransactionId(id)
        .setEventTime(timeMs)
        .setAccount(CANARY + "-account")
        .setCard(CARD)
        .setDevice(CANARY + "-device")
        .setCounterparty(CANARY + "-counterparty")
        .setCustomer(CANARY + "-customer")
        .setMerchant("merchant")
        .setAmountMinor(amountMinor)
        .setCurrency("EUR")
        .setBillingAmountMinor(amountMinor)
        .setBillingCurrency("EUR")
        .build();
  }

  private String await(int port, Predicate<String> enough) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String last = "";
    while (System.nanoTime() < deadline) {
      try {
        last =
            http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .body();
        if (enough.test(last)) {
          return last;
        }
      } catch (IOException e) {
        // It does not listen yet.
      }
      Thread.sleep(500);
    }
    throw new AssertionError("not shown within " + PATIENCE + "; the last was " + last);
  }

  private static double sum(String text, String name) {
    return text.lines()
        .filter(line -> !line.startsWith("#") && line.contains(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Some show only once a first fetch or poll has come back, so they are waited for. */
  private static Set<String> always(String prefix) {
    Set<String> names = new TreeSet<>(Exported.always());
    names.removeIf(name -> !name.startsWith(prefix));
    return names;
  }

  private static Set<String> names(String text) {
    Set<String> names = new TreeSet<>();
    text.lines()
        .filter(line -> !line.startsWith("#") && !line.isBlank())
        .forEach(line -> names.add(line.split("[{ ]", 2)[0]));
    return names;
  }

  private static List<Path> logs(DataDir data) throws IOException {
    try (Stream<Path> files = Files.list(data.logs())) {
      return files.filter(file -> file.toString().endsWith(".log")).toList();
    }
  }

  /** Free, and the next one too. */
  private static int freePort() throws IOException {
    while (true) {
      try (ServerSocket first = new ServerSocket(0);
          ServerSocket second = new ServerSocket(first.getLocalPort() + 1)) {
        return second.getLocalPort() - 1;
      } catch (java.net.BindException e) {
        // The neighbour is taken: another pair.
      }
    }
  }
}
