package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A producer whose clock runs ahead, against the real broker and the real job. */
@Tag("slow")
class FastClockIT {
  private static final int HOUR_MS = 3_600_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path directory;

  FastClockIT(@TempDir Path directory) {
    this.directory = directory;
  }

  /**
   * Records whose event time lies an hour ahead reach no clock: what everybody else gets is what
   * they get without them. Bounded runs, so that nothing but the log decides.
   */
  @Test
  void aProducersFastClockRetimesNobodyElse() throws Exception {
    long startMs = System.currentTimeMillis() - HOUR_MS;
    Map<String, byte[]> without = bounded("without", startMs, false);
    Map<String, byte[]> with = bounded("with", startMs, true);

    assertThat(with.keySet()).isEqualTo(without.keySet());
    with.forEach((id, bytes) -> assertThat(bytes).as(id).isEqualTo(without.get(id)));
  }

  /** Decisions by id, their offsets and append times left out; some of the records are late. */
  private Map<String, byte[]> bounded(String name, long startMs, boolean fastClock)
      throws Exception {
    Random random = new Random(7);
    int records = 300;
    Set<String> fast = new HashSet<>();
    try (DataDir data = DataDir.open(directory.resolve(name));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage)) {
      try (PlainFeed feed = new PlainFeed(stack.bootstrap())) {
        for (int i = 0; i < records; i++) {
          String account = "account-" + random.nextInt(8);
          long timeMs = startMs + i * 100L - random.nextInt(2_000);
          feed.send(PlainFeed.payment("paid-" + i, account, timeMs));
          if (fastClock && i % 10 == 5) {
            // The same account and merchant, so that any trace of it would show.
            long aheadMs = System.currentTimeMillis() + HOUR_MS;
            fast.add(feed.send(PlainFeed.payment("fast-" + i, account, aheadMs)));
          }
        }
      }
      JobSettings settings =
          new JobSettings(false, 2, "250ms", null, 0, Map.of(), false, Map.of())
              .forHistory(records, records * 100L);
      ChildProcess job = JobOptions.start(stack, settings);
      JobOptions.run(stack, job, settings);
      assertThat(job.awaitExit(PATIENCE)).as(job.log().toString()).isEqualTo(0);

      Results results = new Results(stack.bootstrap());
      assertThat(results.deadLetters.keySet()).isEqualTo(new TreeSet<>(fast));
      assertThat(results.deadLetters.values())
          .extracting(DeadLetter::getReason)
          .allMatch("event_time_in_future"::equals);
      assertThat(results.decisions).hasSize(records);
      assertThat(results.decisions.values()).extracting(Decision::getLate).contains(true, false);
      Codec<Decision> decisionCodec = Codec.of(Decision.class);
      Map<String, byte[]> byId = new TreeMap<>();
      for (Decision decision : results.decisions.values()) {
        decision.setSourceOffset(0);
        decision.setAppendTime(0);
        byId.put(decision.getTransaction().getTransactionId(), decisionCodec.encode(decision));
      }
      return byId;
    }
  }
}
