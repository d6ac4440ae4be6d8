package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.Topics;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.Backfill;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Who applies a backfill waits for its answer, and takes nothing else for one. */
@Tag("slow")
class BackfillApplyIT {
  private static final String READS = "reads the history of 3 new features from the archive";

  @TempDir Path folder = Path.of("");

  @Test
  void theJobSaysThatItReadsBeforeItAnswers() throws Exception {
    try (DataDir data = DataDir.open(folder.resolve("data"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage);
        StandIn job = new StandIn(stack.bootstrap())) {
      String[] at = {"--bootstrap", stack.bootstrap(), "--json", path("out.json")};
      for (String id : List.of("asked", "turned-down", "open")) {
        Screen screen = new Screen();
        assertThat(screen.vigil(request(id))).as(screen.err()).isZero();
      }

      Screen activated = new Screen();
      CompletableFuture<Void> answered =
          job.answers(activated.said(READS), DeploymentStatus.ACTIVATED, null);
      assertThat(activated.vigil(args(at, "apply", path("asked.yaml"), "--wait", "60")))
          .as(activated.err())
          .isZero();
      answered.get(10, TimeUnit.SECONDS);
      assertThat(activated.out())
          .containsPattern("since \\S+Z the job " + READS)
          .containsOnlyOnce(READS)
          .contains("in force: model ");
      JsonNode json = json();
      assertThat(json.get("status").asText()).isEqualTo("activated");
      assertThat(json.get("backfill").asBoolean()).isTrue();
      assertThat(json.get("preparing_at").asLong()).isPositive();

      Screen refused = new Screen();
      answered =
          job.answers(
              refused.said(READS), DeploymentStatus.REFUSED, "backfill_failed: day 7 is gone");
      assertThat(refused.vigil(args(at, "apply", path("turned-down.yaml"), "--wait", "60")))
          .isEqualTo(1);
      answered.get(10, TimeUnit.SECONDS);
      assertThat(refused.err()).contains("refused: backfill_failed: day 7 is gone");

      Screen open = new Screen();
      answered = job.answers(new CompletableFuture<>(), DeploymentStatus.ACTIVATED, null);
      assertThat(open.vigil(args(at, "apply", path("open.yaml"), "--wait", "5"))).isEqualTo(1);
      assertThat(answered).isNotDone();
      assertThat(open.out()).containsOnlyOnce(READS);
      assertThat(open.err()).contains("request open: expected an answer of the job within 5 s");

      Screen list = new Screen();
      assertThat(list.vigil(args(at, "list"))).as(list.err()).isZero();
      assertThat(list.out())
          .containsPattern("not in force yet: \\S+  preparing model .*" + READS)
          .contains("(request open)")
          .doesNotContain("(request asked)");
      assertThat(json().findValuesAsText("request_id")).containsExactly("asked", "open");
      Screen history = new Screen();
      assertThat(history.vigil(args(at, "history"))).as(history.err()).isZero();
      assertThat(history.out().lines().map(line -> line.split("\\s+", -1)[1]).toList())
          .containsExactly(
              "requested",
              "preparing",
              "activated",
              "requested",
              "preparing",
              "refused",
              "requested",
              "preparing");
    }
  }

  @Test
  void onlyABackfillIsWaitedForLong() {
    assertThat(ApplyRequest.waitS(null, false)).isEqualTo(90);
    assertThat(ApplyRequest.waitS(null, true)).isEqualTo(7_200);
    assertThat(ApplyRequest.waitS(5, true)).isEqualTo(5);
  }

  private String path(String file) {
    return folder.resolve(file).toString();
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("out.json").toFile());
  }

  private static String[] args(String[] at, String... command) {
    List<String> all = new ArrayList<>(List.of("model"));
    all.addAll(List.of(command));
    all.addAll(List.of(at));
    return all.toArray(String[]::new);
  }

