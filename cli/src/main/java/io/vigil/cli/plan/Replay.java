package io.vigil.cli.plan;

import io.vigil.cli.features.PointInTime;
import io.vigil.cli.ingest.Ingested;
import io.vigil.cli.train.OfflineFeatures;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.feature.Feature;
import io.vigil.model.plan.Drift;
import io.vigil.model.plan.Gates;
import io.vigil.model.plan.Measured;
import io.vigil.model.plan.PlanRows;
import io.vigil.model.plan.Sample;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a file: the thread that calls reads, orders and computes features, a second one has
 * both sides decide. Rows before the period build up history alone. Used once; not thread-safe.
 */
public final class Replay implements PointInTime.Receiver {
  private static final int SAMPLED = 5_000;
  private static final int SAMPLED_LEAST = 500;
  private static final long SEED = 1;

  private final PlanSide champion;
  private final PlanSide candidate;
  private final FactsReader facts;
  private final Settings settings;
  private final OfflineFeatures engine;
  private final int width;
  private final @Nullable Trials trials;
  private final Accounts accounts = new Accounts();
  private final Sample<float[]> training = new Sample<>(SAMPLED, SEED);
  private final Sample<Timed> period = new Sample<>(SAMPLED, SEED);
  private final Deciding deciding;
  private long rows;
  private long learntFrom;

  /** A time, from inclusive, until exclusive, milliseconds since the epoch. */
  public record Span(long fromMs, long untilMs) {
    /** Whether a time lies in it. */
    public boolean holds(long timeMs) {
      return timeMs >= fromMs && timeMs < untilMs;
    }
  }

  /**
   * What is asked for.
   *
   * @param period the rows to compare
   * @param learnt what the candidate learnt from; null when nobody says
   * @param horizonMs how long an id is remembered
   */
  public record Settings(Span period, @Nullable Span learnt, Gates gates, long horizonMs) {}

  /**
   * What came of it.
   *
   * @param learntFrom rows of the period that the candidate learnt from
   */
  public record Result(
      PlanRows rows, Measured measured, PointInTime.Summary read, long learntFrom) {}

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Timed(long timeMs, float[] vector) {}

  /**
   * @param champion decides beside the candidate; both are lent until {@link #run} returns
   */
  public Replay(PlanSide champion, PlanSide candidate, FactsReader facts, Settings settings) {
    this.champion = champion;
    this.candidate = candidate;
    this.facts = facts;
    this.settings = settings;
    JointSpec joint = JointSpec.of(champion.spec(), candidate.spec());
    width = joint.plans().stream().mapToInt(plan -> plan.names().size()).sum();
    champion.places(joint.champion(), width);
    candidate.places(joint.candidate(), width);
    engine = new OfflineFeatures(joint.plans(), facts);
    Gates.Robustness robustness = settings.gates().robustness();
    trials = robustness == null ? null : new Trials(robustness, engine, facts);
    deciding = new Deciding(champion, candidate, facts, settings.gates().fairness());
  }

  /**
   * Replays.
   *
   * @param records in order of time
   * @param ordered whether they are in effective order already, as those of an archive
   * @param progress told how many rows are done, now and then
   * @throws InterruptedException soon after the thread was interrupted
   */
  public Result run(Iterator<Ingested> records, boolean ordered, LongConsumer progress)
      throws IOException, InterruptedException {
    long startNs = System.nanoTime();
    long processNs = processCpuNs();
    long threadNs = threadCpuNs();
    PointInTime.Summary read;
    PlanRows compared;
    try {
      PointInTime features = new PointInTime(engine, facts, settings.horizonMs());
      Iterator<Ingested> until = new UntilIterator(records, settings.period().untilMs());
      read = ordered ? features.apply(until, this, progress) : features.run(until, this, progress);
      long featuresNs = threadCpuNs() - threadNs;
      compared = deciding.finish();
      double events = Math.max(1, read.transactions());
      double featuresUs = featuresNs / 1e3 / events;
      double decidingUs = deciding.cpuNs() / 1e3 / Math.max(1, compared.rows());
      List<float[]> vectors = period.rows().stream().map(Timed::vector).toList();
      Drifting drifting = drifting();
      Measured measured =
          new Measured(
              deciding.examples(),
              trials == null ? List.of() : trials.results(champion, candidate),
              drifting.drift,
              drifting.basis,
              candidate.golden(),
              candidate.bundle().goldenRows(),
              candidate.bundle().manifest().goldenEngineClass(),
              new Measured.Cost(
                  featuresUs,
                  decidingUs,
                  ScoringCost.usPerRow(champion, vectors),
                  ScoringCost.usPerRow(candidate, vectors),
                  ScoringCost.BATCH,
                  (System.nanoTime() - startNs) / 1e9,
                  (processCpuNs() - processNs) / 1e9),
              deciding.fairnessDimension());
      return new Result(compared, measured, read, learntFrom);
    } finally {
      deciding.close();
    }
  }

