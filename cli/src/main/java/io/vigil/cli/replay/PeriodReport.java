package io.vigil.cli.replay;

import io.vigil.cli.local.DataDir;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.DecisionIndex;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A period replayed and held against the record, and what came of it. Used once. */
public final class PeriodReport {
  private static final int EXAMPLES_PRINTED = 10;

  private final ArchiveFolder archive;
  private final ArchiveFolder again;
  private final Path temporary;
  private final boolean change;
  private final Verification verification;
  private final long decidedUntilMs;
  private @Nullable LocalDate snapshot;
  private String how = "";
  private double seconds;
  private long decisions;

  /**
   * @param again where the decisions go that are made again
   * @param temporary a folder
   * @param change whether anything is to be other than it was
   */
  public PeriodReport(ArchiveFolder archive, ArchiveFolder again, Path temporary, boolean change)
      throws IOException {
    this.change = change;
    this.archive = archive;
    this.again = again;
    this.temporary = temporary;
    Long until = Verification.decidedUntilMs(archive);
    this.decidedUntilMs = until == null ? Long.MIN_VALUE : until;
    this.verification = new Verification(decidedUntilMs, change);
  }

  /** Replays in one thread; each day is compared when it is decided. */
  public void oneThread(PeriodReplay.Settings settings, LongConsumer progress) throws Exception {
    // What is decided lies behind the watermark: days before the last decision's are whole.
    LocalDate wholeUntil =
        decidedUntilMs == Long.MIN_VALUE
            ? null
            : java.time.Instant.ofEpochMilli(decidedUntilMs)
                .atZone(ZoneOffset.UTC)
                .toLocalDate()
                .minusDays(1);
    PeriodReplay replay = new PeriodReplay(archive, temporary, settings);
    long start = System.nanoTime();
    long[] compared = {0};
    snapshot =
        replay.run(
            wholeUntil,
            progress,
            day -> {
              long begin = System.nanoTime();
              verification.day(day, archive, again);
              compared[0] += System.nanoTime() - begin;
            });
    seconds = (System.nanoTime() - start - compared[0]) / 1e9;
    // Days on which the record has decisions and no inputs.
    NavigableSet<LocalDate> others = new TreeSet<>(archive.files(DecisionIndex.KIND).keySet());
    others.removeAll(replay.days());
    for (LocalDate day : others.subSet(settings.from(), true, settings.to(), true)) {
      verification.day(day, archive, again);
    }
    decisions = replay.decisions();
    how = "in one thread";
  }

  /** Replays as a Flink job, then compares. */
  public void flink(PeriodReplay.Settings settings, DataDir data, int parallelism)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    FlinkReplay.run(archive, settings, data, parallelism);
    seconds = (System.nanoTime() - start) / 1e9;
    how = "as a Flink job of " + parallelism + " subtasks";
    NavigableSet<LocalDate> days = new TreeSet<>(archive.files(DecisionIndex.KIND).keySet());
    days.addAll(again.files(DecisionIndex.KIND).keySet());
    for (LocalDate day : days.subSet(settings.from(), true, settings.to(), true)) {
      verification.day(day, archive, again);
    }
    decisions =
        verification.same()
            + verification.otherEngine()
            + verification.sameByOther()
            + verification.differing()
            + verification.undecided();
  }

  /** Decisions that are not what was recorded. */
  public long differing() {
    return verification.differing();
  }

  /** Prints it. */
  public void print(PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%,d decisions made again %s in %.1f s, %,.0f/s, from %s%n",
        decisions,
        how,
        seconds,
        decisions / Math.max(seconds, 1e-9),
        snapshot == null ? "the beginning of the archive" : "the state at the end of " + snapshot);
    out.printf(
        Locale.ROOT,
        change
            ? "recorded %,d: %,d come to the same, %,d differ%s%n"
            : "recorded %,d: %,d the same bit for bit, %,d differ%s%n",
        verification.recorded(),
        verification.same() + verification.sameByOther(),
        verification.differing(),
        change ? " by the change" : "");
    if (verification.fellBack() > 0) {
      out.printf(
          Locale.ROOT,
          "%,d had fallen back; their causes were taken as recorded%n",
          verification.fellBack());
    }
    if (verification.otherEngine() > 0) {
      out.printf(
          Locale.ROOT,
          "%,d are the same but for the last bits of the score, which another engine class made:"
              + " logits at most %.1e apart%n",
          verification.otherEngine(),
          verification.engineDistance());
    }
    if (verification.undecided() > 0) {
      out.printf(
          Locale.ROOT,
          "%,d are not recorded yet: they take effect after the last decision%n",
          verification.undecided());
    }
    verification
        .byCause()
        .forEach((cause, count) -> out.printf(Locale.ROOT, "  %,9d  %s%n", count, cause.words()));
    if (verification.differing() > 0) {
      out.printf(
          Locale.ROOT,
          "outcomes that change: %,d; alerts more: %,d, less: %,d%n",
          verification.outcomesChanged(),
          verification.alertsMore(),
          verification.alertsLess());
      for (Verification.Example example :
          verification
              .examples()
              .subList(0, Math.min(EXAMPLES_PRINTED, verification.examples().size()))) {
        out.printf("  %s  %s%n", example.transactionId(), example.cause().words());
        example.differences().stream().limit(5).forEach(one -> out.println("      " + one));
      }
    }
    out.flush();
  }

  /** For machines. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("how", how);
    json.put("decisions", decisions);
    json.put("elapsed_s", seconds);
    json.put("throughput_tps", decisions / Math.max(seconds, 1e-9));
    json.put("snapshot", snapshot == null ? null : snapshot.toString());
    json.put("recorded", verification.recorded());
    json.put("same", verification.same());
    json.put("same_by_other", verification.sameByOther());
    json.put("differing", verification.differing());
    json.put("other_engine", verification.otherEngine());
    json.put("engine_distance", verification.engineDistance());
    json.put("fallback_decisions", verification.fellBack());
    json.put("undecided", verification.undecided());
    json.put("outcomes_changed", verification.outcomesChanged());
    json.put("alerts_more", verification.alertsMore());
    json.put("alerts_less", verification.alertsLess());
    Map<String, Long> causes = new LinkedHashMap<>();
    verification.byCause().forEach((cause, count) -> causes.put(cause.key(), count));
    json.put("causes", causes);
    json.put(
        "examples",
        verification.examples().stream()
            .map(
                example ->
                    Map.of(
                        "transaction_id",
                        example.transactionId(),
                        "day",
                        example.day().toString(),
                        "cause",
                        example.cause().key(),
                        "differences",
                        example.differences()))
            .toList());
    return json;
  }
}
