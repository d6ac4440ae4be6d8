package io.vigil.cli;

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

  Reach reach() throws InterruptedException {
    return bootstrap != null ? Reach.of(bootstrap) : Reach.to(data.mostRecent());
  }
}
