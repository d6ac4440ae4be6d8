package io.vigil.cli.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.CliException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Vigil asks of a Flink cluster by its REST interface. Calls throw {@link IOException} when
 * the JobManager can't be reached, and {@link CliException} when it refuses. Thread-safe.
 */
public final class FlinkRest {
  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final String BOUNDARY = "vigil-job-jar";

  /** RocksDB's own files; Flink's format reads and writes every key, within a checkpoint's time. */
  private static final String FORMAT = "NATIVE";

  private static final Logger LOG = LoggerFactory.getLogger(FlinkRest.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final String address;

  /** A job by its id; the state as Flink names it, such as RUNNING. */
  public record Job(String id, String state, long startMs) {
    /** Whether it has ended for good. */
    public boolean ended() {
      return state.equals("FINISHED") || state.equals("FAILED") || state.equals("CANCELED");
    }
  }

  /**
   * @param address such as {@code http://127.0.0.1:8081}
   */
  public FlinkRest(String address) {
    this.address = address;
  }

  /** How many TaskManagers the JobManager knows. */
  public int taskManagers() throws IOException, InterruptedException {
    return get("/overview").path("taskmanagers").asInt();
  }

  /** All jobs that the cluster remembers. */
  public List<Job> jobs() throws IOException, InterruptedException {
    List<Job> jobs = new ArrayList<>();
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      jobs.add(
          new Job(
              job.path("jid").asText(),
              job.path("state").asText(),
              job.path("start-time").asLong()));
    }
    return jobs;
  }

  /** Whether all subtasks of the job run. */
  public boolean allRunning(String job) throws IOException, InterruptedException {
    JsonNode details = get("/jobs/" + job);
    if (!details.path("state").asText().equals("RUNNING")) {
      return false;
    }
    for (JsonNode vertex : details.path("vertices")) {
      if (!vertex.path("status").asText().equals("RUNNING")) {
        return false;
      }
    }
    return true;
  }

  /** How many checkpoints of the job are complete, savepoints among them. */
  public long completedCheckpoints(String job) throws IOException, InterruptedException {
    return get("/jobs/" + job + "/checkpoints").path("counts").path("completed").asLong();
  }

  /** The last line of why the job failed last, or null when it never did. */
  public @Nullable String failure(String job) throws IOException, InterruptedException {
    JsonNode entries = get("/jobs/" + job + "/exceptions").path("exceptionHistory").path("entries");
    String cause = null;
    for (String line : entries.path(0).path("stacktrace").asText("").lines().toList()) {
      if (cause == null || line.startsWith("Caused by: ")) {
        cause = line.replace("Caused by: ", "");
      }
    }
    return cause;
  }

  /** Uploads a job jar, and returns what {@link #run} calls it. */
  public String upload(Path jar) throws IOException, InterruptedException {
    String head =
        "--%s\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\"%s\"\r\nContent-Type: application/x-java-archive\r\n\r\n"
            .formatted(BOUNDARY, jar.getFileName());
    BodyPublisher body;
    try {
      body =
          BodyPublishers.concat(
              BodyPublishers.ofString(head),
              BodyPublishers.ofFile(jar),
              BodyPublishers.ofString("\r\n--" + BOUNDARY + "--\r\n"));
    } catch (FileNotFoundException e) {
      throw new CliException("job jar " + jar + " is not there", e);
    }
    String stored =
        post("/jars/upload", "multipart/form-data; boundary=" + BOUNDARY, body)
            .path("filename")
            .asText();
    return stored.substring(stored.lastIndexOf('/') + 1);
  }

  /**
   * Starts the main class of an uploaded jar with {@code --conf conf}.
   *
   * @param savepoint where it starts from; null to leave that to the options
   * @return the job's id
   */
  public String run(String jar, Path conf, @Nullable String savepoint)
      throws IOException, InterruptedException {
    Map<String, Object> request = new TreeMap<>();
    request.put("programArgsList", List.of("--conf", conf.toAbsolutePath().toString()));
    if (savepoint != null) {
      request.put("savepointPath", savepoint);
    }
    return post("/jars/" + jar + "/run", request).path("jobid").asText();
  }

