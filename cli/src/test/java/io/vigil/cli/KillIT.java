package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.FlinkRest;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.cli.result.Tally;
import io.vigil.job.Topics;
import io.vigil.schema.Decision;
import io.vigil.schema.Receipt;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.RecordKind;
import io.vigil.schema.codec.Codec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A job with a hundred features over five kinds of entities: its process is killed by SIGKILL again
 * and again while it decides a live stream, and resumed each time, then stopped with a savepoint
 * and resumed with another parallelism; then a bounded job of another shape decides the same log
 * from its beginning. Nothing may be missing, and all copies of a decision must be the same bytes.
 * {@code -Dvigil.kills} says how often (3).
 */
@Tag("slow")
class KillIT {

  private static final String BOUND = "250 ms";
  private static final long BOUND_MS = 250;
  private static final Duration STALL = Duration.ofSeconds(90);

  private final Map<String, Copies> decided = new HashMap<>();
  private final Codec<Decision> decisions = Codec.of(Decision.class);
  private Map<String, String> artefacts = Map.of();

  /** The copies of one decision as the topic holds them. */
  private static final class Copies {
    final byte[] first;
    final Decision decision;
    String last = "";
    int live;
    int replayed;
    int different;

    Copies(byte[] first, Decision decision) {
      this.first = first;
      this.decision = decision;
    }
  }

  @BeforeEach
  @AfterEach
  void useTheRealJob() {
    System.clearProperty("vigil.job.class");
  }

