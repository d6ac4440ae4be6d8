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

  /** Asks for a savepoint and then the end; returns before either. */
  void stopWithSavepoint() throws IOException, InterruptedException {
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(
                    URI.create(address + "/jobs/" + job().get("jid").asText() + "/stop"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"drain\": false}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
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
