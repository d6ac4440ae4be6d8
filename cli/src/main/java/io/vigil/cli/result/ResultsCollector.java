package io.vigil.cli.result;

import io.vigil.cli.CliException;
import io.vigil.cli.kafka.Brokers;
import io.vigil.job.Topics;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Receipt;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the pipeline writes, from the beginning of its topics, in a thread of its own. The
 * methods may be called from any thread.
 */
public final class ResultsCollector implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(200);
  private static final List<String> TOPICS =
      List.of(Topics.DECISIONS, Topics.CASES, Topics.DEAD_LETTERS, Topics.RECEIPTS);

  /**
   * What was collected.
   *
   * @param digest of the decisions, hex
   */
  public record Result(Counts counts, Latency latency, String digest) {}

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final @Nullable ResultFiles files;
  private final Consumer<AlertRaised> onAlert;
  private final Tally tally = new Tally();
  private final Codec<AlertRaised> alerts = Codec.of(AlertRaised.class);
  private final Codec<DeadLetter> deadLetters = Codec.of(DeadLetter.class);
  private final Codec<Receipt> receipts = Codec.of(Receipt.class);
  private final Thread thread = new Thread(this::collect, "results");
  private volatile Counts counts = tally.counts();
  private volatile boolean draining;
  private volatile boolean cancelled;
  private volatile long latencyFromMs = Long.MIN_VALUE;
  private volatile @Nullable Exception failure;

  /**
   * Starts to collect.
   *
   * @param files where first copies are written as well; null for nowhere
   * @param onAlert is told of every new alert, in the collector's thread
   */
  public ResultsCollector(
      Brokers brokers, @Nullable ResultFiles files, Consumer<AlertRaised> onAlert) {
    this.files = files;
    this.onAlert = onAlert;
    consumer = consumer(brokers);
    thread.setDaemon(true);
    thread.start();
  }

  private static KafkaConsumer<byte[], byte[]> consumer(Brokers brokers) {
    Map<String, Object> options =
        Map.of(
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            false,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed",
            ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
            10_000,
            // Few, large answers: the pipeline needs the processor more than we do.
            ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
            1 << 18,
            ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
            (int) POLL.toMillis(),
            ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
            4 << 20,
            ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
            16 << 20);
    return brokers.consumer(options);
  }

  private void collect() {
    try (consumer) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : TOPICS) {
        consumer
            .partitionsFor(topic)
            .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
      }
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = null;
      while (!cancelled && (ends == null || behind(ends))) {
        if (ends == null && draining) {
          ends = consumer.endOffsets(partitions);
        }
        tally.latencyFrom(latencyFromMs);
        for (ConsumerRecord<byte[], byte[]> entry : consumer.poll(POLL)) {
          accept(entry);
        }
        counts = tally.counts();
      }
    } catch (IOException | KafkaException e) {
      failure = e;
    }
  }

  private boolean behind(Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue());
  }

  private void accept(ConsumerRecord<byte[], byte[]> entry) throws IOException {
    byte[] value = entry.value();
    try {
      switch (entry.topic()) {
        case Topics.DECISIONS -> {
          if (tally.decision(value, entry.timestamp()) && files != null) {
            files.decision(value);
          }
        }
        case Topics.CASES -> {
          AlertRaised alert = alerts.decode(value);
          if (tally.alert(alert)) {
            if (files != null) {
              files.alert(value);
            }
            onAlert.accept(alert);
          }
        }
        case Topics.DEAD_LETTERS -> {
          if (tally.deadLetter(deadLetters.decode(value)) && files != null) {
            files.deadLetter(value);
          }
        }
        case Topics.RECEIPTS -> tally.receipt(receipts.decode(value));
        default -> throw new IllegalStateException("topic " + entry.topic() + " was not asked for");
      }
    } catch (DecodeException e) {
      throw new IOException(
          "%s-%d@%d: %s"
              .formatted(entry.topic(), entry.partition(), entry.offset(), e.getMessage()),
          e);
    }
  }

  /** Leaves out of the latencies what the log takes before that time, milliseconds. */
  public void latencyFrom(long appendTimeMs) {
    latencyFromMs = appendTimeMs;
  }

  /**
   * The numbers so far.
   *
   * @throws CliException when the collector has failed
   */
  public Counts counts() {
    check();
    return counts;
  }

  private void check() {
    Exception thrown = failure;
    if (thrown != null) {
      throw new CliException("cannot read the results: " + thrown.getMessage(), thrown);
    }
  }

  /** Reads on to the ends that the topics have now, and returns what was collected. */
  public Result finish() throws InterruptedException, IOException {
    draining = true;
    thread.join();
    check();
    if (files != null) {
      files.commit();
    }
    return new Result(tally.counts(), tally.latency(), tally.decisionsDigest());
  }

  @Override
  public void close() {
    cancelled = true;
    try {
      thread.join();
      if (files != null) {
        files.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new CliException("cannot write the results: " + e.getMessage(), e);
    }
  }
}
