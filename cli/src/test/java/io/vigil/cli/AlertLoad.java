package io.vigil.cli;

import io.vigil.job.Topics;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Digest;
import io.vigil.schema.Outcome;
import io.vigil.schema.Reason;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Puts alerts of an account each into the case topic on a constant schedule, whatever happens to
 * those who read them; every tenth comes again a second later, as after a restart of the job.
 */
final class AlertLoad implements AutoCloseable {
  private static final int REPEATED = 10;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final KafkaProducer<byte[], byte[]> producer;
  private final int rate;
  private final CountDownLatch[] sent;
  private final Thread thread = new Thread(this::send, "load");
  private int repeats;
  private volatile long lastNanos;
  private volatile double seconds;
  private volatile @Nullable Exception failure;

  /**
   * @param rate alerts a second, repeats not counted
   */
  AlertLoad(String bootstrap, int rate, int alerts) {
    this.rate = rate;
    this.sent = new CountDownLatch[alerts + 1];
    for (int i = 0; i <= alerts; i++) {
      sent[i] = new CountDownLatch(1);
    }
    producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                ProducerConfig.ACKS_CONFIG,
                "all"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  void start() {
    thread.start();
  }

  private void send() {
    Codec<AlertRaised> codec = Codec.of(AlertRaised.class);
    List<Future<?>> pending = new ArrayList<>();
    int alerts = sent.length - 1;
    long start = System.nanoTime();
    try {
      for (int i = 0; i < alerts; i++) {
        long due = start + i * TimeUnit.SECONDS.toNanos(1) / rate;
        while (System.nanoTime() < due) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        pending.add(producer.send(entry(codec, i)));
        int earlier = i - rate;
        if (earlier >= 0 && earlier % REPEATED == 0) {
          pending.add(producer.send(entry(codec, earlier)));
          repeats++;
        }
        if (i + 1 < alerts) {
          sent[i + 1].countDown();
        }
      }
      for (Future<?> each : pending) {
        each.get();
      }
      lastNanos = System.nanoTime();
      seconds = (lastNanos - start) / 1e9;
    } catch (ExecutionException | InterruptedException | RuntimeException e) {
      failure = e;
    } finally {
      sent[alerts].countDown();
    }
  }

  private static ProducerRecord<byte[], byte[]> entry(Codec<AlertRaised> codec, int i) {
    return new ProducerRecord<>(
        Topics.CASES, ("stream-" + i).getBytes(StandardCharsets.UTF_8), codec.encode(alert(i)));
  }

  /** The same for the same number. */
  private static AlertRaised alert(int i) {
    Transaction payment = PlainFeed.payment("t-" + i, "account-" + i, 1_790_000_000_000L + i);
    Digest digest = new Digest(new byte[32]);
    return new AlertRaised(
        "alert-" + i,
        "stream-" + i,
        payment,
        payment.getEventTime(),
        false,
        Outcome.REVIEW,
        0.5 + i % 50 / 100.0,
        5_000L + i % 5_000,
        "EUR",
        List.of(),
        List.of(new Reason("VELOCITY", "9 payments within 10 minutes.", 9.0, 1.0, 2.0)),
        digest,
        digest,
        digest,
        null);
  }

  /** Waits until so many were sent; all of them only when the brokers have them. */
  void awaitSent(int alerts) throws InterruptedException {
    if (!sent[alerts].await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError(alerts + " alerts were not sent within " + PATIENCE);
    }
    Exception broken = failure;
    if (broken != null) {
      throw new AssertionError("sending failed", broken);
    }
  }

  /** Repeats of all that were sent; ask when all are. */
  int repeats() {
    return repeats;
  }

  /** Alerts a second; ask when all are sent. */
  double rate() {
    return (sent.length - 1) / seconds;
  }

  double sinceLastS() {
    return (System.nanoTime() - lastNanos) / 1e9;
  }

  @Override
  public void close() throws InterruptedException {
    thread.interrupt();
    thread.join();
    producer.close(Duration.ZERO);
  }
}
