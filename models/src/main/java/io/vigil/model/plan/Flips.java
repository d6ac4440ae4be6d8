package io.vigil.model.plan;

import io.vigil.model.policy.Outcome;
import java.util.ArrayList;
import java.util.List;

/**
 * Transactions that the two sides decide differently.
 *
 * @param counts of every pair of outcomes that differ and came, from mild to strict
 * @param newAlerts alerts that only the candidate raises
 * @param lostAlerts alerts that only the champion raises
 * @param examples some of each pair, the greatest amounts first
 */
public record Flips(List<Count> counts, long newAlerts, long lostAlerts, List<Example> examples) {
  public Flips {
    counts = List.copyOf(counts);
    examples = List.copyOf(examples);
  }

  /**
   * Rows of one pair.
   *
   * @param from the champion's outcome
   * @param to the candidate's
   * @param rows at least 1
   * @param frauds among them
   */
  public record Count(Outcome from, Outcome to, long rows, long frauds) {}

  /**
   * One row.
   *
   * @param amountMinor minor units of the base currency
   * @param fraud whether it is known to be
   * @param championProbability NaN without a score
   * @param candidateProbability NaN without a score
   * @param reason the first reason of the stricter side
   */
  public record Example(
      String id,
      long timeMs,
      long amountMinor,
      boolean fraud,
      Outcome from,
      Outcome to,
      double championProbability,
      double candidateProbability,
      String reason) {}

  static Flips of(PlanRows rows, List<Example> examples) {
    int kinds = Outcome.values().length;
    long[][] counts = new long[kinds][kinds];
    long[][] frauds = new long[kinds][kinds];
    long newAlerts = 0;
    long lostAlerts = 0;
    for (int row = 0; row < rows.rows(); row++) {
      int from = rows.champion().outcome(row).ordinal();
      int to = rows.candidate().outcome(row).ordinal();
      counts[from][to]++;
      frauds[from][to] += rows.fraud(row) ? 1 : 0;
      boolean before = rows.champion().alert(row);
      boolean after = rows.candidate().alert(row);
      newAlerts += after && !before ? 1 : 0;
      lostAlerts += before && !after ? 1 : 0;
    }
    List<Count> found = new ArrayList<>();
    for (Outcome from : Outcome.values()) {
      for (Outcome to : Outcome.values()) {
        long count = counts[from.ordinal()][to.ordinal()];
        if (from != to && count > 0) {
          found.add(new Count(from, to, count, frauds[from.ordinal()][to.ordinal()]));
        }
      }
    }
    return new Flips(found, newAlerts, lostAlerts, examples);
  }

  /** Rows whose outcome becomes stricter. */
  public long stricter() {
    return counts.stream()
        .filter(count -> count.to().compareTo(count.from()) > 0)
        .mapToLong(Count::rows)
        .sum();
  }

  /** Rows whose outcome becomes milder. */
  public long milder() {
    return counts.stream()
        .filter(count -> count.to().compareTo(count.from()) < 0)
        .mapToLong(Count::rows)
        .sum();
  }
}