  /**
   * Has the job write a savepoint where the cluster keeps them and end, so that what it has written
   * until then is committed. When Flink refuses to end it so, it is cancelled with a savepoint:
   * what it decided in between is decided again.
   *
   * @return where the savepoint is
   */
  public String stop(String job) throws IOException, InterruptedException {
    try {
      return savepoint(job, "/stop", Map.of("drain", false, "formatType", FORMAT));
    } catch (CliException e) {
      LOG.warn("the job is not stopped but cancelled: {}", e.getMessage());
    }
    long deadlineNanos = System.nanoTime() + TIMEOUT.toNanos();
    while (true) {
      try {
        return savepoint(job, "/savepoints", Map.of("cancel-job", true, "formatType", FORMAT));
      } catch (CliException e) {
        // It is being started again, from its last checkpoint.
        if (System.nanoTime() > deadlineNanos) {
          throw e;
        }
        Thread.sleep(POLL.toMillis());
      }
    }
  }

  /** Ends the job as it is; what it had decided since its last checkpoint is decided again. */
  public void cancel(String job) throws IOException, InterruptedException {
    var unused =
        send(
            HttpRequest.newBuilder(URI.create(address + "/jobs/" + job + "?mode=cancel"))
                .method("PATCH", BodyPublishers.noBody()));
    long deadlineNanos = System.nanoTime() + TIMEOUT.toNanos();
    while (jobs().stream().anyMatch(each -> each.id().equals(job) && !each.ended())) {
      if (System.nanoTime() > deadlineNanos) {
        throw new CliException("job " + job + " has not ended after it was cancelled");
      }
      Thread.sleep(POLL.toMillis());
    }
  }

  private String savepoint(String job, String how, Map<String, ?> body)
      throws IOException, InterruptedException {
    String request = post("/jobs/" + job + how, body).path("request-id").asText();
    String path = "/jobs/" + job + "/savepoints/" + request;
    JsonNode answer = get(path);
    while (!answer.path("status").path("id").asText().equals("COMPLETED")) {
      Thread.sleep(POLL.toMillis());
      answer = get(path);
    }
    JsonNode failed = answer.path("operation").path("failure-cause");
    if (!failed.isMissingNode()) {
      throw new CliException("the savepoint failed: " + oneLine(failed.path("stack-trace")));
    }
    return answer.path("operation").path("location").asText();
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(address + path)));
  }

  private JsonNode post(String path, Map<String, ?> body) throws IOException, InterruptedException {
    return post(path, "application/json", BodyPublishers.ofString(JSON.writeValueAsString(body)));
  }

  private JsonNode post(String path, String type, BodyPublisher body)
      throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(URI.create(address + path)).header("Content-Type", type).POST(body));
  }

  private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
    var answer = client.send(request.timeout(TIMEOUT).build(), BodyHandlers.ofString());
    // Until the JobManager leads, Flink answers 503 with a text.
    if (answer.statusCode() == 503) {
      throw new IOException("the JobManager is not ready: " + answer.body());
    }
    JsonNode body;
    try {
      body = JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new IOException("expected JSON of " + address + ", got: " + answer.body(), e);
    }
    if (answer.statusCode() >= 300) {
      LOG.info("Flink refused: {}", body);
      throw new CliException("Flink refused: " + oneLine(body.path("errors")));
    }
    return body;
  }

  /** The innermost cause of a stack trace that Flink sent. */
  private static String oneLine(JsonNode said) {
    StringBuilder all = new StringBuilder();
    if (said.isArray()) {
      said.forEach(each -> all.append(each.asText()).append('\n'));
    } else {
      all.append(said.asText());
    }
    String last = "";
    for (String line : all.toString().lines().toList()) {
      if (last.isEmpty() || line.strip().startsWith("Caused by: ")) {
        last = line.strip().replace("Caused by: ", "");
      } else if (last.equals("Internal server error.")) {
        last = line.strip();
      }
    }
    return last;
  }
}
