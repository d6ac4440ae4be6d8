package io.vigil.cli;

import io.vigil.job.Topics;
import io.vigil.model.approval.Approval;
import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.RequestFile;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Signature;
import io.vigil.schema.codec.Codec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vigil model apply}: asks the running job to put a signed request in force. */
@Command(
    name = "apply",
    mixinStandardHelpOptions = true,
    description = {
      "Publishes a signed request, and waits for what the running job makes of it.",
      "Applied twice it is published once."
    })
final class ApplyRequest implements Callable<Integer> {

  private static final long POLL_MS = 100;

  @Mixin private Console console = new Console();
  @Mixin private ControlOptions control = new ControlOptions();

  @Parameters(
      paramLabel = "REQUEST",
      description = "The file that request wrote and people signed.")
  private Path file = Path.of("");

  @Option(
      names = "--wait",
      defaultValue = "90",
      paramLabel = "SECONDS",
      description = "How long to wait for the answer (default: ${DEFAULT-VALUE}).")
  private int waitS;

  @Override
  public Integer call() throws InterruptedException {
    String yaml = KeysCommand.text("request", file);
    DeploymentRequest request =
        ModelCommand.checked(() -> RequestFile.read(yaml, file.toString())).request();
    try (Reach reach = control.reach();
        ControlLog log = new ControlLog(reach)) {
      long began = System.nanoTime();
      if (!log.read().hasRequest(request.id())) {
        publish(reach.bootstrap(), request);
      }
      Deployment answer = log.read().answer(request.id());
      while (answer == null) {
        if (System.nanoTime() - began > Duration.ofSeconds(waitS).toNanos()) {
          throw new CliException(
              "request %s: expected an answer of the job within %d s, got none; it stands in the log, and apply again waits for it"
                  .formatted(request.id(), waitS));
        }
        Thread.sleep(POLL_MS);
        answer = log.read().answer(request.id());
      }
      return told(request, answer, (System.nanoTime() - began) / 1e9);
    }
  }

  private int told(DeploymentRequest request, Deployment answer, double seconds) {
    boolean activated = answer.getStatus() == DeploymentStatus.ACTIVATED;
    Map<String, Object> json = new LinkedHashMap<>(DeploymentText.json(answer));
    json.put("seconds", seconds);
    console.writeJson(json);
    if (!activated) {
      throw new CliException("refused: " + answer.getReason());
    }
    console
        .out()
        .printf(
            "in force: %s %s %s as %s, after %.1f s%n",
            request.kind().id(), request.name(), request.version(), request.alias().id(), seconds);
    console.out().flush();
    return 0;
  }

  private static void publish(String bootstrap, DeploymentRequest request)
      throws InterruptedException {
    Deployment deployment = deployment(request);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      String key = request.kind().id() + "/" + request.name();
      producer
          .send(
              new ProducerRecord<>(
                  Topics.CONTROL,
                  key.getBytes(StandardCharsets.UTF_8),
                  Codec.of(Deployment.class).encode(deployment)))
          .get();
    } catch (ExecutionException e) {
      throw new CliException("the request could not be published: " + e.getCause(), e);
    }
  }

  /** A request in the contract's words. */
  static Deployment deployment(DeploymentRequest request) {
    List<Signature> signatures = new ArrayList<>();
    for (Approval approval : request.signatures()) {
      signatures.add(new Signature(approval.keyId(), ByteBuffer.wrap(approval.signature())));
    }
    byte @Nullable [] plan = request.plan();
    return Deployment.newBuilder()
        .setDeploymentId(request.id())
        .setStatus(DeploymentStatus.REQUESTED)
        .setKind(ArtefactKind.valueOf(request.kind().name()))
        .setAlias(Alias.valueOf(request.alias().name()))
        .setName(request.name())
        .setVersion(request.version())
        .setDigest(request.digest())
        .setEffectiveAt(request.effectiveAtMs())
        .setSignatures(signatures)
        .setShareBasisPoints(request.shareBasisPoints())
        .setPlan(plan == null ? null : ByteBuffer.wrap(plan))
        .setBreakGlass(request.breakGlass())
        .build();
  }
}
