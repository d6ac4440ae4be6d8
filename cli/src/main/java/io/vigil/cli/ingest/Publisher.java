package io.vigil.cli.ingest;

import io.vigil.cli.kafka.Brokers;
import io.vigil.job.Topics;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Appends a stream to the topics, each record to a partition known beforehand, so that an import
 * that broke off can go on where each partition ends.
 *
 * <p>The broker sets the append times. Thread-confined; the producer is the caller's.
 */
public final class Publisher {
  private static final String BATCH_BYTES = Integer.toString(256 * 1024);
  private static final String BUFFER_BYTES = Integer.toString(64 * 1024 * 1024);

  /** What our topics take: of a row that is too long the job says so, and keeps it. */
  private static final String MAX_REQUEST_BYTES = Integer.toString(17 << 20);

  private static final long PROGRESS_RECORDS = 1_000;

  /**
   * Where to, and how.
   *
   * @param resume skip, in each partition, as many records as it holds. Right only when the
   *     partitions hold nothing but the beginning of this very stream
   * @param disorderMs moves each transaction and label back by up to that much event time,
   *     differently for each seed: for tests of order. 0 leaves the stream as it is
   */
  public record Options(
      String transactionsTopic,
      String labelsTopic,
      String deadLettersTopic,
      boolean resume,
      long disorderMs,
      long seed) {
    public Options {
      if (disorderMs < 0) {
        throw new IllegalArgumentException("disorderMs: expected 0 or more, got " + disorderMs);
      }
    }
  }

  /**
   * What the stream held, whether it was sent now or skipped.
   *
   * @param skipped records that the partitions held already
   * @param bytes keys and values sent now
   * @param perPartition records of each partition that has any
   * @param firstEventTimeMs smallest event time of a transaction, 0 when there is none
   * @param lastEventTimeMs greatest event time of a transaction, 0 when there is none
   */
  public record Published(
      long transactions,
      long labels,
      long badRows,
      long skipped,
      long bytes,
      Map<TopicPartition, Long> perPartition,
      long firstEventTimeMs,
      long lastEventTimeMs) {}

  /** Told now and then how many records are through, and how many bytes were sent. */
  @FunctionalInterface
  public interface Progress {
    void at(long records, long bytes);
  }

  private record Moved(long timeMs, long sequence, Ingested record) {}

  /** Per partition: how many records the stream held so far, and how many it held before. */
  private static final class Position {
    private final long skip;
    private long count;

    Position(long skip) {
      this.skip = skip;
    }
  }

  private final Producer<byte[], byte[]> producer;
  private final ToLongFunction<TopicPartition> endOffset;
  private final Options options;
  private final Codec<Transaction> transactionCodec = Codec.of(Transaction.class);
  private final Codec<Label> labelCodec = Codec.of(Label.class);
  private final Codec<Event> eventCodec = Codec.of(Event.class);
  private final Codec<Profile> profileCodec = Codec.of(Profile.class);
  private final Codec<DeadLetter> deadLetterCodec = Codec.of(DeadLetter.class);
  private final Map<TopicPartition, Position> positions = new HashMap<>();
  private final Map<String, TopicPartition[]> partitions = new HashMap<>();
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private long transactions;
  private long labels;
  private long events;
  private long profiles;
  private long badRows;
  private long badOthers;
  private long skipped;
  private long bytes;
  private long firstEventTimeMs = Long.MAX_VALUE;
  private long lastEventTimeMs = Long.MIN_VALUE;

  /**
   * For one stream.
   *
   * @param endOffset the offset after a partition's last record; asked when resuming
   */
  public Publisher(
      Producer<byte[], byte[]> producer,
      ToLongFunction<TopicPartition> endOffset,
      Options options) {
    this.producer = producer;
    this.endOffset = endOffset;
    this.options = options;
  }

  /** A producer that loses, doubles and reorders nothing, tuned for throughput. */
  public static Producer<byte[], byte[]> producer(Brokers brokers) {
    return brokers.producer(
        Map.of(
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true",
            ProducerConfig.ACKS_CONFIG, "all",
            ProducerConfig.LINGER_MS_CONFIG, "20",
            ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES,
            ProducerConfig.BUFFER_MEMORY_CONFIG, BUFFER_BYTES,
            ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES,
            ProducerConfig.COMPRESSION_TYPE_CONFIG, "none"));
  }

  /** The partition of an account, the one that Kafka's own producers choose for the key. */
  public static int partition(String account, int partitions) {
    return partition(account.getBytes(StandardCharsets.UTF_8), partitions);
  }

  /**
   * Publishes the stream to its end and waits until the broker has all of it.
   *
   * @throws IngestException when the broker refuses a record, or a partition holds more than the
   *     stream when resuming
   */
  public Published publish(Iterator<Ingested> stream, Progress progress) {
    if (options.disorderMs() == 0) {
      while (stream.hasNext()) {
        send(stream.next(), progress);
      }
    } else {
      shuffle(stream, progress);
    }
    producer.flush();
    check();
    Map<TopicPartition, Long> perPartition = new HashMap<>();
    positions.forEach(
        (partition, position) -> {
          if (position.count < position.skip) {
            throw new IngestException(
                "%s: expected at most the %d records of this file, got %d: it holds something else"
                    .formatted(partition, position.count, position.skip));
          }
          perPartition.put(partition, position.count);
        });
    progress.at(records(), bytes);
    return new Published(
        transactions,
        labels,
        badRows,
        skipped,
        bytes,
        perPartition,
        transactions == 0 ? 0 : firstEventTimeMs,
        transactions == 0 ? 0 : lastEventTimeMs);
  }