  @Override
  public void before(Transaction transaction, boolean fraud) {
    if (trials != null && settings.period().holds(transaction.getEventTime())) {
      trials.before(transaction, fraud);
    }
  }

  @Override
  public void transaction(Transaction transaction, boolean fraud, float[] vector)
      throws IOException {
    long timeMs = transaction.getEventTime();
    long ageMs = accounts.ageMs(transaction.getAccount(), timeMs);
    Span learnt = settings.learnt();
    boolean known = learnt != null && learnt.holds(timeMs);
    if (known) {
      training.add(transaction.getTransactionId(), vector);
    }
    if (!settings.period().holds(timeMs)) {
      return;
    }
    rows++;
    learntFrom += known ? 1 : 0;
    if (trials != null) {
      trials.after(fraud, vector);
    }
    period.add(transaction.getTransactionId(), new Timed(timeMs, vector));
    try {
      deciding.add(transaction, vector, fraud, accounts.isNew(ageMs, timeMs));
    } catch (InterruptedException e) {
      throw new IOException("interrupted after " + rows + " rows", e);
    }
  }

  private record Drifting(List<Drift> drift, String basis) {}

  /** From what the candidate learnt from to now; within the period when that was not replayed. */
  private Drifting drifting() {
    List<String> names = candidate.spec().features().stream().map(Feature::name).toList();
    List<Timed> sampled = period.rows();
    Span learnt = settings.learnt();
    List<float[]> before = training.rows();
    List<float[]> after =
        sampled.stream()
            .filter(row -> learnt == null || !learnt.holds(row.timeMs))
            .map(Timed::vector)
            .toList();
    String basis = "the candidate's training period against this period";
    if (before.size() < SAMPLED_LEAST || after.size() < SAMPLED_LEAST) {
      long firstMs = sampled.stream().mapToLong(Timed::timeMs).min().orElse(0);
      long lastMs = sampled.stream().mapToLong(Timed::timeMs).max().orElse(0);
      long third = (lastMs - firstMs) / 3;
      before = vectors(sampled, new Span(Long.MIN_VALUE, firstMs + third));
      after = vectors(sampled, new Span(lastMs - third, Long.MAX_VALUE));
      basis =
          "the period's first third against its last, for the candidate's training period is not in"
              + " the file";
    }
    if (before.isEmpty() || after.isEmpty()) {
      return new Drifting(List.of(), "too few rows");
    }
    return new Drifting(
        Drift.of(
            names,
            before.stream().map(candidate::own).toList(),
            after.stream().map(candidate::own).toList()),
        basis);
  }

  private static List<float[]> vectors(List<Timed> rows, Span span) {
    return rows.stream().filter(row -> span.holds(row.timeMs)).map(Timed::vector).toList();
  }

  private static long threadCpuNs() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static long processCpuNs() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuTime()
        : 0;
  }

  /** When each account was first seen. */
  private static final class Accounts {
    private static final long NEW_MS = 7 * 86_400_000L;

    private final Map<String, Long> firstMs = new HashMap<>();
    private long beginMs = Long.MIN_VALUE;

    long ageMs(String account, long timeMs) {
      if (beginMs == Long.MIN_VALUE) {
        beginMs = timeMs;
      }
      return timeMs - firstMs.computeIfAbsent(account, key -> timeMs);
    }

    /** Whether it is a week old at most; null while the file is too young to know. */
    @Nullable String isNew(long ageMs, long timeMs) {
      if (timeMs - beginMs < 2 * NEW_MS) {
        return null;
      }
      return ageMs < NEW_MS ? "under 7 days" : "older";
    }
  }
}
