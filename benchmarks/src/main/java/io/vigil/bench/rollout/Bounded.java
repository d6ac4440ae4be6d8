package io.vigil.bench.rollout;

import io.vigil.cli.JobOptions;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Bounded jobs over what a live one has left in its log. Stateless. */
final class Bounded {
  private static final int BATCH = 64;
  private static final Duration MOST = Duration.ofMinutes(15);

  private Bounded() {}

  /**
   * Decides a stack's log from its beginning once more, on one subtask and in other batches; its
   * decisions stand behind those that are there.
   *
   * @param registry where deployed artefacts are; null where none are deployed
   * @param scratch for its state
   * @param records and the event time that they span, for the order buffers
   */
  static void run(
      LocalStack stack,
      JobSettings live,
      @Nullable Path registry,
      Path scratch,
      long records,
      long spanMs)
      throws InterruptedException {
    Map<String, String> more = new HashMap<>(live.extra());
    more.remove("vigil.control.keyring");
    more.remove("vigil.control.registry");
    if (registry != null) {
      more.put("vigil.control.registry", registry.toString());
    }
    more.put("vigil.state.dir", scratch.resolve("state").toUri().toString());
    more.put("vigil.archive.dir", scratch.resolve("archive").toUri().toString());
    JobSettings settings =
        new JobSettings(false, 1, live.bound(), BATCH, 0, live.artefacts(), false, more)
            .forHistory(records, spanMs);
    ChildProcess job = JobOptions.start(stack, settings);
    JobOptions.run(stack, job, settings);
    Integer code = job.awaitExit(MOST);
    if (code == null || code != 0) {
      throw new IllegalStateException(job.describeEnd());
    }
  }

  /** What the same transactions come to where nothing was ever deployed, on a stack of its own. */
  static Decided reference(
      String bootstrap, JobSettings live, Path folder, int transactions, long spanMs, int features)
      throws InterruptedException {
    try (DataDir data = DataDir.open(folder);
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage)) {
      copy(bootstrap, stack.bootstrap());
      run(stack, live, null, folder.resolve("tmp"), transactions, spanMs);
      Decided decided = new Decided(transactions, 1, features);
      try (Topic topic = new Topic(stack.bootstrap(), Topics.DECISIONS)) {
        topic.read(decided::add);
      }
      return decided;
    }
  }

  /** Record by record into the same partitions, ticks too: so effective times are the same. */
  @SuppressWarnings("FutureReturnValueIgnored") // The callback hears of failures.
  private static void copy(String from, String to) {
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    try (Topic topic = new Topic(from, Topics.TRANSACTIONS);
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                Map.of("bootstrap.servers", to, "acks", "all", "linger.ms", 20),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
      topic.read(
          entry ->
              producer.send(
                  new ProducerRecord<>(
                      entry.topic(), entry.partition(), entry.key(), entry.value()),
                  (metadata, failed) -> {
                    if (failed != null) {
                      failure.set(failed);
                    }
                  }));
      producer.flush();
    }
    Exception failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("cannot copy the transactions: " + failed, failed);
    }
  }
}
