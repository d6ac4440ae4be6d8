package io.vigil.cli;

import io.vigil.cli.kafka.Brokers;
import io.vigil.job.control.JobKeys;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which brokers: those of a local stack, or any. */
final class BrokerOptions {

  static final String KAFKA =
      "Kafka client properties (TLS, SASL), as Kafka's own tools take them; values may say"
          + " $${env:NAME} or $${file:PATH}.";

  @Mixin private DataOption data = new DataOption();

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      description = "Kafka brokers, in place of those of the local stack.")
  private @Nullable String bootstrap;

  @Option(names = "--kafka", paramLabel = "FILE", description = KAFKA)
  private @Nullable Path kafka;

  /** Brokers whose job is not asked anything. */
  Reach reach(Console console) throws InterruptedException {
    return reach(console, JobKeys.of(List.of()));
  }

  /**
   * The brokers.
   *
   * @param jobKeys whose answers count, when they are not those of a local stack
   */
  Reach reach(Console console, JobKeys jobKeys) throws InterruptedException {
    return bootstrap == null && kafka == null
        ? Reach.to(data.mostRecent())
        : Reach.of(Brokers.of(bootstrap, kafka, "--kafka", console.err()::println), jobKeys);
  }
}
