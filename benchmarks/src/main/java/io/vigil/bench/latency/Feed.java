package io.vigil.bench.latency;

import io.vigil.job.Topics;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends payments to the broker, at once or by a schedule in a thread of its own. Any thread may ask
 * for a check or an end; else not thread-safe.
 */
public final class Feed implements AutoCloseable {
  private final KafkaProducer<byte[], byte[]> producer;
  private final RigClock clock;
  private volatile boolean ending;
  private volatile @Nullable Exception refused;

  public Feed(String bootstrap, RigClock clock) {
    this.clock = clock;
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

  /** Sends one payment now. */
  @SuppressWarnings("FutureReturnValueIgnored") // The callback hears of failures.
  public void send(Payment payment) {
    producer.send(
        new ProducerRecord<>(Topics.TRANSACTIONS, payment.key(), payment.value()),
        (metadata, failed) -> {
          if (failed != null) {
            refused = failed;
          }
        });
  }

  /** Payments of a stream, one after the other; it may wait for the next, and who reads is late. */
  @FunctionalInterface
  public interface Source {
    Payment next() throws InterruptedException;
  }

  /** Hears in the sender's thread when each payment had been handed over. */
  @FunctionalInterface
  public interface Progress {
    void sent(int index, long nowNs);
  }

  /**
   * Starts to send by a schedule, whose times become the payments' event times.
   *
   * @return when each had been handed over, once all are or it was told to end; see {@link #sent}
   */
  public CompletableFuture<long[]> start(Schedule schedule, Payment[] payments) {
    return inThread(
        () ->
            new ConstantSender(clock)
                .run(schedule, payments.length, i -> hand(schedule, i, payments[i])));
  }

  /**
   * The same for a stream that nobody holds as a whole.
   *
   * @param most payments that are sent, unless it is told to end
   * @return how many were handed over, once all are or it was told to end; see {@link #sent}
   */
  public CompletableFuture<Integer> start(
      Schedule schedule, int most, Source source, Progress progress) {
    return inThread(
        () ->
            new ConstantSender(clock)
                .run(
                    schedule,
                    most,
                    i -> {
                      try {
                        return hand(schedule, i, source.next());
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new IllegalStateException("interrupted", e);
                      }
                    },
                    progress::sent));
  }

  private boolean hand(Schedule schedule, int index, Payment payment) {
    payment.eventTime(schedule.eventTimeMs(index));
    send(payment);
    return !ending;
  }

  private <T> CompletableFuture<T> inThread(Callable<T> sending) {
    ending = false;
    CompletableFuture<T> sent = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                sent.complete(sending.call());
              } catch (Exception e) {
                sent.completeExceptionally(e);
              }
            },
            "sender");
    thread.setDaemon(true);
    thread.start();
    return sent;
  }

  /** Sends one more payment and no further. */
  public void end() {
    ending = true;
  }

  /** Waits for what was started, until the broker has all of it. */
  public <T> T sent(CompletableFuture<T> sending) {
    try {
      T sent = sending.join();
      producer.flush();
      return sent;
    } catch (CompletionException e) {
      throw new IllegalStateException("cannot send: " + e.getCause(), e);
    }
  }

  /** Fails when the broker has refused a record. */
  public void check() {
    Exception failed = refused;
    if (failed != null) {
      throw new IllegalStateException(
          "the broker refused a record: " + failed.getMessage(), failed);
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
  }
}