  /** Each record is held until the stream has passed its own time plus a random part of the lag. */
  private void shuffle(Iterator<Ingested> stream, Progress progress) {
    SplittableRandom random = new SplittableRandom(options.seed());
    PriorityQueue<Moved> held =
        new PriorityQueue<>(
            Comparator.comparingLong(Moved::timeMs).thenComparingLong(Moved::sequence));
    long nowMs = Long.MIN_VALUE;
    for (long sequence = 0; stream.hasNext(); sequence++) {
      Ingested record = stream.next();
      if (record instanceof Ingested.BadRow) {
        send(record, progress);
        continue;
      }
      nowMs = EffectiveOrder.timeMs(record);
      while (!held.isEmpty() && held.element().timeMs() < nowMs) {
        send(held.remove().record(), progress);
      }
      held.add(new Moved(nowMs + random.nextLong(options.disorderMs() + 1), sequence, record));
    }
    while (!held.isEmpty()) {
      send(held.remove().record(), progress);
    }
  }

  private void send(Ingested ingested, Progress progress) {
    if (ingested instanceof Ingested.TransactionRow row) {
      Transaction transaction = row.transaction();
      transactions++;
      firstEventTimeMs = Math.min(firstEventTimeMs, transaction.getEventTime());
      lastEventTimeMs = Math.max(lastEventTimeMs, transaction.getEventTime());
      TopicPartition partition = keyed(options.transactionsTopic(), transaction.getAccount());
      if (!skips(partition)) {
        append(partition, transaction.getAccount(), transactionCodec.encode(transaction));
      }
    } else if (ingested instanceof Ingested.LabelRow row) {
      labels++;
      TopicPartition partition = keyed(options.labelsTopic(), row.label().getAccount());
      if (!skips(partition)) {
        append(partition, row.label().getAccount(), labelCodec.encode(row.label()));
      }
    } else if (ingested instanceof Ingested.EventRow row) {
      events++;
      TopicPartition partition = keyed(Topics.EVENTS, row.event().getAccount());
      if (!skips(partition)) {
        append(partition, row.event().getAccount(), eventCodec.encode(row.event()));
      }
    } else if (ingested instanceof Ingested.ProfileRow row) {
      profiles++;
      TopicPartition partition = keyed(Topics.PROFILES, row.profile().getEntityId());
      if (!skips(partition)) {
        append(partition, row.profile().getEntityId(), profileCodec.encode(row.profile()));
      }
    } else if (ingested instanceof Ingested.BadRow row) {
      if (OtherReader.isSource(row.deadLetter().getSourceTopic())) {
        badOthers++;
      } else {
        badRows++;
      }
      TopicPartition[] all = partitions(options.deadLettersTopic());
      TopicPartition partition = all[(int) (row.deadLetter().getSourceOffset() % all.length)];
      if (!skips(partition)) {
        append(partition, null, deadLetterCodec.encode(row.deadLetter()));
      }
    }
    if (records() % PROGRESS_RECORDS == 0) {
      check();
      progress.at(records(), bytes);
    }
  }

  private boolean skips(TopicPartition partition) {
    @Nullable Position position = positions.get(partition);
    if (position == null) {
      position = new Position(options.resume() ? endOffset.applyAsLong(partition) : 0);
      positions.put(partition, position);
    }
    position.count++;
    boolean skips = position.count <= position.skip;
    skipped += skips ? 1 : 0;
    return skips;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // The callback hears of failures.
  private void append(TopicPartition partition, @Nullable String account, byte[] value) {
    byte @Nullable [] key = account == null ? null : account.getBytes(StandardCharsets.UTF_8);
    bytes += value.length + (key == null ? 0 : key.length);
    producer.send(
        new ProducerRecord<>(partition.topic(), partition.partition(), key, value),
        (metadata, problem) -> {
          if (problem != null) {
            failure.compareAndSet(null, problem);
          }
        });
  }

  private TopicPartition keyed(String topic, String account) {
    TopicPartition[] all = partitions(topic);
    return all[partition(account, all.length)];
  }

  private TopicPartition[] partitions(String topic) {
    return partitions.computeIfAbsent(
        topic,
        name -> {
          TopicPartition[] all = new TopicPartition[producer.partitionsFor(name).size()];
          for (int i = 0; i < all.length; i++) {
            all[i] = new TopicPartition(name, i);
          }
          return all;
        });
  }

  private static int partition(byte[] key, int partitions) {
    return Utils.toPositive(Utils.murmur2(key)) % partitions;
  }

  private long records() {
    return transactions + labels + events + profiles + badRows + badOthers;
  }

  private void check() {
    @Nullable Exception problem = failure.get();
    if (problem != null) {
      throw new IngestException("The broker refused a record: " + problem.getMessage(), problem);
    }
  }
}