  @Test
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void killedJobsLoseNothingAndRepeatThemselvesExactly(@TempDir Path directory) throws Exception {
    int kills = Integer.getInteger("vigil.kills", 3);
    Path bundle = HundredFeatures.bundle(directory.resolve("bundle"));
    artefacts = Map.of("bundle", bundle.toString(), "rules", "basic");
    try (DataDir data = DataDir.open(directory.resolve("data"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage);
        KillFeed feed = new KillFeed(stack.bootstrap());
        TopicCursor cursor = new TopicCursor(stack.bootstrap(), Topics.DECISIONS)) {
      killAgainAndAgain(stack, kills, cursor);
      stopWithSavepoint(stack, data.state(), cursor);
      JobSettings settings = live(3, true);
      ChildProcess last = JobOptions.start(stack, settings);
      FlinkRest rest = new FlinkRest(JobOptions.run(stack, last, settings));
      feed.stop();
      awaitAtLeast(feed.ids().size(), stack, last, cursor);
      // A job that is cut off while its files become visible leaves the rest to the next one.
      rest.stop(Objects.requireNonNull(UpgradeCluster.newest(rest)).id());
      last.close();
      assertThat(last.isAlive()).isFalse();
      cursor.readToEnd(entry -> keep(entry, true));

      boolean replayKilled = replay(stack, directory.resolve("replay"), cursor);
      cursor.readToEnd(entry -> keep(entry, false));

      TransactionLog log = TransactionLog.read(stack.bootstrap(), BOUND_MS);
      System.out.printf(
          "kills %d%s, transactions %d, repeats published %d, ticks among them %d%n",
          kills,
          replayKilled ? " and the replay once" : "",
          feed.ids().size(),
          feed.repeats(),
          log.ticks());
      System.out.printf(
          "decisions %d, copies by live jobs beyond the first %d, late %d, made late by a tick %d%n",
          decided.size(),
          decided.values().stream().mapToInt(copies -> copies.live - 1).sum(),
          count(copies -> copies.decision.getLate()),
          count(copies -> log.of(copies.decision).lateByATick()));
      checkCopies(feed.ids());
      checkAgainstTheLog(log);
      checkReceipts(stack.bootstrap(), log, feed.repeats());
      checkDigests(stack.bootstrap());
      System.out.println(
          "replayed from the archive: "
              + ReplayCheck.same(data.archive(), directory.resolve("again")));
    }
  }

  /** Every second job is killed while it starts or restores, the others once they have decided. */
  private void killAgainAndAgain(LocalStack stack, int kills, TopicCursor cursor)
      throws InterruptedException {
    Random random = new Random(kills);
    for (int i = 0; i < kills; i++) {
      ChildProcess job = start(stack, live(2, i > 0));
      if (i % 2 == 0) {
        cursor.readToEnd(entry -> keep(entry, true));
        awaitAtLeast(decided.size() + 1, stack, job, cursor);
      }
      assertThat(job.awaitExit(Duration.ofMillis(500 + random.nextInt(3_500))))
          .as(() -> "ended by itself: " + job.lastError())
          .isNull();
      assertThat(job.handle().destroyForcibly()).isTrue();
      assertThat(job.awaitExit(Duration.ofSeconds(10))).isEqualTo(128 + 9);
    }
  }

  /** The next job takes this savepoint up with another parallelism. */
  private void stopWithSavepoint(LocalStack stack, Path state, TopicCursor cursor)
      throws Exception {
    JobSettings settings = live(2, true);
    ChildProcess job = JobOptions.start(stack, settings);
    String web = JobOptions.run(stack, job, settings);
    cursor.readToEnd(entry -> keep(entry, true));
    awaitAtLeast(decided.size() + 1, stack, job, cursor);
    new FlinkWeb(web).cancelWithSavepoint();
    job.awaitExit(Duration.ofSeconds(60));
    try (Stream<Path> files = Files.walk(state)) {
      assertThat(files.filter(f -> f.toString().matches(".*/savepoint-[^/]*/_metadata")))
          .as("savepoints")
          .hasSize(1);
    }
  }

  private static ChildProcess start(LocalStack stack, JobSettings settings)
      throws InterruptedException {
    ChildProcess job = JobOptions.start(stack, settings);
    JobOptions.run(stack, job, settings);
    return job;
  }

  private JobSettings live(int parallelism, boolean resume) {
    // Without a deadline there is no fallback, the one thing that a wall clock decides.
    Map<String, String> more =
        Map.of("vigil.scoring.deadline", "0 ms", "vigil.state.checkpoint-interval", "1 s");
    return new JobSettings(true, parallelism, BOUND, null, 0, artefacts, resume, more);
  }

  /**
   * Decides the log once more, in another shape; returns whether it could be killed on the way, and
   * was resumed.
   */
  private boolean replay(LocalStack stack, Path state, TopicCursor cursor)
      throws InterruptedException {
    ChildProcess first = start(stack, bounded(state, false));
    long deadlineNs = System.nanoTime() + STALL.toNanos();
    while (first.isAlive() && count(copies -> copies.replayed > 0) == 0) {
      assertThat(System.nanoTime()).as("the replay decides").isLessThan(deadlineNs);
      cursor.readToEnd(entry -> keep(entry, false));
    }
    first.handle().destroyForcibly();
    Integer code = first.awaitExit(Duration.ofSeconds(10));
    if (code != null && code == 0) {
      return false;
    }
    assertThat(code).as(() -> "replay: " + first.lastError()).isEqualTo(128 + 9);
    ChildProcess second = start(stack, bounded(state, true));
    assertThat(second.awaitExit(Duration.ofMinutes(5)))
        .as(() -> "resumed replay: " + second.lastError())
        .isZero();
    return true;
  }

  private JobSettings bounded(Path state, boolean resume) {
    Map<String, String> more =
        Map.of(
            "vigil.state.dir", state.resolve("state").toUri().toString(),
            "vigil.archive.dir", state.resolve("archive").toUri().toString(),
            "vigil.state.checkpoint-interval", "200 ms");
    return new JobSettings(false, 1, BOUND, 32, 0, artefacts, resume, more);
  }

  /** Waits as long as there is progress. */
  private void awaitAtLeast(int ids, LocalStack stack, ChildProcess job, TopicCursor cursor)
      throws InterruptedException {
    long progressNs = System.nanoTime();
    while (decided.size() < ids) {
      int before = decided.size();
      cursor.readToEnd(entry -> keep(entry, true));
      stack.check();
      if (decided.size() > before) {
        progressNs = System.nanoTime();
      } else if (System.nanoTime() - progressNs > STALL.toNanos()) {
        fail("no progress: %d of %d decided", decided.size(), ids);
      }
      assertThat(job.awaitExit(Duration.ofMillis(100)))
          .as(() -> "ended by itself: " + job.lastError())
          .isNull();
    }
  }

  private void keep(ConsumerRecord<byte[], byte[]> entry, boolean live) {
    byte[] value = entry.value();
    Decision decision = TopicCursor.decode(decisions, value);
    Copies copies =
        decided.computeIfAbsent(
            decision.getTransaction().getTransactionId(), id -> new Copies(value, decision));
    if (!Arrays.equals(copies.first, value)) {
      if (copies.different++ == 0) {
        assertThat(decision.toString()).isEqualTo(copies.decision.toString());
      }
    }
    copies.last = origin(entry);
    if (live) {
      copies.live++;
    } else {
      copies.replayed++;
    }
  }

  private void checkCopies(Set<String> ids) {
    assertThat(decided.keySet()).isEqualTo(ids);
    assertThat(decided)
        .allSatisfy(
            (id, copies) -> {
              assertThat(copies.different).as("copies of %s that differ", id).isZero();
              assertThat(copies.live).as("live copies of %s", id).isPositive();
              assertThat(copies.replayed).as("replayed copies of %s", id).isPositive();
              assertThat(copies.decision.getFallbackCause()).isNull();
            });
    assertThat(count(copies -> copies.live > 1)).as("work done again").isPositive();
    assertThat(count(copies -> copies.decision.getLate())).as("late ones").isPositive();
  }

  /** Time and lateness of every decision, from the log by hand. */
  private void checkAgainstTheLog(TransactionLog log) {
    assertThat(decided)
        .allSatisfy(
            (id, copies) -> {
              TransactionLog.Logged logged = log.of(copies.decision);
              assertThat(logged.id()).isEqualTo(id);
              assertThat(copies.decision.getEffectiveTime()).isEqualTo(logged.effectiveTimeMs());
              assertThat(copies.decision.getLate()).isEqualTo(logged.late());
            });
    assertThat(log.ticks()).isPositive();
    assertThat(count(copies -> log.of(copies.decision).lateByATick()))
        .as("made late by a tick")
        .isPositive();
  }

  private long count(Predicate<Copies> which) {
    return decided.values().stream().filter(which).count();
  }

  /** Every record of the log that is not the decided one of its id has a receipt, and no other. */
  private void checkReceipts(String bootstrap, TransactionLog log, int repeats) {
    Set<String> expected = new HashSet<>(log.byOrigin().keySet());
    decided
        .values()
        .forEach(
            copies ->
                expected.remove(
                    Tally.origin(
                        copies.decision.getSourceTopic(),
                        copies.decision.getSourcePartition(),
                        copies.decision.getSourceOffset())));
    Codec<Receipt> codec = Codec.of(Receipt.class);
    Set<String> answered = new HashSet<>();
    try (TopicCursor cursor = new TopicCursor(bootstrap, Topics.RECEIPTS)) {
      cursor.readToEnd(
          entry -> {
            Receipt receipt = TopicCursor.decode(codec, entry.value());
            if (receipt.getKind() == RecordKind.TRANSACTION) {
              assertThat(receipt.getOutcome()).isEqualTo(ReceiptOutcome.DUPLICATE);
              answered.add(
                  Tally.origin(
                      receipt.getSourceTopic(),
                      receipt.getSourcePartition(),
                      receipt.getSourceOffset()));
            }
          });
    }
    assertThat(answered).isEqualTo(expected).hasSize(repeats);
    try (TopicCursor cursor = new TopicCursor(bootstrap, Topics.DEAD_LETTERS)) {
      cursor.readToEnd(entry -> fail("a dead letter: %s", origin(entry)));
    }
  }

  private void checkDigests(String bootstrap) {
    Tally first = new Tally();
    Tally last = new Tally();
    Set<String> lastCopies = new HashSet<>();
    decided.values().forEach(copies -> lastCopies.add(copies.last));
    try (TopicCursor cursor = new TopicCursor(bootstrap, Topics.DECISIONS)) {
      cursor.readToEnd(
          entry -> {
            add(first, entry);
            if (lastCopies.contains(origin(entry))) {
              add(last, entry);
            }
          });
    }
    assertThat(last.counts().decisions()).isEqualTo(decided.size());
    assertThat(last.decisionsDigest()).isEqualTo(first.decisionsDigest());
  }

  private static void add(Tally tally, ConsumerRecord<byte[], byte[]> entry) {
    try {
      tally.decision(entry.value(), entry.timestamp());
    } catch (java.io.IOException e) {
      throw new AssertionError(origin(entry), e);
    }
  }

  private static String origin(ConsumerRecord<byte[], byte[]> entry) {
    return Tally.origin(entry.topic(), entry.partition(), entry.offset());
  }
}
