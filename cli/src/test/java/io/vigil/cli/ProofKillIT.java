package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.audit.Heads;
import io.vigil.cli.audit.Verifier;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.Topics;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.approval.SigningKeys;
import io.vigil.model.proof.NoteKey;
import io.vigil.model.proof.ProofKind;
import io.vigil.schema.TreeHead;
import io.vigil.schema.codec.Codec;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A live job is killed again and again in the middle of a minute and resumed with another
 * parallelism: its archive is one log, and every head that was ever seen on the topic is one of it.
 */
@Tag("slow")
class ProofKillIT {
  private static final String ORIGIN = "localhost/kills";
  private static final Duration RUN = Duration.ofSeconds(50);

  @BeforeEach
  @AfterEach
  void useTheRealJob() {
    System.clearProperty("vigil.job.class");
  }

  @Test
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void noHeadForksAndNothingIsMissing(@TempDir Path directory) throws Exception {
    KeyPair pair = SigningKeys.generate();
    KeyFiles.write(directory.resolve("keys"), "proof", pair);
    NoteKey key = new NoteKey(ORIGIN, pair.getPublic());
    try (DataDir data = DataDir.open(directory.resolve("data"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage);
        KillFeed feed = new KillFeed(stack.bootstrap())) {
      ArchiveFolder archive = ArchiveFolder.of(data.archive().toString());
      int run = 0;
      for (int parallelism : new int[] {2, 1, 2}) {
        JobSettings settings = live(directory, parallelism, run++ > 0);
        ChildProcess job = JobOptions.start(stack, settings);
        JobOptions.run(stack, job, settings);
        assertThat(job.awaitExit(RUN)).as(() -> "ended by itself: " + job.lastError()).isNull();
        assertThat(job.handle().destroyForcibly()).isTrue();
        job.awaitExit(Duration.ofSeconds(10));
      }
      feed.stop();
      JobSettings settings = live(directory, 1, true);
      ChildProcess last = JobOptions.start(stack, settings);
      JobOptions.run(stack, last, settings);
      List<String> published = new ArrayList<>();
      for (int i = 0; i < 40 && published.size() < 2; i++) {
        assertThat(last.awaitExit(Duration.ofSeconds(5)))
            .as(() -> "ended by itself: " + last.lastError())
            .isNull();
        published = heads(stack.bootstrap());
      }
      last.close();

      Verifier.Result result =
          new Verifier(archive, key, 250, directory.resolve("tmp")).verify(published);

      System.out.printf(
          "heads %d, published %d, batches %d, records %s, not covered %d%n",
          result.heads(), published.size(), result.batches(), result.records(), result.open());
      assertThat(result.findings().kept()).isEmpty();
      assertThat(result.heads()).isGreaterThanOrEqualTo(2);
      assertThat(published).contains(Heads.newest(archive).orElseThrow());
      assertThat(result.records().get(ProofKind.DECISIONS)).isPositive();
    }
  }

  private static JobSettings live(Path directory, int parallelism, boolean resume) {
    Map<String, String> more = new HashMap<>();
    more.put("vigil.scoring.deadline", "0 ms");
    more.put("vigil.state.checkpoint-interval", "2 s");
    more.put("vigil.proof.key", directory.resolve("keys/proof.key").toString());
    more.put("vigil.proof.origin", ORIGIN);
    return new JobSettings(true, parallelism, "250 ms", null, 0, Map.of(), resume, more);
  }

  /** The notes on the topic that are committed. */
  private static List<String> heads(String bootstrap) throws Exception {
    Codec<TreeHead> codec = Codec.of(TreeHead.class);
    List<String> notes = new ArrayList<>();
    TopicPartition heads = new TopicPartition(Topics.TREE_HEADS, 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(heads));
      consumer.seekToBeginning(List.of(heads));
      long end = consumer.endOffsets(List.of(heads)).get(heads);
      for (int i = 0; i < 20 && consumer.position(heads) < end; i++) {
        consumer
            .poll(Duration.ofMillis(200))
            .forEach(entry -> notes.add(TopicCursor.decode(codec, entry.value()).getNote()));
      }
    }
    return notes;
  }
}
