package io.vigil.cli;

import io.vigil.model.approval.Approval;
import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.RequestFile;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Signature;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
      "Applied twice it is published once.",
      "With --backfill in the request the answer comes once the history of the new features is read;"
          + " whoever does not wait for it finds it with history."
    })
final class ApplyRequest implements Callable<Integer> {

  private static final int WAIT_S = 90;
  private static final int BACKFILL_WAIT_S = 2 * 3_600;

  @Mixin private Console console = new Console();
  @Mixin private ControlOptions control = new ControlOptions();

  @Parameters(
      paramLabel = "REQUEST",
      description = "The file that request wrote and people signed.")
  private Path file = Path.of("");

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      description = "How long to wait for the answer (default: 90, with a backfill 7200).")
  private @Nullable Integer waitS;

  @Override
  public Integer call() throws InterruptedException {
    String yaml = KeysCommand.text("request", file);
    DeploymentRequest request =
        ModelCommand.checked(() -> RequestFile.read(yaml, file.toString())).request();
    try (Reach reach = control.reach(console);
        ControlLog log = new ControlLog(reach)) {
      long began = System.nanoTime();
      String key = request.kind().id() + "/" + request.name();
      int longestS = waitS(waitS, request.backfill());
      Deployment answer =
          Asking.ask(reach, log, key, deployment(request), longestS, this::preparing);
      ControlLog.Entry preparing = log.preparing(request.id());
      return told(request, preparing, answer, (System.nanoTime() - began) / 1e9);
    }
  }

  /** How long to wait, seconds: a backfill reads months of the archive first. */
  static int waitS(@Nullable Integer asked, boolean backfill) {
    return asked != null ? asked : backfill ? BACKFILL_WAIT_S : WAIT_S;
  }

  private void preparing(ControlLog.Entry entry) {
    console
        .out()
        .printf(
            "since %s the job %s; it decides as before until that is whole%n",
            Instant.ofEpochMilli(entry.atMs()), DeploymentText.reading(entry.deployment()));
    console.out().flush();
  }

  private int told(
      DeploymentRequest request,
      ControlLog.@Nullable Entry preparing,
      Deployment answer,
      double seconds) {
    boolean activated = answer.getStatus() == DeploymentStatus.ACTIVATED;
    Map<String, Object> json = new LinkedHashMap<>(DeploymentText.json(answer));
    if (preparing != null) {
      json.put("preparing_at", preparing.atMs());
    }
    json.put("seconds", seconds);
    console.writeJson(json);
    if (!activated) {
      throw new CliException("refused: " + answer.getReason());
    }
    console
        .out()
        .printf(
            "%s: %s %s %s as %s, after %.1f s%n",
            outcome(request),
            request.kind().id(),
            request.name(),
            request.version(),
            request.alias().id(),
            seconds);
    console.out().flush();
    return 0;
  }

  private static String outcome(DeploymentRequest request) {
    if (request.effectiveAtMs() > System.currentTimeMillis()) {
      return "approved, from " + Instant.ofEpochMilli(request.effectiveAtMs()) + " on";
    }
    boolean beside = request.alias() != io.vigil.model.approval.Alias.CHAMPION;
    return beside && request.shareBasisPoints() == 0 ? "ended" : "in force";
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
        .setBackfill(request.backfill())
        .build();
  }
}