  private String[] request(String id) {
    return new String[] {
      "model",
      "request",
      "--artefact",
      "default",
      "--kind",
      "model",
      "--as",
      "shadow",
      "--backfill",
      "--against",
      "a".repeat(64),
      "--registry",
      path("registry"),
      "--id",
      id,
      "--out",
      path(id + ".yaml")
    };
  }

  /** What a command prints, while it prints. */
  private static final class Screen {
    private final StringWriter err = new StringWriter();
    private final StringWriter out = new StringWriter();
    private final CompletableFuture<Void> said = new CompletableFuture<>();
    private String awaited = "";

    /** Done once the command has printed that, and not only buffered it. */
    CompletableFuture<Void> said(String text) {
      awaited = text;
      return said;
    }

    int vigil(String... args) {
      CommandLine commandLine = Vigil.commandLine();
      commandLine.setErr(new PrintWriter(err));
      commandLine.setOut(
          new PrintWriter(out) {
            @Override
            public void flush() {
              super.flush();
              if (!awaited.isEmpty() && Screen.this.out().contains(awaited)) {
                said.complete(null);
              }
            }
          });
      return commandLine.execute(args);
    }

    String out() {
      return out.toString();
    }

    String err() {
      return err.toString();
    }
  }

  /** In the job's place: says for each request that it reads, twice, as after a restart. */
  private static final class StandIn implements AutoCloseable {
    private final Codec<Deployment> codec = Codec.of(Deployment.class);
    private final TopicReader control;
    private final KafkaProducer<byte[], byte[]> producer;

    StandIn(String bootstrap) {
      control = new TopicReader(bootstrap, List.of(Topics.CONTROL));
      producer =
          new KafkaProducer<>(
              Map.of("bootstrap.servers", bootstrap),
              new ByteArraySerializer(),
              new ByteArraySerializer());
    }

    /** Answers the next request once that is done. */
    CompletableFuture<Void> answers(
        CompletableFuture<Void> when, DeploymentStatus status, @Nullable String reason) {
      return CompletableFuture.supplyAsync(this::nextRequest)
          .thenCompose(
              request -> {
                Deployment.Builder about =
                    Deployment.newBuilder(request).setRequestId(request.getDeploymentId());
                about.setStatus(DeploymentStatus.PREPARING).setFeatureSpec(marked());
                for (String time : List.of("first", "second")) {
                  say(about.setDeploymentId("preparing-" + time + request.getDeploymentId()));
                }
                return when.thenRun(
                    () ->
                        say(
                            about
                                .setDeploymentId("answer-" + request.getDeploymentId())
                                .setStatus(status)
                                .setReason(reason)));
              });
    }

    /** What the job would write: the model's spec, three features of which are new. */
    private static String marked() {
      String spec = Bundle.builtIn("default").featureSpec();
      List<String> kept =
          FeatureSpec.read(spec, "features.yaml").features().stream()
              .filter(Feature.Kept.class::isInstance)
              .map(Feature::name)
              .toList();
      return Backfill.mark("abc", kept.subList(0, 3), spec);
    }

    private Deployment nextRequest() {
      List<Deployment> found = new ArrayList<>();
      control.read(
          true,
          record -> {
            Deployment read = read(record);
            if (read.getStatus() == DeploymentStatus.REQUESTED) {
              found.add(read);
            }
            return found.isEmpty();
          });
      return found.get(0);
    }

    private Deployment read(ConsumerRecord<byte[], byte[]> record) {
      try {
        return codec.decode(record.value());
      } catch (DecodeException e) {
        throw new IllegalStateException("expected deployments alone", e);
      }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // What is missing shows in the command.
    private void say(Deployment.Builder about) {
      producer.send(new ProducerRecord<>(Topics.CONTROL, codec.encode(about.build())));
      producer.flush();
    }

    @Override
    public void close() {
      producer.close();
      control.close();
    }
  }
}
