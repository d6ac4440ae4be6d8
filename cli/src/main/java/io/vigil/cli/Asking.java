package io.vigil.cli;

import io.vigil.cli.kafka.Brokers;
import io.vigil.job.Topics;
import io.vigil.schema.Deployment;
import io.vigil.schema.codec.Codec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Publishes a request once, and waits for what the running job makes of it. */
final class Asking {
  private static final long POLL_MS = 100;

  private Asking() {}

  /**
   * The job's answer.
   *
   * @param key of the record
   * @param waitS how long to wait for it, seconds
   * @param preparing told once, when the job says before it answers that it reads history
   * @throws CliException when there is none by then
   */
  static Deployment ask(
      Reach reach,
      ControlLog log,
      String key,
      Deployment request,
      int waitS,
      Consumer<ControlLog.Entry> preparing)
      throws InterruptedException {
    String id = request.getDeploymentId();
    long began = System.nanoTime();
    if (!log.read().hasRequest(id)) {
      publish(reach.brokers(), key, request);
    }
    boolean told = false;
    Deployment answer = log.read().answer(id);
    while (answer == null) {
      ControlLog.Entry begun = log.preparing(id);
      if (!told && begun != null) {
        preparing.accept(begun);
        told = true;
      }
      if (System.nanoTime() - began > Duration.ofSeconds(waitS).toNanos()) {
        throw new CliException(
            "request %s: expected an answer of the job within %d s, got none; it stands in the log, where history shows its answer when it comes"
                .formatted(id, waitS));
      }
      Thread.sleep(POLL_MS);
      answer = log.read().answer(id);
    }
    return answer;
  }

  private static void publish(Brokers brokers, String key, Deployment request)
      throws InterruptedException {
    try (KafkaProducer<byte[], byte[]> producer = brokers.producer(Map.of())) {
      producer
          .send(
              new ProducerRecord<>(
                  Topics.CONTROL,
                  key.getBytes(StandardCharsets.UTF_8),
                  Codec.of(Deployment.class).encode(request)))
          .get();
    } catch (ExecutionException e) {
      throw new CliException("the request could not be published: " + e.getCause(), e);
    }
  }
}
