package io.vigil.model.watch;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * What was counted of decisions: sums, so that what several counted is added up. Mutable, not
 * thread-safe; nothing is allocated by counting.
 */
public final class WatchCounts {
  /** Bins of the scores' histogram. */
  static final int BINS = 100;

  /**
   * Bins are a quarter of log-odds wide, from -12.5 to 12.5 with all beyond in the outermost:
   * calibrated probabilities of fraud crowd near 0, where even bins of probability see nothing.
   */
  private static final double PER_LOG_ODDS = 4;

  private long decisions;
  private long alerts;
  private long fallbacks;
  private long slow;
  private long frauds;
  private long genuine;
  private long scored;
  private final long[] scores = new long[BINS];

  /**
   * Counts a decision.
   *
   * @param fallback whether it lacks what the model owed it
   * @param slow whether its score took longer than the limit says, or did not come
   * @param logOdds of the calibrated score; not a number when there is no score
   */
  public void decided(boolean alert, boolean fallback, boolean slow, double logOdds) {
    decisions++;
    alerts += alert ? 1 : 0;
    fallbacks += fallback ? 1 : 0;
    this.slow += slow ? 1 : 0;
    if (!Double.isNaN(logOdds)) {
      scored++;
      int bin = (int) Math.floor(logOdds * PER_LOG_ODDS) + BINS / 2;
      scores[Math.max(0, Math.min(BINS - 1, bin))]++;
    }
  }

  /**
   * Counts labels of alerts; a correction takes away what was counted before.
   *
   * @param frauds more alerts that were frauds, negative for fewer
   * @param genuine more that were not
   */
  public void labelled(int frauds, int genuine) {
    this.frauds += frauds;
    this.genuine += genuine;
  }

  /** Adds what another counted. */
  public void add(WatchCounts other) {
    decisions += other.decisions;
    alerts += other.alerts;
    fallbacks += other.fallbacks;
    slow += other.slow;
    frauds += other.frauds;
    genuine += other.genuine;
    scored += other.scored;
    for (int i = 0; i < BINS; i++) {
      scores[i] += other.scores[i];
    }
  }

  /** Decisions, 0 or more. */
  public long decisions() {
    return decisions;
  }

  long alerts() {
    return alerts;
  }

  long fallbacks() {
    return fallbacks;
  }

  long slow() {
    return slow;
  }

  long frauds() {
    return frauds;
  }

  long labels() {
    return frauds + genuine;
  }

  long scored() {
    return scored;
  }

  long score(int bin) {
    return scores[bin];
  }

  /** Whether nothing was counted. */
  public boolean isEmpty() {
    return decisions == 0 && frauds == 0 && genuine == 0;
  }

  /** Writes what {@link #read} reads. */
  public void write(DataOutput out) throws IOException {
    for (long count : new long[] {decisions, alerts, fallbacks, slow, frauds, genuine, scored}) {
      out.writeLong(count);
    }
    for (long count : scores) {
      out.writeLong(count);
    }
  }

  /** Reads what {@link #write} wrote. */
  public static WatchCounts read(DataInput in) throws IOException {
    WatchCounts counts = new WatchCounts();
    counts.decisions = in.readLong();
    counts.alerts = in.readLong();
    counts.fallbacks = in.readLong();
    counts.slow = in.readLong();
    counts.frauds = in.readLong();
    counts.genuine = in.readLong();
    counts.scored = in.readLong();
    for (int i = 0; i < BINS; i++) {
      counts.scores[i] = in.readLong();
    }
    return counts;
  }
}
