package io.vigil.cli;

import io.vigil.cli.simulate.SimulatedTransaction;
import io.vigil.cli.simulate.Simulator;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.job.Topics;
import io.vigil.schema.Label;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * A stream of payments that happen now, with everything that makes its order hard: late records,
 * repeats at once and later, in the same partition and in another, and partitions that fall quiet
 * for a second and then send what they held back. Publishes in a thread of its own until it is
 * stopped.
 */
final class KillFeed implements AutoCloseable {

  private static final int PER_SECOND = 250;
  private static final long SECOND_NS = 1_000_000_000;
  private static final int STEP_MS = 20;

  /** What a partition that is away for minutes would have taken. */
  private static final int HELD_BYTES_MAX = 400 << 20;

  private static final int PARTITIONS = 4;
  private static final int QUIET_MS = 1_000;
  private static final double LATE_SHARE = 0.05;
  private static final double REPEATED_SHARE = 0.02;
  private static final double QUIET_SHARE = 0.006;

  private final int perSecond;
  private final Random random = new Random(5);
  private final Simulator simulator;
  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<Label> labels = Codec.of(Label.class);
  private final KafkaProducer<byte[], byte[]> producer;
  private final long[] quietUntilMs = new long[PARTITIONS];
  private final List<ArrayDeque<Sent>> heldBack = new ArrayList<>();
  private final ArrayDeque<Sent> toRepeat = new ArrayDeque<>();
  private final ArrayDeque<Label> reported = new ArrayDeque<>();
  private final Set<String> ids = ConcurrentHashMap.newKeySet();
  private final AtomicInteger repeats = new AtomicInteger();
  private final AtomicLong taken = new AtomicLong();
  private final Thread thread = new Thread(this::publish, "feed");
  private final long beganNs = System.nanoTime();
  private volatile boolean stopping;
  private volatile @Nullable Exception failure;

  private record Sent(int partition, byte[] value) {}

  KillFeed(String bootstrap) {
    this(bootstrap, PER_SECOND);
  }

  KillFeed(String bootstrap, int perSecond) {
    this(bootstrap, perSecond, simulator());
  }

  /**
   * A feed at once.
   *
   * @param simulator of {@link #simulator}, which takes seconds to make
   */
  KillFeed(String bootstrap, int perSecond, Simulator simulator) {
    this.perSecond = perSecond;
    this.simulator = simulator;
    producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                bootstrap,
                "acks",
                "all",
                // It keeps what a partition does not take, and sends it when it does.
                "delivery.timeout.ms",
                Integer.MAX_VALUE,
                "buffer.memory",
                HELD_BYTES_MAX),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    for (int i = 0; i < PARTITIONS; i++) {
      heldBack.add(new ArrayDeque<>());
    }
    thread.setDaemon(true);
    thread.start();
  }

  /** What a feed publishes. */
  static Simulator simulator() {
    return new Simulator(SimulatorOptions.of(11, 1_000_000));
  }

  private void publish() {
    try {
      long made = 0;
      while (!stopping) {
        long nowMs = System.currentTimeMillis();
        // First what was held back: only the ticks since then, and no newer record, make it late.
        letQuietOnesGoOn(nowMs);
        // By the clock, not by steps: what one step takes longer the next makes up for.
        for (long due = (System.nanoTime() - beganNs) * perSecond / SECOND_NS; made < due; made++) {
          next(nowMs);
        }
        if (toRepeat.size() > 50) {
          repeat(toRepeat.remove(), 0.3);
        }
        if (reported.size() > 20) {
          report(reported.remove(), nowMs);
        }
        Thread.sleep(STEP_MS);
      }
      letQuietOnesGoOn(Long.MAX_VALUE);
    } catch (InterruptedException | RuntimeException e) {
      failure = e;
    }
  }

  private void next(long nowMs) {
    SimulatedTransaction simulated = simulator.next();
    Transaction transaction = simulated.transaction();
    // One token in some ten thousand looks like a card number and would be a dead letter.
    transaction.setDevice(null);
    boolean late = random.nextDouble() < LATE_SHARE;
    transaction.setEventTime(late ? nowMs - 300 - random.nextInt(4_700) : nowMs);
    byte[] key = transaction.getAccount().getBytes(StandardCharsets.UTF_8);
    Sent sent =
        new Sent(
            Utils.toPositive(Utils.murmur2(key)) % PARTITIONS, transactions.encode(transaction));
    ids.add(transaction.getTransactionId());
    if (nowMs < quietUntilMs[sent.partition]) {
      heldBack.get(sent.partition).add(sent);
    } else {
      send(sent);
    }
    double chance = random.nextDouble();
    if (chance < REPEATED_SHARE / 2) {
      repeat(sent, 0.5);
    } else if (chance < REPEATED_SHARE) {
      toRepeat.add(sent);
    } else if (chance < REPEATED_SHARE + QUIET_SHARE) {
      quietUntilMs[random.nextInt(PARTITIONS)] = nowMs + QUIET_MS;
    }
    Label label = simulated.label();
    if (label != null) {
      label.setTransactionTime(transaction.getEventTime());
      reported.add(label);
    }
  }

  private void letQuietOnesGoOn(long nowMs) {
    for (int i = 0; i < PARTITIONS; i++) {
      while (nowMs >= quietUntilMs[i] && !heldBack.get(i).isEmpty()) {
        send(heldBack.get(i).remove());
      }
    }
  }

  /** The same bytes again, now and then in a partition where the record does not belong. */
  private void repeat(Sent sent, double elsewhere) {
    int step = random.nextDouble() < elsewhere ? 1 : 0;
    repeats.incrementAndGet();
    send(new Sent((sent.partition + step) % PARTITIONS, sent.value));
  }

  private void report(Label label, long nowMs) {
    label.setLabelTime(nowMs);
    producer.send(
        new ProducerRecord<>(
            Topics.LABELS,
            label.getAccount().getBytes(StandardCharsets.UTF_8),
            labels.encode(label)),
        this::sent);
  }

  private void send(Sent sent) {
    producer.send(
        new ProducerRecord<>(Topics.TRANSACTIONS, sent.partition, null, sent.value), this::sent);
  }

  private void sent(Object unused, @Nullable Exception failed) {
    if (failed != null) {
      failure = failed;
    } else {
      taken.incrementAndGet();
    }
  }

  /** Ends the stream; afterwards all of it is in the log. */
  void stop() throws InterruptedException {
    stopping = true;
    thread.join();
    producer.flush();
    Exception failed = failure;
    if (failed != null) {
      throw new IllegalStateException("the feed failed", failed);
    }
  }

  /** The ids of all transactions so far. */
  Set<String> ids() {
    return ids;
  }

  /** The rates since it began: of transactions, as wanted and as made, and of records as taken. */
  String rates() {
    double seconds = (System.nanoTime() - beganNs) / (double) SECOND_NS;
    return "wanted %d/s, made %.0f/s, with repeats and labels %.0f/s are in the log"
        .formatted(perSecond, ids.size() / seconds, taken.get() / seconds);
  }

  /** How many records repeat an earlier or, held back, a later one. */
  int repeats() {
    return repeats.get();
  }

  @Override
  public void close() {
    stopping = true;
    // What a partition that is still away has not taken would be waited for without an end.
    producer.close(Duration.ofSeconds(5));
  }
}
