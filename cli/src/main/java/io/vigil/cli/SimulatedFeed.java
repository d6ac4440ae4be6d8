package io.vigil.cli;

import io.vigil.cli.simulate.SimulatedTransaction;
import io.vigil.job.Topics;
import io.vigil.schema.Label;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the simulator's stream: each transaction at its time, and each label once the stream
 * has reached the label's own time. Not thread-safe.
 */
final class SimulatedFeed implements AutoCloseable {

  private final KafkaProducer<byte[], byte[]> producer;
  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<Label> labels = Codec.of(Label.class);
  private final PriorityQueue<Label> waiting =
      new PriorityQueue<>(
          Comparator.comparingLong(Label::getLabelTime).thenComparing(Label::getLabelId));
  private volatile @Nullable Exception failure;

  SimulatedFeed(String bootstrap) {
    Map<String, Object> options =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrap,
            ProducerConfig.ACKS_CONFIG,
            "all",
            ProducerConfig.LINGER_MS_CONFIG,
            5,
            ProducerConfig.BATCH_SIZE_CONFIG,
            1 << 17);
    producer = new KafkaProducer<>(options, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * Publishes one transaction, after the labels that are due by then.
   *
   * @param eventTimeMs when it takes place, in place of the simulated time; its label keeps its
   *     distance
   */
  void publish(SimulatedTransaction simulated, long eventTimeMs) {
    Exception failed = failure;
    if (failed != null) {
      throw new CliException("cannot publish: " + failed.getMessage(), failed);
    }
    for (Label due = waiting.peek();
        due != null && due.getLabelTime() <= eventTimeMs;
        due = waiting.peek()) {
      send(Topics.LABELS, due.getAccount(), labels.encode(waiting.remove()));
    }
    Transaction transaction = simulated.transaction();
    long shiftMs = eventTimeMs - transaction.getEventTime();
    transaction.setEventTime(eventTimeMs);
    send(Topics.TRANSACTIONS, transaction.getAccount(), transactions.encode(transaction));
    Label label = simulated.label();
    if (label != null) {
      label.setTransactionTime(eventTimeMs);
      label.setLabelTime(label.getLabelTime() + shiftMs);
      waiting.add(label);
    }
  }

  private void send(String topic, String key, byte[] value) {
    var unused =
        producer.send(
            new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value),
            (metadata, failed) -> {
              if (failed != null) {
                failure = failed;
              }
            });
  }

  /** Waits until the broker has everything. */
  void flush() {
    producer.flush();
    Exception failed = failure;
    if (failed != null) {
      throw new CliException("cannot publish: " + failed.getMessage(), failed);
    }
  }

  @Override
  public void close() {
    try {
      producer.close(java.time.Duration.ofSeconds(5));
    } catch (KafkaException e) {
      // Interrupted while closing: whoever interrupted decides what that means.
      if (!Interruption.isInterruption(e)) {
        throw e;
      }
    }
  }
}
