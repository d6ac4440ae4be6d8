package io.vigil.bench.latency;

import io.vigil.job.Topics;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What stands in a step's decisions, read after the step, when nobody waits for the processor. Not
 * thread-safe.
 */
public final class Contents implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final int DIGITS = 3;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Codec<Decision> codec = Codec.of(Decision.class);
  private final List<TopicPartition> partitions;

  /**
   * What was found; the times are the broker's, in milliseconds.
   *
   * @param fallbacks decisions by rules alone, by their cause
   * @param late transactions that came behind their partition's clock
   * @param alerts decisions that raised one
   * @param toLog from due until the log had the transaction
   * @param inJob from then until the log had the decision
   */
  public record Found(
      Map<String, Integer> fallbacks, int late, int alerts, Histogram toLog, Histogram inJob) {

    public int fallbackDecisions() {
      return fallbacks.values().stream().mapToInt(Integer::intValue).sum();
    }
  }

  Contents(String bootstrap) {
    consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    partitions =
        consumer.partitionsFor(Topics.DECISIONS).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
  }

  /** Where the decisions end now; {@link #read} takes it. */
  Map<TopicPartition, Long> ends() {
    return consumer.endOffsets(partitions);
  }

  /**
   * Reads the first decision of each transaction whose number lies from one to another (exclusive).
   *
   * @param from where decisions ended before the first of them was sent
   * @throws IllegalStateException when a record is no decision
   */
  Found read(Map<TopicPartition, Long> from, long firstNumber, long endNumber) {
    Map<String, Integer> fallbacks = new TreeMap<>();
    Histogram toLog = new Histogram(DIGITS);
    Histogram inJob = new Histogram(DIGITS);
    boolean[] seen = new boolean[Math.toIntExact(endNumber - firstNumber)];
    int late = 0;
    int alerts = 0;
    from.forEach(consumer::seek);
    Map<TopicPartition, Long> ends = ends();
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      for (ConsumerRecord<byte[], byte[]> entry : consumer.poll(POLL)) {
        long number = Payments.number(entry.value(), 0);
        if (number < firstNumber || number >= endNumber || seen[(int) (number - firstNumber)]) {
          continue;
        }
        seen[(int) (number - firstNumber)] = true;
        Decision decision = decode(entry);
        late += decision.getLate() ? 1 : 0;
        alerts += decision.getAlertId() == null ? 0 : 1;
        if (decision.getFallbackCause() != null) {
          fallbacks.merge(decision.getFallbackCause(), 1, Integer::sum);
        }
        long loggedMs = decision.getAppendTime();
        toLog.recordValue(Math.max(0, loggedMs - decision.getTransaction().getEventTime()));
        inJob.recordValue(Math.max(0, entry.timestamp() - loggedMs));
      }
    }
    return new Found(fallbacks, late, alerts, toLog, inJob);
  }

  private Decision decode(ConsumerRecord<byte[], byte[]> entry) {
    try {
      return codec.decode(entry.value());
    } catch (DecodeException e) {
      throw new IllegalStateException(
          "%s-%d@%d: %s"
              .formatted(entry.topic(), entry.partition(), entry.offset(), e.getMessage()),
          e);
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
