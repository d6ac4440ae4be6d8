package io.vigil.cli;

import io.vigil.cli.kafka.Brokers;
import io.vigil.cli.simulate.SimulatedTransaction;
import io.vigil.job.Topics;
import io.vigil.schema.Label;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.vault.TransactionSeal;
import io.vigil.schema.vault.Vault;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the simulator's stream: each transaction at its time, and each label once the stream
 * has reached the label's own time. Not thread-safe.
 */
final class SimulatedFeed implements AutoCloseable {

  private static final int HELD_MAX = 4_096;

  private final KafkaProducer<byte[], byte[]> producer;
  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<Label> labels = Codec.of(Label.class);
  private final PriorityQueue<Label> waiting =
      new PriorityQueue<>(
          Comparator.comparingLong(Label::getLabelTime).thenComparing(Label::getLabelId));
  private final @Nullable Vault vault;
  private final @Nullable TransactionSeal seal;
  private final List<ProducerRecord<byte[], byte[]>> held = new ArrayList<>();
  private volatile @Nullable Exception failure;

  /**
   * @param vault takes people out of payments, and is the caller's to close; null for none
   */
  SimulatedFeed(Brokers brokers, @Nullable Vault vault) {
    this.vault = vault;
    this.seal = vault == null ? null : new TransactionSeal(vault);
    Map<String, Object> options =
        Map.of(
            ProducerConfig.ACKS_CONFIG,
            "all",
            ProducerConfig.LINGER_MS_CONFIG,
            5,
            ProducerConfig.BATCH_SIZE_CONFIG,
            1 << 17);
    producer = brokers.producer(options);
  }

  /**
   * Publishes one transaction, after the labels that are due by then; with a vault it may be held
   * until the next {@link #release}.
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
    Label label = simulated.label();
    if (seal != null) {
      seal.seal(transaction, Map.of());
      if (label != null) {
        sealed(label, transaction);
      }
    }
    send(Topics.TRANSACTIONS, transaction.getAccount(), transactions.encode(transaction));
    if (label != null) {
      label.setTransactionTime(eventTimeMs);
      label.setLabelTime(label.getLabelTime() + shiftMs);
      waiting.add(label);
    }
  }

  /** Sends what waits for its pseudonyms to be on the disk. */
  void release() {
    if (vault != null) {
      vault.commit();
      held.forEach(this::send);
      held.clear();
    }
  }

  private static void sealed(Label label, Transaction transaction) {
    label.setAccount(transaction.getAccount());
    label.setCard(transaction.getCard());
    label.setDevice(transaction.getDevice());
    label.setIp(transaction.getIp());
    label.setCounterparty(transaction.getCounterparty());
    label.setCustomer(transaction.getCustomer());
  }

  private void send(String topic, String key, byte[] value) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value);
    if (vault == null) {
      send(record);
      return;
    }
    held.add(record);
    if (held.size() >= HELD_MAX) {
      release();
    }
  }

  private void send(ProducerRecord<byte[], byte[]> record) {
    var unused =
        producer.send(
            record,
            (metadata, failed) -> {
              if (failed != null) {
                failure = failed;
              }
            });
  }

  /** Waits until the broker has everything. */
  void flush() {
    release();
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
