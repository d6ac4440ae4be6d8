package io.vigil.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** What tests read of a Flink cluster by its REST interface: checkpoints, failures, metrics. */
final class FlinkFigures {
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final ObjectMapper json = new ObjectMapper();
  private final String address;

  FlinkFigures(String address) {
    this.address = address;
  }

  /** The id of the newest completed checkpoint; -1 when there is none. */
  long newestCheckpoint(String job) throws IOException, InterruptedException {
    return get("/jobs/" + job + "/checkpoints")
        .path("latest")
        .path("completed")
        .path("id")
        .asLong(-1);
  }

  /** How many checkpoints have failed since the JobManager knows the job. */
  long failedCheckpoints(String job) throws IOException, InterruptedException {
    return get("/jobs/" + job + "/checkpoints").path("counts").path("failed").asLong();
  }

  /** Why tasks failed, newest first, and when; how many. */
  JsonNode failures(String job) throws IOException, InterruptedException {
    return get("/jobs/" + job + "/exceptions").path("exceptionHistory").path("entries");
  }

  /** The largest heap in use of any TaskManager, MiB. */
  long heapMibMax() throws IOException, InterruptedException {
    JsonNode heap = get("/taskmanagers/metrics?get=Status.JVM.Memory.Heap.Used&agg=max");
    return heap.path(0).path("max").asLong() >> 20;
  }

  /** The sum of a step's metric over its subtasks; 0 while nobody has told. */
  long sum(String job, String step, String metric) throws IOException, InterruptedException {
    for (JsonNode vertex : get("/jobs/" + job).path("vertices")) {
      if (vertex.path("name").asText().contains(step)) {
        String metrics = "/jobs/" + job + "/vertices/" + vertex.path("id").asText();
        for (JsonNode each : get(metrics + "/subtasks/metrics")) {
          String id = each.path("id").asText();
          if (id.startsWith(step) && id.endsWith(metric)) {
            JsonNode found = get(metrics + "/subtasks/metrics?get=" + id + "&agg=sum");
            return found.path(0).path("sum").asLong();
          }
        }
      }
    }
    return 0;
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(URI.create(address + path))
                .timeout(Duration.ofSeconds(20))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(path + ": " + answer.body());
    }
    return json.readTree(answer.body());
  }
}
