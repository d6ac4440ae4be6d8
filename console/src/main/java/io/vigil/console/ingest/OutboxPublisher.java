package io.vigil.console.ingest;

import io.vigil.console.store.Database;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what stands in the outbox to its topics, and removes it when the brokers have it: at least
 * once, in the order in which it was written. Every record has an id of its own, so a repeat is
 * harmless.
 */
public final class OutboxPublisher implements Runnable, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OutboxPublisher.class);
  private static final int BATCH = 500;
  private static final long IDLE_MS = 50;
  private static final long PAUSE_MS = 500;
  private static final long END_MS = 10_000;

  private final Database database;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Thread thread = new Thread(this, "outbox");
  private volatile boolean closed;

  private record Waiting(long seq, String topic, byte[] key, byte[] value) {}

  /**
   * Starts to send.
   *
   * @param kafka how to reach the brokers, a producer's options
   */
  static OutboxPublisher start(Database database, Map<String, Object> kafka) {
    OutboxPublisher publisher = new OutboxPublisher(database, kafka);
    publisher.thread.start();
    return publisher;
  }

  private OutboxPublisher(Database database, Map<String, Object> kafka) {
    this.database = database;
    Map<String, Object> options = new HashMap<>(kafka);
    options.put("acks", "all");
    options.put("enable.idempotence", "true");
    options.put("delivery.timeout.ms", "15000");
    options.put("request.timeout.ms", "10000");
    options.put("linger.ms", "0");
    this.producer =
        new KafkaProducer<>(options, new ByteArraySerializer(), new ByteArraySerializer());
  }

  @Override
  public void run() {
    while (!closed) {
      try {
        if (database.inTransaction(this::send) == 0) {
          Thread.sleep(IDLE_MS);
        }
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        if (!closed) {
          LOG.warn("sending from the outbox failed, trying again", e);
          pause();
        }
      }
    }
  }

  private int send(Handle handle) {
    // A second console on this database takes what this one does not.
    List<Waiting> waiting =
        handle
            .createQuery(
                "select seq, topic, key, value from outbox order by seq limit :most for update skip locked")
            .bind("most", BATCH)
            .map(
                (row, context) ->
                    new Waiting(
                        row.getLong("seq"),
                        row.getString("topic"),
                        row.getBytes("key"),
                        row.getBytes("value")))
            .list();
    if (waiting.isEmpty()) {
      return 0;
    }
    List<Future<?>> sent = new ArrayList<>();
    for (Waiting each : waiting) {
      sent.add(producer.send(new ProducerRecord<>(each.topic(), each.key(), each.value())));
    }
    producer.flush();
    sent.forEach(OutboxPublisher::await);
    handle
        .createUpdate("delete from outbox where seq = any(:seqs)")
        .bindArray("seqs", Long.class, waiting.stream().map(Waiting::seq).toList())
        .execute();
    return waiting.size();
  }

  private static void await(Future<?> sent) {
    try {
      sent.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the brokers did not take a record", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join(END_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close();
  }
}
