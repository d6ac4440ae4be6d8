package io.vigil.job.source;

import io.vigil.schema.Tick;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a {@link Ticker} does at a prompt. It waits for no broker: a partition that does not answer
 * is asked again later and holds up neither the ticks of the others nor a checkpoint, which passes
 * through here too.
 *
 * <p>Called by its task; answers come in on the clients' threads.
 */
final class TickWriter implements SinkWriter<Long> {
  private static final Logger LOG = LoggerFactory.getLogger(TickWriter.class);
  private static final Duration CLOSE = Duration.ofMillis(100);

  /**
   * A partition that comes back after an outage is not ticked at once: what producers have held
   * back is appended first, and is then in order instead of late.
   */
  private static final long GRACE_MS = 2_000;

  private final Admin admin;
  private final Producer<byte[], byte[]> producer;
  private final List<String> topics;
  private final long boundMs;
  private final String name;
  private final Clock clock;
  private final Codec<Tick> ticks = Codec.of(Tick.class);
  private final Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();

  /** Where a partition ended when it was last seen. */
  private final Map<TopicPartition, Long> ends = new ConcurrentHashMap<>();

  private final Set<TopicPartition> asked = ConcurrentHashMap.newKeySet();
  private final Set<TopicPartition> away = ConcurrentHashMap.newKeySet();

  /** Until when partitions that were away are left alone, by this machine's clock. */
  private final Map<TopicPartition, Long> graceUntilMs = new ConcurrentHashMap<>();

  private volatile @Nullable Throwable refused;

  TickWriter(
      Admin admin,
      Producer<byte[], byte[]> producer,
      List<String> topics,
      long boundMs,
      String name,
      Clock clock) {
    this.admin = admin;
    this.producer = producer;
    this.topics = topics;
    this.boundMs = boundMs;
    this.name = name;
    this.clock = clock;
  }

  @Override
  public void write(Long prompt, Context context) throws IOException {
    Throwable failure = refused;
    if (failure != null) {
      throw new IOException("ticker: the ends of " + topics + " are refused", failure);
    }
    if (partitions.isEmpty() && !knowPartitions()) {
      return;
    }
    Map<TopicPartition, OffsetSpec> ask = new HashMap<>(partitions);
    ask.keySet().removeAll(asked);
    if (ask.isEmpty()) {
      return;
    }
    asked.addAll(ask.keySet());
    ListOffsetsResult answers =
        admin.listOffsets(ask, new ListOffsetsOptions().timeoutMs((int) Ticker.PATIENCE_MS));
    for (TopicPartition partition : ask.keySet()) {
      var unused =
          answers
              .partitionResult(partition)
              .whenComplete(
                  (end, error) -> {
                    asked.remove(partition);
                    if (error == null) {
                      answered(partition, end.offset());
                    } else {
                      unanswered(partition, error);
                    }
                  });
    }
  }

  /** Whether the partitions are known now; when not, the next prompt asks again. */
  private boolean knowPartitions() {
    Set<TopicPartition> found = new HashSet<>();
    try {
      for (String topic : topics) {
        producer
            .partitionsFor(topic)
            .forEach(info -> found.add(new TopicPartition(topic, info.partition())));
      }
    } catch (RetriableException e) {
      LOG.warn("ticker: the brokers have not told what partitions {} have", topics, e);
      return false;
    }
    found.forEach(partition -> partitions.put(partition, OffsetSpec.latest()));
    return true;
  }

  private void answered(TopicPartition partition, long end) {
    long nowMs = clock.millis();
    if (away.remove(partition)) {
      LOG.info("ticker: {} answers again", partition);
      graceUntilMs.put(partition, nowMs + GRACE_MS);
    }
    Long before = ends.put(partition, end);
    Long until = graceUntilMs.get(partition);
    if (until != null && nowMs < until) {
      return;
    }
    graceUntilMs.remove(partition);
    // Not at first sight: a partition that is read and written all the time would be ticked, too.
    if (before != null && before == end) {
      tick(partition, nowMs);
    }
  }

  private void unanswered(TopicPartition partition, Throwable error) {
    if (!(error instanceof RetriableException)) {
      refused = error;
    } else if (away.add(partition)) {
      LOG.warn("ticker: {} does not answer and is not ticked; decisions wait", partition, error);
    }
  }

  private void tick(TopicPartition partition, long nowMs) {
    Future<RecordMetadata> unused =
        producer.send(
            new ProducerRecord<>(
                partition.topic(),
                partition.partition(),
                null,
                ticks.encode(new Tick(nowMs - boundMs - 1, name))),
            (written, failure) -> {
              // A tick that got lost is made up for at the next prompt.
              if (failure == null) {
                ends.put(partition, written.offset() + 1);
              }
            });
  }

  /** A checkpoint promises no tick. */
  @Override
  public void flush(boolean endOfInput) {}

  @Override
  public void close() {
    producer.close(CLOSE);
    admin.close(CLOSE);
  }
}
