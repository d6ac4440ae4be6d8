package io.vigil.cli;

import io.vigil.job.control.JobKeys;
import io.vigil.model.approval.SigningKeys;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whose control topic: that of a local stack, or of any brokers. */
final class ControlOptions {

  @Mixin private BrokerOptions brokers = new BrokerOptions();

  @Option(
      names = "--job-key",
      paramLabel = "FILE",
      description =
          "With --bootstrap, a public key of the job; may be repeated. Answers that none of them signed are left out.")
  private List<Path> jobKeys = new ArrayList<>();

  Reach reach(Console console) throws InterruptedException {
    List<String> keys =
        jobKeys.stream()
            .map(KeyFiles::readPublic)
            .map(key -> Base64.getEncoder().encodeToString(SigningKeys.raw(key)))
            .toList();
    return brokers.reach(console, JobKeys.of(keys));
  }
}
