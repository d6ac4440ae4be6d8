package io.vigil.bench.latency;

import io.vigil.job.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Consumes decisions and cases in a thread of its own and notes when they came; what is in them is
 * read after the step. The methods may be called from any thread.
 */
public final class Tap implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  /** Of alert and case, which stand before the transaction. */
  private static final int IDS_IN_ALERT = 2;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final RigClock clock;
  private final Thread thread = new Thread(this::consume, "tap");
  private volatile @Nullable Listener listener;
  private volatile boolean closed;
  private volatile @Nullable RuntimeException failure;

  /** Hears of decisions and alerts in the tap's thread. */
  @FunctionalInterface
  public interface Listener {
    /**
     * A record was polled.
     *
     * @param decision true for a decision, false for an alert
     * @param number of its transaction
     * @param nowNs when, by the {@link RigClock}
     */
    void heard(boolean decision, long number, long nowNs);
  }

  public Tap(String bootstrap, RigClock clock) {
    this.clock = clock;
    consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                10_000),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : List.of(Topics.DECISIONS, Topics.CASES)) {
      consumer
          .partitionsFor(topic)
          .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    thread.setDaemon(true);
    thread.start();
  }

  /** Notes from now on what belongs to the step whose first transaction has that number. */
  public void watch(long firstNumber, Arrivals decisions, Arrivals alerts) {
    watch(
        (decision, number, nowNs) ->
            (decision ? decisions : alerts).record(number - firstNumber, nowNs));
  }

  /** Tells that one from now on, and nobody else. */
  public void watch(Listener next) {
    listener = next;
  }

  private void consume() {
    try (consumer) {
      while (!closed) {
        ConsumerRecords<byte[], byte[]> entries = consumer.poll(POLL);
        long nowNs = clock.nowNs();
        Listener now = listener;
        if (now == null) {
          continue;
        }
        for (ConsumerRecord<byte[], byte[]> entry : entries) {
          boolean decision = entry.topic().equals(Topics.DECISIONS);
          long number = Payments.number(entry.value(), decision ? 0 : IDS_IN_ALERT);
          now.heard(decision, number, nowNs);
        }
      }
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  /** Fails when the consumer has. */
  public void check() {
    RuntimeException failed = failure;
    if (failed != null) {
      throw new IllegalStateException("cannot read the decisions: " + failed.getMessage(), failed);
    }
  }

  @Override
  public void close() throws InterruptedException {
    closed = true;
    thread.join();
  }
}
