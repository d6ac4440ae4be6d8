package io.vigil.console.ingest;

import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import io.vigil.schema.codec.DecodeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one topic into the database, for as long as it runs: what a batch holds and how far it went
 * are one transaction, so each record is stored once, whatever restarts on either side. The topic's
 * row of offsets is locked meanwhile: of two consoles on one database each record is stored by
 * whichever comes first. A database or broker that is away is waited for.
 */
public final class TopicIngest implements Runnable, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TopicIngest.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long PAUSE_MS = 500;
  private static final long END_MS = 10_000;

  private final Database database;
  private final String topic;
  private final TopicSink sink;
  private final Map<String, Object> kafka;
  private final Thread thread;
  private volatile boolean closed;
  // A record that the database refuses must not hold up the others: then each has a savepoint.
  private boolean careful;
  private volatile long lag = Long.MAX_VALUE;
  private final KafkaConsumer<byte[], byte[]> consumer;

  /**
   * Starts to read.
   *
   * @param kafka how to reach the brokers, a consumer's options
   * @param batch most records of a transaction
   */
  static TopicIngest start(
      Database database, String topic, TopicSink sink, Map<String, Object> kafka, int batch) {
    TopicIngest ingest = new TopicIngest(database, topic, sink, kafka, batch);
    ingest.thread.start();
    return ingest;
  }

  private TopicIngest(
      Database database, String topic, TopicSink sink, Map<String, Object> kafka, int batch) {
    this.database = database;
    this.topic = topic;
    this.sink = sink;
    this.kafka = new HashMap<>(kafka);
    this.kafka.put("isolation.level", "read_committed");
    this.kafka.put("auto.offset.reset", "none");
    this.kafka.put("enable.auto.commit", "false");
    this.kafka.put("max.poll.records", Integer.toString(batch));
    this.consumer = consumer();
    this.thread = new Thread(this, "ingest-" + topic);
  }

  /** The topic's name. */
  public String topic() {
    return topic;
  }

  /** Records of the topic that are not stored yet; the greatest long when that is not known. */
  public long lag() {
    return lag;
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    return new KafkaConsumer<>(kafka, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  @Override
  public void run() {
    while (!closed) {
      try {
        List<TopicPartition> partitions =
            consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        consumer.assign(partitions);
        position(partitions);
        while (!closed) {
          ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
          if (!records.isEmpty()) {
            database.transact(handle -> store(handle, records));
          }
          lag = lag(partitions);
        }
      } catch (WakeupException e) {
        // Closed.
      } catch (OffsetOutOfRangeException e) {
        skipExpired(e);
      } catch (RuntimeException e) {
        // What was read and not stored still lags; the last known figure would hide it.
        lag = Long.MAX_VALUE;
        careful = isOfTheData(e);
        if (!closed) {
          LOG.warn("reading a topic failed, trying again; topic {}", topic, e);
          pause();
        }
      }
    }
    consumer.close();
  }

  /** Goes on where the database says that it stopped. */
  private void position(List<TopicPartition> partitions) {
    Map<TopicPartition, Long> earliest = consumer.beginningOffsets(partitions);
    for (TopicPartition partition : partitions) {
      long next =
          database.inTransaction(
              handle -> {
                handle
                    .createUpdate(
                        "insert into topic_offset values (:topic, :partition, :next)"
                            + " on conflict do nothing")
                    .bind("topic", topic)
                    .bind("partition", partition.partition())
                    .bind("next", earliest.get(partition))
                    .execute();
                return locked(handle, partition.partition());
              });
      consumer.seek(partition, next);
    }
  }

  private long locked(Handle handle, int partition) {
    return handle
        .createQuery(
            "select next_offset from topic_offset"
                + " where topic = :topic and partition = :partition for update")
        .bind("topic", topic)
        .bind("partition", partition)
        .mapTo(Long.class)
        .one();
  }

  private void store(Handle handle, ConsumerRecords<byte[], byte[]> records) {
    List<TopicPartition> partitions = new ArrayList<>(records.partitions());
    partitions.sort((a, b) -> Integer.compare(a.partition(), b.partition()));
    for (TopicPartition partition : partitions) {
      long stored = locked(handle, partition.partition());
      long next = stored;
      for (ConsumerRecord<byte[], byte[]> each : records.records(partition)) {
        // Another console was faster.
        if (each.offset() >= stored) {
          store(handle, each);
          next = each.offset() + 1;
        }
      }
      if (next > stored) {
        handle
            .createUpdate(
                "update topic_offset set next_offset = :next"
                    + " where topic = :topic and partition = :partition")
            .bind("next", next)
            .bind("topic", topic)
            .bind("partition", partition.partition())
            .execute();
      }
    }
    sink.end(handle);
  }

  private void store(Handle handle, ConsumerRecord<byte[], byte[]> entry) {
    if (entry.value() == null) {
      return;
    }
    List<TopicSink.Store> stores;
    try {
      stores = sink.read(entry.value());
    } catch (DecodeException e) {
      LOG.warn("a record cannot be read; topic {} offset {}", topic, entry.offset(), e);
      unreadable(
          handle,
          entry.partition(),
          entry.offset(),
          entry.offset() + 1,
          e.reason().code() + ": " + e.getMessage(),
          entry.value());
      return;
    }
    if (!careful) {
      stores.forEach(store -> store.into(handle));
      return;
    }
    String name = "record";
    handle.savepoint(name);
    try {
      stores.forEach(store -> store.into(handle));
      handle.releaseSavepoint(name);
    } catch (RuntimeException e) {
      if (!isOfTheData(e)) {
        throw e;
      }
      handle.rollbackToSavepoint(name);
      LOG.warn("a record cannot be stored; topic {} offset {}", topic, entry.offset(), e);
      unreadable(
          handle,
          entry.partition(),
          entry.offset(),
          entry.offset() + 1,
          "not_stored: " + e.getMessage(),
          entry.value());
    }
  }

  /** Data exception or violated constraint: trying again would not help. */
  private static boolean isOfTheData(RuntimeException e) {
    return Database.hasState(e, "22") || Database.hasState(e, "23") || Database.hasState(e, "54");
  }

  /** What Kafka dropped before it was read is counted as lost, never passed over in silence. */
  private void skipExpired(OffsetOutOfRangeException e) {
    e.offsetOutOfRangePartitions()
        .forEach(
            (partition, offset) -> {
              Long earliest = consumer.beginningOffsets(List.of(partition)).get(partition);
              if (earliest == null) {
                return;
              }
              LOG.error(
                  "records expired before they were read; topic {} partition {} offsets {} to {}",
                  topic,
                  partition.partition(),
                  offset,
                  earliest);
              database.transact(
                  handle -> {
                    long stored = locked(handle, partition.partition());
                    if (stored < earliest) {
                      unreadable(handle, partition.partition(), stored, earliest, "expired", null);
                    }
                    handle
                        .createUpdate(
                            "update topic_offset set next_offset = :next"
                                + " where topic = :topic and partition = :partition")
                        .bind("next", earliest)
                        .bind("topic", topic)
                        .bind("partition", partition.partition())
                        .execute();
                  });
            });
  }

  private void unreadable(
      Handle handle,
      int partition,
      long first,
      long next,
      String why,
      byte @org.jspecify.annotations.Nullable [] value) {
    PreparedBatch batch =
        handle.prepareBatch(
            "insert into unreadable (topic, partition, first_offset, next_offset, why, value)"
                + " values (:topic, :partition, :first, :next, :why, :value) on conflict do nothing");
    batch
        .bind("topic", topic)
        .bind("partition", partition)
        .bind("first", first)
        .bind("next", next)
        .bind("why", Columns.clean(why))
        .bind("value", value)
        .add();
    batch.execute();
  }

  private long lag(List<TopicPartition> partitions) {
    long sum = 0;
    for (TopicPartition partition : partitions) {
      sum += consumer.currentLag(partition).orElse(Long.MAX_VALUE / partitions.size());
    }
    return sum;
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
    consumer.wakeup();
    try {
      thread.join(END_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
