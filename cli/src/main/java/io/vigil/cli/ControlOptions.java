package io.vigil.cli;

import io.vigil.job.control.JobKeys;
import io.vigil.model.approval.SigningKeys;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whose control topic: that of a local stack, or of any brokers. */
final class ControlOptions {

  @Mixin private DataOption data = new DataOption();

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      description = "Kafka brokers, in place of those of the local stack.")
  private @Nullable String bootstrap;

  @Option(
      names = "--job-key",
      paramLabel = "FILE",
      description =
          "With --bootstrap, a public key of the job; may be repeated. Answers that none of them signed are left out.")
  private List<Path> jobKeys = new ArrayList<>();

  Reach reach() throws InterruptedException {
    if (bootstrap == null) {
      return Reach.to(data.mostRecent());
    }
    List<String> keys =
        jobKeys.stream()
            .map(KeyFiles::readPublic)
            .map(key -> Base64.getEncoder().encodeToString(SigningKeys.raw(key)))
            .toList();
    return Reach.of(bootstrap, JobKeys.of(keys));
  }
}
