package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalConsole;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.schema.Channel;
import io.vigil.schema.Decision;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From an alert to a verdict and back into the stream: real broker, job, database and console. */
@Tag("slow")
class ConsoleIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int CASES = 60;

  private final Path directory;
  private final HttpClient http =
      HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
  private String address = "";
  private String csrf = "";

  ConsoleIT(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void aVerdictReachesTheScoringStateAndNoCaseIsLostWhenProcessesAreKilled() throws Exception {
    JobSettings settings =
        new JobSettings(true, 2, "250ms", null, 0, Map.of("rules", "basic"), false, Map.of());
    long postmaster;
    try (DataDir data = DataDir.open(directory.resolve("stack"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage);
        PlainFeed feed = new PlainFeed(stack.bootstrap())) {
      ChildProcess job = JobOptions.start(stack, settings);
      JobOptions.run(stack, job, settings);
      stack.startScoring();
      LocalConsole console = stack.startConsole(0);
      address = console.url();
      signIn(console.passwords().get("analyst"));

      // At noon, in a shop that has customers: a payment like others but for what its till is known
      // for. (They are late by then, which moves when they take effect and nothing else.)
      long noonMs =
          Instant.now().truncatedTo(ChronoUnit.DAYS).minus(12, ChronoUnit.HOURS).toEpochMilli();
      for (int i = 1; i <= 12; i++) {
        feed.send(
            at(noonMs - i * 600_000L, payment("usual-" + i, "buyer-" + i, "till", "shop", 5_000)));
      }
      String large =
          feed.send(at(noonMs - 300_000, payment("large-0", "victim", "till", "shop", 600_000)));
      String earlier = feed.send(at(noonMs, payment("before", "first", "till", "shop", 5_000)));
      JsonNode found = await("/api/queue", answer -> answer.path("cases").size() == 1);
      JsonNode row = found.path("cases").get(0);
      long caseId = row.path("case_id").asLong();
      long version = askWhatIf(caseId, decision(stack, large), data);
      post(
          "/api/verdicts",
          "{\"verdict\":\"fraud\",\"scheme\":\"stolen_card\",\"cases\":[{\"case_id\":%d,\"version\":%d}]}"
              .formatted(caseId, version));

      JsonNode decided =
          await(
              "/api/cases/" + caseId,
              answer -> answer.path("labels").path("in_stream").asInt() == 1);
      long tookMs = decided.path("labels").path("took_ms").asLong();
      System.out.println("from the verdict to the scoring state: " + tookMs + " ms");
      assertThat(tookMs).isBetween(0L, 10_000L);

      String later = feed.send(at(noonMs + 1, payment("after", "second", "till", "shop", 5_000)));
      Decision after = decision(stack, later);
      Decision before = decision(stack, earlier);
      assertThat(feature(before, "terminal_fraud_rate_28d")).isZero();
      assertThat(feature(after, "terminal_fraud_rate_28d")).isPositive();
      assertThat(after.getScore()).isGreaterThan(before.getScore());

      for (int i = 1; i <= CASES; i++) {
        feed.send(payment("large-" + i, "account-" + i, "till-" + i, "shop-" + i, 600_000));
        if (i == CASES / 3) {
          kill(
              Long.parseLong(Files.readAllLines(data.postgres().resolve("postmaster.pid")).get(0)));
        }
        if (i == 2 * CASES / 3) {
          ProcessHandle.allProcesses()
              .filter(each -> each.info().commandLine().orElse("").contains("ConsoleMain"))
              .filter(each -> each.info().commandLine().orElse("").contains(directory.toString()))
              .forEach(ProcessHandle::destroyForcibly);
          Thread.sleep(500);
          stack.check();
        }
      }
      console.awaitCases();
      JsonNode all =
          await(
              "/api/queue?status=all&limit=200",
              answer -> {
                int alerts = 0;
                for (JsonNode each : answer.path("cases")) {
                  alerts += each.path("alerts").asInt();
                }
                return alerts >= CASES + 1;
              });
      int alerts = 0;
      for (JsonNode each : all.path("cases")) {
        alerts += each.path("alerts").asInt();
      }
      assertThat(alerts).isEqualTo(CASES + 1);
      postmaster =
          Long.parseLong(Files.readAllLines(data.postgres().resolve("postmaster.pid")).get(0));
    }
    assertThat(ProcessHandle.of(postmaster)).as("PostgreSQL once the stack has stopped").isEmpty();
  }

  /** Asks the scoring service through the console; returns the version of the case after it. */
  private long askWhatIf(long caseId, Decision recorded, DataDir data)
      throws IOException, InterruptedException {
    JsonNode offer = await("/api/what-if", answer -> answer.path("available").asBoolean());
    String model = offer.path("models").get(0).asText();
    long startNanos = System.nanoTime();
    JsonNode answer =
        post(
            "/api/cases/" + caseId + "/what-if",
            "{\"transaction_id\":\"large-0\",\"changes\":{\"amount\":\"12.00\",\"merchant\":\"other\"}}");
    System.out.println(
        "what if, models loaded first: " + (System.nanoTime() - startNanos) / 1_000_000 + " ms");
    assertThat(answer.path("before").path("score").asDouble()).isEqualTo(recorded.getScore());
    assertThat(answer.path("before").path("outcome").asText())
        .isEqualTo(recorded.getOutcome().name());
    assertThat(answer.path("before").path("reasons")).hasSameSizeAs(recorded.getReasons());
    assertThat(answer.path("before").path("model").asText()).isEqualTo(model);
    assertThat(answer.path("after").path("score").asDouble()).isNotEqualTo(recorded.getScore());
    assertThat(answer.path("after").path("outcome").asText()).isEqualTo("APPROVE");
    assertThat(answer.path("changed").findValuesAsText("feature")).contains("tx_amount");
    assertThat(answer.path("held"))
        .extracting(JsonNode::asText)
        .contains("account_sum_24h", "merchant_count_1h");

    // The secret is told by the environment alone.
    try (Stream<Path> files = Files.walk(data.path().resolve("conf"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file)).doesNotContainIgnoringCase("secret");
      }
    }
    JsonNode after = await("/api/cases/" + caseId, each -> true);
    JsonNode last = after.path("history").get(after.path("history").size() - 1);
    assertThat(last.path("kind").asText()).isEqualTo("what_if");
    assertThat(last.path("actor").asText()).isEqualTo("analyst");
    assertThat(last.path("detail").path("fields"))
        .extracting(JsonNode::asText)
        .containsExactlyInAnyOrder("amount", "merchant");
    return after.path("version").asLong();
  }

  private static void kill(long pid) {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
  }

  private static Transaction at(long eventTimeMs, Transaction payment) {
    payment.setEventTime(eventTimeMs);
    return payment;
  }

  private static Transaction payment(
      String id, String account, String terminal, String merchant, long minor) {
    Transaction payment = PlainFeed.payment(id, account, System.currentTimeMillis());
    payment.setMerchant(merchant);
    payment.setTerminal(terminal);
    payment.setChannel(Channel.POS);
    payment.setEntryMode(EntryMode.CHIP);
    payment.setAmountMinor(minor);
    payment.setBillingAmountMinor(minor);
    return payment;
  }

  private static Decision decision(LocalStack stack, String origin) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Decision decision = new Results(stack.bootstrap()).decisions.get(origin);
      if (decision != null) {
        return decision;
      }
      assertThat(System.nanoTime()).as("decision of " + origin).isLessThan(deadline);
      Thread.sleep(200);
    }
  }

  private static float feature(Decision decision, String name) {
    int index = SpecSource.load("default").plan().names().indexOf(name);
    return decision
        .getFeatures()
        .duplicate()
        .order(ByteOrder.LITTLE_ENDIAN)
        .getFloat(index * Float.BYTES);
  }

  private void signIn(String oneTimePassword) throws IOException, InterruptedException {
    csrf =
        post("/api/session", "{\"name\":\"analyst\",\"password\":\"" + oneTimePassword + "\"}")
            .path("csrf")
            .asText();
    csrf =
        post("/api/password", "{\"password\":\"a sentence nobody guesses\"}").path("csrf").asText();
  }

  private JsonNode post(String path, String body) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(address + path.substring(1)))
                .header("Content-Type", "application/json")
                .header("X-CSRF-Token", csrf)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(path + " " + answer.body()).isEqualTo(200);
    return MAPPER.readTree(answer.body());
  }

  private JsonNode await(String path, java.util.function.Predicate<JsonNode> wanted)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String last = "";
    while (System.nanoTime() < deadline) {
      try {
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(URI.create(address + path.substring(1))).GET().build(),
                HttpResponse.BodyHandlers.ofString());
        last = answer.body();
        JsonNode body = MAPPER.readTree(last);
        if (answer.statusCode() == 200 && wanted.test(body)) {
          return body;
        }
      } catch (IOException e) {
        last = e.toString();
      }
      Thread.sleep(100);
    }
    throw new AssertionError(path + ": " + last);
  }
}
