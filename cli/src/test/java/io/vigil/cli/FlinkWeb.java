package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** What tests ask of the REST interface of a job's Flink, which runs that one job. */
final class FlinkWeb {
  private final HttpClient client = HttpClient.newHttpClient();
  private final String address;

  FlinkWeb(String address) {
    this.address = address;
  }

  void assertNoRestart() throws IOException, InterruptedException {
    JsonNode job = job();
    assertThat(job.get("state").asText()).isEqualTo("RUNNING");
    JsonNode failures = get("/jobs/" + job.get("jid").asText() + "/exceptions");
    assertThat(failures.get("exceptionHistory").get("entries")).as(failures.toString()).isEmpty();
  }

  /** Asks for a savepoint and then the end, and waits for both. */
  void cancelWithSavepoint() throws IOException, InterruptedException {
    String savepoints = "/jobs/" + job().get("jid").asText() + "/savepoints";
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(URI.create(address + savepoints))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"cancel-job\": true}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    // Flink ends when somebody has asked what became of it, or after five minutes.
    String request = new ObjectMapper().readTree(answer.body()).get("request-id").asText();
    JsonNode outcome = get(savepoints + "/" + request);
    while (!outcome.get("status").get("id").asText().equals("COMPLETED")) {
      Thread.sleep(100);
      outcome = get(savepoints + "/" + request);
    }
    assertThat(outcome.get("operation").has("failure-cause")).as(outcome.toString()).isFalse();
  }

  private JsonNode job() throws IOException, InterruptedException {
    return get("/jobs/overview").get("jobs").get(0);
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    return new ObjectMapper()
        .readTree(
            client
                .send(
                    HttpRequest.newBuilder(URI.create(address + path)).build(),
                    HttpResponse.BodyHandlers.ofString())
                .body());
  }
}
