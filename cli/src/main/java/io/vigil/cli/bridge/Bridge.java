package io.vigil.cli.bridge;

import io.vigil.cli.CliException;
import io.vigil.cli.ingest.EffectiveOrder;
import io.vigil.cli.ingest.Ingested;
import io.vigil.cli.ingest.RegistryException;
import io.vigil.cli.ingest.TopicMapper;
import io.vigil.cli.kafka.Brokers;
import io.vigil.job.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a topic that is not ours for as long as it runs, and appends to ours what a mapping makes
 * of its records: transactions, events or profiles, and dead letters. At least once: an offset is
 * committed when our brokers have what became of the record; a repeat after a restart has the bytes
 * of the first, and is a duplicate to the job. Brokers and registries that are away are waited for.
 * Thread-confined.
 */
public final class Bridge implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long COMMIT_NS = Duration.ofSeconds(1).toNanos();
  private static final long REPORT_NS = Duration.ofSeconds(10).toNanos();
  private static final Duration END = Duration.ofSeconds(10);
  private static final String MAX_REQUEST_BYTES = Integer.toString(17 << 20);

  /** Mapped records that wait for their turn, of one partition. */
  private static final int HELD_MAX = 1_000;

  /** How long the others wait for a partition that has more and does not give it. */
  private static final long STALL_NS = Duration.ofSeconds(5).toNanos();

  private static final long REGISTRY_PAUSE_NS = Duration.ofSeconds(1).toNanos();

  /**
   * What is read.
   *
   * @param group the consumer group that keeps how far it got
   * @param fromBeginning where it starts when the group has never read: at the oldest record, or
   *     after the newest
   * @param untilEnd end when everything is through that the topic held at the start
   */
  public record Settings(String topic, String group, boolean fromBeginning, boolean untilEnd) {}

  /**
   * What went through.
   *
   * @param appended to our transactions, events or profiles
   * @param expired records that the topic dropped before they were read
   * @param lag records that the topic has and that are not read
   */
  public record Counts(
      long read, long appended, long deadLetters, long expired, long lag, double seconds) {
    /** Records a second since the start. */
    public double rate() {
      return seconds <= 0 ? 0 : read / seconds;
    }
  }

  private final Brokers from;
  private final Brokers to;
  private final Settings settings;
  private final TopicMapper mapper;
  private final Consumer<String> log;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Producer<byte[], byte[]> producer;
  private final Outbound.Encoder encoder = new Outbound.Encoder();
  private final Merge<Outbound> merge = new Merge<>();
  private final Map<TopicPartition, OffsetAndMetadata> emitted = new HashMap<>();
  private final Map<TopicPartition, Long> ends = new HashMap<>();
  private final Map<TopicPartition, Long> retryAtNs = new HashMap<>();
  private final Set<TopicPartition> stalled = new HashSet<>();
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private final AtomicLong outstanding = new AtomicLong();
  private final long beganNs = System.nanoTime();
  private int deadLetterPartitions = 1;
  private long movedNs = beganNs;
  private long committedNs = beganNs;
  private long reportedNs = beganNs;
  private long readAtReport;
  private long read;
  private long appended;
  private long deadLetters;
  private long expired;

  /**
   * @param log is told every ten seconds how it goes, and of what is away
   */
  public Bridge(
      Brokers from, Brokers to, Settings settings, TopicMapper mapper, Consumer<String> log) {
    this.from = from;
    this.to = to;
    this.settings = settings;
    this.mapper = mapper;
    this.log = log;
    this.consumer =
        from.consumer(
            Map.of(
                "group.id", settings.group(),
                "auto.offset.reset", "none",
                "allow.auto.create.topics", "false",
                "isolation.level", "read_committed",
                "max.poll.records", "500",
                // While our own brokers are away nothing is asked of theirs.
                "max.poll.interval.ms", Integer.toString(Integer.MAX_VALUE)));
    this.producer =
        to.producer(
            Map.of(
                "acks",
                "all",
                "enable.idempotence",
                "true",
                "linger.ms",
                "5",
                "batch.size",
                Integer.toString(1 << 17),
                "max.request.size",
                MAX_REQUEST_BYTES,
                // What was read waits for as long as it takes.
                "delivery.timeout.ms",
                Integer.toString(Integer.MAX_VALUE),
                "max.block.ms",
                Long.toString(Long.MAX_VALUE)));
  }

  /**
   * Runs until it is interrupted, or through with what there was.
   *
   * @throws CliException when brokers or the registry refuse us, or there is no such topic
   */
  public Counts run() throws InterruptedException {
    try {
      var unused = TopicCheck.partitions(from, settings.topic(), log);
      deadLetterPartitions = TopicCheck.partitions(to, Topics.DEAD_LETTERS, log);
      consumer.subscribe(List.of(settings.topic()), new Rebalance());
      boolean more = true;
      while (more) {
        try {
          step();
          more = !settings.untilEnd() || !atEnd();
        } catch (RetriableException e) {
          log.accept("waiting for the brokers of " + settings.topic() + ": " + e.getMessage());
        }
      }
      settle();
      return counts();
    } catch (KafkaException e) {
      if (e instanceof InterruptException) {
        throw e;
      }
      Throwable cause = e.getCause() instanceof CliException refused ? refused : e;
      throw new CliException("cannot go on: " + cause.getMessage(), e);
    }
  }

  private void step() {
    accept(poll());
    mapper.release();
    emit();
    throttle();
    long nowNs = System.nanoTime();
    if (nowNs - committedNs > COMMIT_NS) {
      settle();
      committedNs = nowNs;
    }
    if (nowNs - reportedNs > REPORT_NS) {
      report(nowNs);
    }
  }

  /** What went through so far. */
  public Counts counts() {
    long lag = 0;
    for (TopicPartition partition : consumer.assignment()) {
      lag += consumer.currentLag(partition).orElse(0) + merge.size(partition);
    }
    return new Counts(
        read, appended, deadLetters, expired, lag, (System.nanoTime() - beganNs) / 1e9);
  }

  private ConsumerRecords<byte[], byte[]> poll() {
    try {
      return consumer.poll(POLL);
    } catch (OffsetOutOfRangeException e) {
      skipExpired(e.offsetOutOfRangePartitions());
    }
    return ConsumerRecords.empty();
  }

  /** Records that are gone cannot be had back; that they are must be said. */
  private void skipExpired(Map<TopicPartition, Long> positions) {
    Map<TopicPartition, Long> begins = consumer.beginningOffsets(positions.keySet());
    Map<TopicPartition, Long> endsNow = consumer.endOffsets(positions.keySet());
    positions.forEach(
        (partition, position) -> {
          long begin = begins.getOrDefault(partition, 0L);
          long end = endsNow.getOrDefault(partition, 0L);
          if (position > end) {
            log.accept(
                "ERROR: %s: expected offset %d next, but it ends at %d: it was made anew, or lost records; it is read from its oldest record on"
                    .formatted(partition, position, end));
            consumer.seek(partition, begin);
            return;
          }
          expired += Math.max(0, begin - position);
          log.accept(
              "ERROR: %s: offsets %d to %d expired before they were read: %d records are missing"
                  .formatted(partition, position, begin - 1, begin - position));
          consumer.seek(partition, begin);
        });
  }

  private void accept(ConsumerRecords<byte[], byte[]> records) {
    for (TopicPartition partition : records.partitions()) {
      stalled.remove(partition);
      for (ConsumerRecord<byte[], byte[]> record : records.records(partition)) {
        try {
          Ingested mapped = mapper.map(record);
          long timeMs =
              mapped instanceof Ingested.BadRow ? Long.MIN_VALUE : EffectiveOrder.timeMs(mapped);
          merge.add(new Merge.Item<>(partition, timeMs, encoder.encode(mapped, record.offset())));
          read++;
        } catch (RegistryException e) {
          if (e.refused()) {
            throw new CliException(String.valueOf(e.getMessage()), e);
          }
          log.accept("waiting: " + e.getMessage());
          consumer.seek(partition, record.offset());
          retryAtNs.put(partition, System.nanoTime() + REGISTRY_PAUSE_NS);
          break;
        }
      }
    }
  }

  private void emit() {
    Set<TopicPartition> behind = new HashSet<>(consumer.assignment());
    behind.removeAll(stalled);
    behind.removeIf(partition -> consumer.currentLag(partition).orElse(1) == 0);
    long before = merge.size();
    for (Merge.Item<Outbound> next = merge.poll(behind); next != null; next = merge.poll(behind)) {
      send(next);
    }
    long nowNs = System.nanoTime();
    if (merge.size() < before || before == 0) {
      movedNs = nowNs;
    } else if (nowNs - movedNs > STALL_NS) {
      Set<TopicPartition> slow = merge.empty();
      slow.stream().filter(behind::contains).forEach(stalled::add);
      log.accept("going on without " + stalled + ", which have more and do not give it");
      movedNs = nowNs;
    }
  }

  private void send(Merge.Item<Outbound> item) {
    Outbound outbound = item.value();
    @Nullable Integer partition = null;
    if (outbound.key() == null) {
      deadLetters++;
      partition = (int) (outbound.offset() % deadLetterPartitions);
    } else {
      appended++;
    }
    outstanding.incrementAndGet();
    var unused =
        producer.send(
            new ProducerRecord<>(outbound.topic(), partition, outbound.key(), outbound.value()),
            (metadata, problem) -> {
              if (problem != null) {
                failure.compareAndSet(null, problem);
              }
              outstanding.decrementAndGet();
            });
    emitted.put(item.partition(), new OffsetAndMetadata(outbound.offset() + 1));
  }

  /** Full queues wait, and so do partitions whose schemas cannot be had; the others are read. */
  private void throttle() {
    long nowNs = System.nanoTime();
    retryAtNs.values().removeIf(at -> nowNs - at > 0);
    Set<TopicPartition> paused = consumer.paused();
    for (TopicPartition partition : consumer.assignment()) {
      int held = merge.size(partition);
      boolean wait =
          retryAtNs.containsKey(partition)
              || held >= HELD_MAX
              || (paused.contains(partition) && held > HELD_MAX / 2);
      if (wait && !paused.contains(partition)) {
        consumer.pause(List.of(partition));
      } else if (!wait && paused.contains(partition)) {
        consumer.resume(List.of(partition));
      }
    }
  }

  /** Waits until our brokers have everything that was sent, then says so to theirs. */
  private void settle() {
    producer.flush();
    check();
    if (emitted.isEmpty()) {
      return;
    }
    try {
      consumer.commitSync(Map.copyOf(emitted), END);
      emitted.clear();
    } catch (CommitFailedException | RetriableException e) {
      // Another reads the partition now, or nobody listens: what is repeated is a duplicate.
      log.accept("offsets are not committed yet: " + e.getMessage());
    }
  }

  private void check() {
    @Nullable Exception problem = failure.get();
    if (problem != null) {
      throw new CliException(
          "our brokers refused a record: " + problem.getMessage() + "; nothing is forgotten",
          problem);
    }
  }

  private boolean atEnd() {
    Set<TopicPartition> assigned = consumer.assignment();
    return !ends.isEmpty()
        && merge.size() == 0
        && assigned.stream()
            .allMatch(p -> consumer.position(p, END) >= ends.getOrDefault(p, Long.MAX_VALUE));
  }

  private void report(long nowNs) {
    Counts now = counts();
    log.accept(
        "ingest topic=%s read=%d appended=%d dead_letters=%d expired=%d lag=%d held=%d records_per_s=%.0f"
            .formatted(
                settings.topic(),
                now.read(),
                now.appended(),
                now.deadLetters(),
                now.expired(),
                now.lag(),
                merge.size(),
                (now.read() - readAtReport) * 1e9 / (nowNs - reportedNs)));
    readAtReport = now.read();
    reportedNs = nowNs;
  }

  /** Lets our brokers finish what was sent and commits that; safe after an interrupt. */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    try {
      producer.close(END);
      if (failure.get() == null && outstanding.get() == 0 && !emitted.isEmpty()) {
        consumer.commitSync(Map.copyOf(emitted), END);
      }
    } catch (KafkaException e) {
      log.accept("offsets are not committed: " + e.getMessage());
    } finally {
      consumer.close(CloseOptions.timeout(END));
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private final class Rebalance implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      if (partitions.isEmpty()) {
        return;
      }
      merge.assign(consumer.assignment());
      boolean placed = false;
      while (!placed) {
        try {
          consumer.endOffsets(partitions).forEach(ends::putIfAbsent);
          place(withoutOffsets(partitions));
          placed = true;
        } catch (RetriableException e) {
          log.accept("waiting for the brokers of " + settings.topic() + ": " + e.getMessage());
        }
      }
    }

    private void place(Set<TopicPartition> fresh) {
      if (fresh.isEmpty()) {
        // To Kafka no partition means every one.
        return;
      }
      if (settings.fromBeginning()) {
        consumer.seekToBeginning(fresh);
        return;
      }
      Map<TopicPartition, OffsetAndMetadata> here = new HashMap<>();
      fresh.forEach(
          partition ->
              here.put(partition, new OffsetAndMetadata(ends.getOrDefault(partition, 0L))));
      // At once: who reads the partition next goes on from here, even when nothing has come by then
      // that could be committed, and not from an end of its own that lies behind what did come.
      try {
        consumer.commitSync(here, END);
      } catch (CommitFailedException e) {
        // It is being given to another already.
        log.accept("offsets are not committed yet: " + e.getMessage());
      }
      here.forEach(consumer::seek);
    }

    private Set<TopicPartition> withoutOffsets(Collection<TopicPartition> partitions) {
      Set<TopicPartition> fresh = new HashSet<>(partitions);
      consumer
          .committed(fresh)
          .forEach(
              (partition, committed) -> {
                if (committed != null) {
                  fresh.remove(partition);
                }
              });
      return fresh;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      settle();
      onPartitionsLost(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      Set<TopicPartition> left = new HashSet<>(consumer.assignment());
      left.removeAll(partitions);
      merge.assign(left);
      partitions.forEach(
          partition -> {
            emitted.remove(partition);
            ends.remove(partition);
            retryAtNs.remove(partition);
            stalled.remove(partition);
          });
    }
  }
}
