package io.vigil.cli;

import io.vigil.job.control.Reviews;
import io.vigil.model.approval.Approval;
import io.vigil.model.approval.Review;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vigil model review}: somebody has looked at what another did in an emergency. */
@Command(
    name = "review",
    mixinStandardHelpOptions = true,
    description = {
      "Says that you have looked at what another person put in force by breaking the glass.",
      "It takes an approver; until then list, history and the console say that nobody has."
    })
final class ReviewGlass implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private ControlOptions control = new ControlOptions();

  @Parameters(
      paramLabel = "REQUEST_ID",
      description = "The request that broke the glass; list and history show it.")
  private String requestId = "";

  @Option(
      names = "--key",
      required = true,
      paramLabel = "NAME.key",
      description = "Your private key, with NAME.pub beside it.")
  private Path key = Path.of("");

  @Option(
      names = "--scope",
      defaultValue = "local",
      paramLabel = "NAME",
      description = "That of the keyring (default: ${DEFAULT-VALUE}).")
  private String scope = "local";

  @Option(
      names = "--wait",
      defaultValue = "90",
      paramLabel = "SECONDS",
      description = "How long to wait for the answer (default: ${DEFAULT-VALUE}).")
  private int waitS;

  @Override
  public Integer call() throws InterruptedException {
    KeyPair pair = KeyFiles.read(key);
    try (Reach reach = control.reach(console);
        ControlLog log = new ControlLog(reach)) {
      Deployment broken = log.read().answer(requestId);
      if (broken == null
          || !broken.getBreakGlass()
          || broken.getStatus() != DeploymentStatus.ACTIVATED) {
        throw new CliException(
            "REQUEST_ID: expected a request that broke the glass and was put in force, got "
                + requestId.replaceAll("\\p{C}", "?"));
      }
      Review review = Reviews.of(broken);
      Approval approval =
          ModelCommand.checked(() -> review.sign(scope, pair.getPrivate(), pair.getPublic()));
      Deployment request = Reviews.request(UUID.randomUUID().toString(), broken, review, approval);
      Deployment answer =
          Asking.ask(reach, log, "review/" + broken.getName(), request, waitS, prepared -> {});
      console.writeJson(DeploymentText.json(answer));
      if (answer.getStatus() != DeploymentStatus.ACTIVATED) {
        throw new CliException("refused: " + answer.getReason());
      }
      console
          .out()
          .println(
              "reviewed by %s: %s %s, which %s put in force"
                  .formatted(
                      String.join(", ", answer.getPersons()),
                      broken.getName(),
                      broken.getVersion(),
                      String.join(", ", broken.getPersons())));
      console.out().flush();
      return 0;
    }
  }
}
