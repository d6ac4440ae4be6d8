package io.vigil.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.local.LocalConsole;
import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * An analyst in a loop: next case, look at it, verdict. What gets no answer is tried again, and
 * what the console refuses is left alone.
 */
final class LoadAnalyst {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration ANSWER = Duration.ofSeconds(15);
  private static final long PAUSE_MS = 50;
  private static final String PASSWORD = "a sentence nobody guesses";

  private final HttpClient http =
      HttpClient.newBuilder().cookieHandler(new CookieManager()).connectTimeout(ANSWER).build();
  private final String address;
  private final Thread thread;
  private final Map<String, Long> confirmed = new HashMap<>();
  private final Histogram latencyMs = new Histogram(3);
  private String csrf = "";
  private int refused;
  private int retried;
  private volatile boolean stopped;
  private volatile @Nullable Throwable failure;

  private LoadAnalyst(String address, String name) {
    this.address = address;
    this.thread = new Thread(this::work, name);
  }

  /** Analysts who are signed in, added by the lead. */
  static List<LoadAnalyst> hire(LocalConsole console, int count) throws Exception {
    LoadAnalyst lead = new LoadAnalyst(console.url(), "lead");
    lead.signIn("lead", console.passwords().get("lead"));
    List<LoadAnalyst> analysts = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      String name = "analyst-" + i;
      JsonNode added =
          lead.ok("POST", "api/people", "{\"name\":\"" + name + "\",\"role\":\"analyst\"}");
      LoadAnalyst analyst = new LoadAnalyst(console.url(), name);
      analyst.signIn(name, added.path("one_time_password").asText());
      analysts.add(analyst);
    }
    return analysts;
  }

  private void signIn(String name, @Nullable String oneTime) throws Exception {
    csrf =
        ok("POST", "api/session", "{\"name\":\"%s\",\"password\":\"%s\"}".formatted(name, oneTime))
            .path("csrf")
            .asText();
    csrf = ok("POST", "api/password", "{\"password\":\"" + PASSWORD + "\"}").path("csrf").asText();
  }

  void start() {
    thread.start();
  }

  /** The case at hand is the last. */
  void leaveAfterThis() {
    stopped = true;
  }

  /** Whether a case is still at hand. */
  boolean isWorking() {
    return thread.isAlive();
  }

  /** Ends the work of one who was told to leave. */
  void awaitGone() throws InterruptedException {
    thread.join();
    Throwable broken = failure;
    if (broken != null) {
      throw new AssertionError(thread.getName() + " failed", broken);
    }
  }

  /** Verdicts that were answered with 200, and their case; read it when stopped. */
  Map<String, Long> confirmed() {
    return confirmed;
  }

  /** From the first try of a verdict to its answer, milliseconds. */
  Histogram latencyMs() {
    return latencyMs;
  }

  /** Cases that could not be decided as they were seen. */
  int refused() {
    return refused;
  }

  /** Requests that got no answer, or that the database was away. */
  int retried() {
    return retried;
  }

  private void work() {
    try {
      while (!stopped) {
        HttpResponse<String> next = persistently("POST", "api/queue/next", "{}");
        if (next.statusCode() == 204) {
          Thread.sleep(PAUSE_MS);
          continue;
        }
        decide(json(next, 200).path("case_id").asLong());
      }
    } catch (Throwable e) {
      failure = e;
    }
  }

  private void decide(long caseId) throws Exception {
    JsonNode seen = json(persistently("GET", "api/cases/" + caseId, null), 200);
    String body =
        "{\"verdict\":\"%s\",\"cases\":[{\"case_id\":%d,\"version\":%d}]}"
            .formatted(
                caseId % 2 == 0 ? "fraud" : "genuine", caseId, seen.path("version").asLong());
    long started = System.nanoTime();
    HttpResponse<String> answer = persistently("POST", "api/verdicts", body);
    latencyMs.recordValue((System.nanoTime() - started) / 1_000_000);
    if (answer.statusCode() == 409) {
      refused++;
      return;
    }
    JsonNode done = json(answer, 200);
    if (done.path("decided").size() != 1 || done.path("decided").get(0).asLong() != caseId) {
      throw new AssertionError("verdict on " + caseId + ": " + done);
    }
    confirmed.put(done.path("verdict_id").asText(), caseId);
  }

  /** Until the console answers and has its database. */
  private HttpResponse<String> persistently(String method, String path, @Nullable String body)
      throws InterruptedException {
    while (true) {
      try {
        HttpResponse<String> answer = send(method, path, body);
        if (answer.statusCode() != 503) {
          return answer;
        }
      } catch (IOException e) {
        // Killed just now: it may have been heard or not.
      }
      retried++;
      Thread.sleep(PAUSE_MS);
    }
  }

  private JsonNode ok(String method, String path, String body) throws Exception {
    return json(send(method, path, body), 200);
  }

  private static JsonNode json(HttpResponse<String> answer, int status) throws IOException {
    if (answer.statusCode() != status) {
      throw new AssertionError(
          "%s: %d %s".formatted(answer.uri(), answer.statusCode(), answer.body()));
    }
    return MAPPER.readTree(answer.body());
  }

  private HttpResponse<String> send(String method, String path, @Nullable String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + path))
            .timeout(ANSWER)
            .header("X-CSRF-Token", csrf)
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
