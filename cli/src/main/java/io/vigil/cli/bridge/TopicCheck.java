package io.vigil.cli.bridge;

import io.vigil.cli.CliException;
import io.vigil.cli.kafka.Brokers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Whether topics are there, before anything is read. */
final class TopicCheck {
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private TopicCheck() {}

  /**
   * Waits for brokers that are away.
   *
   * @param log is told once that they are
   * @return how many partitions the topic has
   * @throws CliException when there is no such topic, or the brokers refuse us
   */
  static int partitions(Brokers brokers, String topic, Consumer<String> log)
      throws InterruptedException {
    try (Admin admin = brokers.admin()) {
      for (int attempt = 0; ; attempt++) {
        try {
          return admin.describeTopics(List.of(topic)).allTopicNames().get().values().stream()
              .mapToInt(description -> description.partitions().size())
              .sum();
        } catch (ExecutionException e) {
          Throwable why = e.getCause() == null ? e : e.getCause();
          if (why instanceof UnknownTopicOrPartitionException) {
            throw new CliException("there is no topic " + topic + " at " + brokers, e);
          }
          if (!(why instanceof RetriableException)) {
            throw new CliException(
                "cannot reach topic %s at %s: %s".formatted(topic, brokers, why.getMessage()), e);
          }
          if (attempt == 0) {
            log.accept("waiting for " + brokers + ": " + why.getMessage());
          }
          Thread.sleep(PAUSE.toMillis());
        }
      }
    }
  }
}
