package io.vigil.cli;

import io.vigil.cli.kafka.Brokers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/** Reads whole topics from their beginning or from a time on. Not thread-safe. */
final class TopicReader implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(200);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<TopicPartition> partitions = new ArrayList<>();

  /** Reads brokers that ask for nothing, such as those of a local stack. */
  TopicReader(String bootstrap, Collection<String> topics) {
    this(Brokers.at(bootstrap), topics);
  }

  /**
   * @throws CliException when there is no such topic
   */
  TopicReader(Brokers brokers, Collection<String> topics) {
    consumer =
        brokers.consumer(
            Map.of("isolation.level", "read_committed", "allow.auto.create.topics", "false"));
    for (String topic : topics) {
      List<PartitionInfo> found = consumer.partitionsFor(topic);
      if (found.isEmpty()) {
        consumer.close();
        throw new CliException("there is no topic " + topic + " at " + brokers);
      }
      found.forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Leaves out what the log took before that time, milliseconds since the epoch. */
  void from(long appendTimeMs) {
    Map<TopicPartition, Long> times = new java.util.HashMap<>();
    partitions.forEach(partition -> times.put(partition, appendTimeMs));
    Map<TopicPartition, OffsetAndTimestamp> offsets = consumer.offsetsForTimes(times);
    offsets.forEach(
        (partition, offset) -> {
          if (offset == null) {
            consumer.seekToEnd(List.of(partition));
          } else {
            consumer.seek(partition, offset.offset());
          }
        });
  }

  /** Leaves out all but the last so many of each partition. */
  void newest(int records) {
    Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
    consumer
        .endOffsets(partitions)
        .forEach(
            (partition, end) ->
                consumer.seek(
                    partition, Math.max(begins.getOrDefault(partition, 0L), end - records)));
  }

  /**
   * Reads.
   *
   * @param follow true to go on when the ends are reached, until {@code each} says no
   * @param each is given every record in turn and says whether to go on
   */
  void read(boolean follow, Predicate<ConsumerRecord<byte[], byte[]>> each) {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (follow || behind(ends)) {
      for (ConsumerRecord<byte[], byte[]> entry : consumer.poll(POLL)) {
        if (!each.test(entry)) {
          return;
        }
      }
    }
  }

  private boolean behind(Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue());
  }

  @Override
  public void close() {
    consumer.close();
  }
}
