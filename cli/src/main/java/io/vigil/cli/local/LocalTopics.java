package io.vigil.cli.local;

import io.vigil.cli.CliException;
import io.vigil.cli.kafka.Brokers;
import io.vigil.job.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** The topics of the pipeline as the local broker keeps them. */
public final class LocalTopics {

  private static final int MEBIBYTE = 1 << 20;

  /** Kept for good. */
  private static final Duration FOREVER = Duration.ofMillis(-1);

  /**
   * One topic.
   *
   * @param retention how long records are kept; {@link #FOREVER} for good
   * @param maxMessageBytes the largest batch the broker takes
   */
  private record Topic(String name, int partitions, Duration retention, int maxMessageBytes) {

    Map<String, String> config() {
      Map<String, String> config = new HashMap<>();
      config.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
      config.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(retention.toMillis()));
      config.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(maxMessageBytes));
      // Latency and the clocks' check against far-off event times need the broker's own clock.
      config.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
      return config;
    }
  }

  /**
   * Partition counts are part of the log and so of every decision's order: they never depend on the
   * parallelism of a run.
   */
  private static final List<Topic> ALL =
      List.of(
          new Topic(Topics.TRANSACTIONS, 4, Duration.ofDays(7), 16 * MEBIBYTE),
          new Topic(Topics.LABELS, 2, Duration.ofDays(30), MEBIBYTE),
          new Topic(Topics.EVENTS, 2, Duration.ofDays(7), 16 * MEBIBYTE),
          // Small beside the rest; what they say is kept as state, and in the archive.
          // Facts hold until they are replaced, however long ago they were told.
          new Topic(Topics.PROFILES, 1, FOREVER, 16 * MEBIBYTE),
          new Topic(Topics.CONTROL, 1, FOREVER, MEBIBYTE),
          new Topic(Topics.DECISIONS, 4, Duration.ofDays(7), 17 * MEBIBYTE),
          new Topic(Topics.CASES, 2, Duration.ofDays(30), 17 * MEBIBYTE),
          new Topic(Topics.RECEIPTS, 2, Duration.ofDays(7), MEBIBYTE),
          // A dead letter holds a whole record, and says why on top of it.
          new Topic(Topics.DEAD_LETTERS, 2, Duration.ofDays(30), 17 * MEBIBYTE),
          new Topic(Topics.ACTIONS, 1, Duration.ofDays(7), MEBIBYTE),
          new Topic(Topics.TREE_HEADS, 1, FOREVER, MEBIBYTE));

  private static final int ATTEMPTS = 50;
  private static final long PAUSE_MS = 100;

  private LocalTopics() {}

  /**
   * Creates what is missing, and checks what is there.
   *
   * @throws CliException when a topic stands with another number of partitions
   */
  public static void create(Brokers brokers) throws InterruptedException {
    try (Admin admin = brokers.admin()) {
      Set<String> present = admin.listTopics().names().get();
      List<NewTopic> missing = new ArrayList<>();
      List<String> known = new ArrayList<>();
      for (Topic topic : ALL) {
        if (present.contains(topic.name())) {
          known.add(topic.name());
        } else {
          missing.add(
              new NewTopic(topic.name(), topic.partitions(), (short) 1).configs(topic.config()));
        }
      }
      admin.createTopics(missing).all().get();
      // A topic is created before its partitions have leaders; who publishes must find them.
      Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
      for (Topic topic : ALL) {
        for (int partition = 0;
            partition < topic.partitions() && !known.contains(topic.name());
            partition++) {
          ends.put(new TopicPartition(topic.name(), partition), OffsetSpec.latest());
        }
      }
      awaitLeaders(admin, ends);
      Map<String, TopicDescription> described = admin.describeTopics(known).allTopicNames().get();
      for (Topic topic : ALL) {
        TopicDescription description = described.get(topic.name());
        if (description != null && description.partitions().size() != topic.partitions()) {
          throw new CliException(
              "topic %s has %d partitions, expected %d: its order would change; use a new --data"
                      .formatted(topic.name(), description.partitions().size(), topic.partitions())
                  + " directory");
        }
      }
    } catch (ExecutionException e) {
      throw new CliException("cannot create the topics: " + e.getCause(), e);
    }
  }

  /** A broker that has just created a topic may say for a moment that it has none. */
  private static void awaitLeaders(Admin admin, Map<TopicPartition, OffsetSpec> ends)
      throws InterruptedException, ExecutionException {
    for (int attempt = 1; ; attempt++) {
      try {
        admin.listOffsets(ends).all().get();
        return;
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException) || attempt == ATTEMPTS) {
          throw e;
        }
        Thread.sleep(PAUSE_MS);
      }
    }
  }
}
