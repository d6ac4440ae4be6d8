package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.Topics;
import io.vigil.schema.Decision;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A savepoint that the job of 22 November 2026 took, the oldest whose entity state is of layout 2:
 * 800 simulated transactions and their labels in the log, 740 decided, 60 waiting in the order
 * buffers. Today's job goes on from it with another parallelism, decides those 60 and what comes
 * after, and nothing twice; today's job from the log's beginning, without that state, comes to the
 * same bytes. When this fails, running jobs can't be upgraded: don't renew the file, mend the job.
 *
 * <p>Event times lie in 2075, so that no ticker's clock ever overtakes them.
 */
@Tag("slow")
class OldSavepointIT {
  private static final int DECIDED = 740;
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String FOREVER = "36500 d";

  /** Events and profiles came later: the savepoint knows nothing of their topics. */
  private static final List<String> INPUTS =
      List.of(Topics.TRANSACTIONS, Topics.LABELS, Topics.EVENTS, Topics.PROFILES, Topics.CONTROL);

  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<Decision> decisions = Codec.of(Decision.class);
  private final Codec<Tick> ticks = Codec.of(Tick.class);
  private final Map<TopicPartition, List<byte[]>> log = new LinkedHashMap<>();
  private final Set<String> old = new TreeSet<>();
  private final Set<String> fresh = new TreeSet<>();

  @Test
  void goesOnAsIfItHadReadTheLogFromItsBeginning(@TempDir Path folder) throws Exception {
    System.clearProperty("vigil.job.class");
    Path state = folder.resolve("data/state");
    try (DataDir data = DataDir.open(folder.resolve("data"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage)) {
      String spec = unpack(state);
      Path bundle = HundredFeatures.bundle(folder.resolve("bundle"), "old", 7, "untrained", spec);
      publish(stack.bootstrap());
      try (TopicCursor topic = new TopicCursor(stack.bootstrap(), Topics.DECISIONS)) {
        ChildProcess live = start(stack, settings(true, 3, bundle, Map.of()));
        Map<String, Decision> resumed = new HashMap<>();
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (resumed.size() < old.size() - DECIDED + fresh.size()) {
          assertThat(live.awaitExit(Duration.ofMillis(100)))
              .as(() -> "ended by itself: " + live.lastError())
              .isNull();
          topic.readToEnd(entry -> keep(entry, resumed));
          assertThat(System.nanoTime()).as("decides in time").isLessThan(deadlineNs);
        }
        live.close();
        topic.readToEnd(entry -> keep(entry, resumed));
        Set<String> waited = new TreeSet<>(resumed.keySet());
        waited.removeAll(fresh);
        assertThat(resumed.keySet()).containsAll(fresh);
        assertThat(old).containsAll(waited);
        assertThat(waited).hasSize(old.size() - DECIDED);

        Map<String, String> elsewhere =
            Map.of(
                "vigil.state.dir", folder.resolve("replay/state").toUri().toString(),
                "vigil.archive.dir", folder.resolve("replay/archive").toUri().toString());
        ChildProcess replay = start(stack, settings(false, 1, bundle, elsewhere));
        assertThat(replay.awaitExit(LIMIT)).as(() -> "" + replay.lastError()).isZero();
        Map<String, Decision> anew = new HashMap<>();
        topic.readToEnd(entry -> keep(entry, anew));
        assertThat(anew).hasSize(old.size() + fresh.size()).containsAllEntriesOf(resumed);
      }
    }
  }

  private void keep(ConsumerRecord<byte[], byte[]> entry, Map<String, Decision> into) {
    Decision decision = TopicCursor.decode(decisions, entry.value());
    // What waited carries the time at which the old log took it; here it was published anew.
    decision.setAppendTime(0);
    assertThat(into.put(decision.getTransaction().getTransactionId(), decision))
        .as("decided twice")
        .isNull();
  }

  /** Puts the savepoint where the job looks for it, reads the log, and returns the spec. */
  private String unpack(Path state) throws IOException {
    String spec = "";
    try (InputStream file =
            Objects.requireNonNull(
                getClass().getResourceAsStream("savepoint-entity-layout-2.zip"), "the savepoint");
        ZipInputStream zip = new ZipInputStream(file)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        byte[] bytes = zip.readAllBytes();
        switch (entry.getName()) {
          case "features.yaml" -> spec = new String(bytes, StandardCharsets.UTF_8);
          case "log.bin" -> readLog(bytes);
          default -> {
            Path to = state.resolve(entry.getName());
            Files.createDirectories(to.getParent());
            Files.write(to, bytes);
          }
        }
      }
    }
    return spec;
  }

  /** Records as they stood in their partitions: topic, partition, length, value. */
  private void readLog(byte[] bytes) throws IOException {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      while (in.available() > 0) {
        TopicPartition at = new TopicPartition(in.readUTF(), in.readInt());
        log.computeIfAbsent(at, each -> new ArrayList<>()).add(in.readNBytes(in.readInt()));
      }
    }
  }

  /** The old log, then the same payments again under other ids, then time passes. */
  private void publish(String bootstrap) throws Exception {
    List<ProducerRecord<byte[], byte[]>> after = new ArrayList<>();
    long spanMs = Duration.ofDays(2).toMillis();
    long lastMs = 0;
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (Map.Entry<TopicPartition, List<byte[]>> partition : log.entrySet()) {
        TopicPartition at = partition.getKey();
        for (byte[] value : partition.getValue()) {
          producer.send(new ProducerRecord<>(at.topic(), at.partition(), null, value));
          if (!at.topic().equals(Topics.TRANSACTIONS)) {
            continue;
          }
          Transaction transaction = transactionOrNull(value);
          if (transaction == null) {
            continue;
          }
          old.add(transaction.getTransactionId());
          transaction.setTransactionId("after-" + transaction.getTransactionId());
          fresh.add(transaction.getTransactionId());
          transaction.setEventTime(transaction.getEventTime() + spanMs);
          lastMs = Math.max(lastMs, transaction.getEventTime());
          after.add(
              new ProducerRecord<>(
                  at.topic(), at.partition(), null, transactions.encode(transaction)));
        }
      }
      after.forEach(producer::send);
      byte[] tick =
          ticks.encode(Tick.newBuilder().setClock(lastMs + 1_000).setTicker("test").build());
      for (String topic : INPUTS) {
        producer
            .partitionsFor(topic)
            .forEach(
                info -> producer.send(new ProducerRecord<>(topic, info.partition(), null, tick)));
      }
    }
  }

  private @Nullable Transaction transactionOrNull(byte[] value) {
    try {
      return transactions.decode(value);
    } catch (DecodeException e) {
      return null; // A tick.
    }
  }

  private static ChildProcess start(LocalStack stack, JobSettings settings)
      throws InterruptedException {
    ChildProcess job = JobOptions.start(stack, settings);
    JobOptions.run(stack, job, settings);
    return job;
  }

  private static JobSettings settings(
      boolean live, int parallelism, Path bundle, Map<String, String> elsewhere) {
    Map<String, String> more = new TreeMap<>(elsewhere);
    more.put("vigil.scoring.deadline", "0 ms");
    more.put("vigil.order.tick-interval", FOREVER);
    more.put("vigil.order.future-limit", FOREVER);
    more.put("vigil.order.max-ahead", FOREVER);
    more.put("vigil.state.forget-after", FOREVER);
    Map<String, String> artefacts = Map.of("bundle", bundle.toString(), "rules", "basic");
    return new JobSettings(live, parallelism, "250 ms", null, 0, artefacts, live, more);
  }
}
