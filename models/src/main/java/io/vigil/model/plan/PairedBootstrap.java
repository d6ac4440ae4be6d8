package io.vigil.model.plan;

import io.vigil.model.score.RankingMetrics.Interval;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * 90 % bootstrap percentile intervals of both sides and of candidate minus champion. Accounts are
 * drawn, because the rows of an account are not independent, and both sides are reckoned on the
 * same draws, so that what they share cancels out of the difference.
 *
 * @param champion by the metric's name
 * @param candidate by the metric's name
 * @param difference candidate minus champion, by the metric's name
 */
public record PairedBootstrap(
    Map<String, Interval> champion,
    Map<String, Interval> candidate,
    Map<String, Interval> difference) {
  private static final List<String> METRICS =
      List.of(
          Figures.AVERAGE_PRECISION,
          Figures.ALERTS_PER_DAY,
          Figures.RECALL,
          Figures.VALUE_DETECTED);

  /**
   * Draws.
   *
   * @param replicates at least 20
   * @param seed names the draws
   */
  static PairedBootstrap of(
      PlanRows rows, Ranking champion, Ranking candidate, int replicates, long seed) {
    Sums ofChampion = new Sums(rows, rows.champion(), champion);
    Sums ofCandidate = new Sums(rows, rows.candidate(), candidate);
    int accounts = rows.accounts();
    double[][][] values = new double[3][METRICS.size()][replicates];
    Random random = new Random(seed);
    for (int replicate = 0; replicate < replicates; replicate++) {
      int[] copies = new int[accounts];
      for (int i = 0; i < accounts; i++) {
        copies[random.nextInt(accounts)]++;
      }
      double[] one = ofChampion.of(copies);
      double[] other = ofCandidate.of(copies);
      for (int metric = 0; metric < one.length; metric++) {
        values[0][metric][replicate] = one[metric];
        values[1][metric][replicate] = other[metric];
        values[2][metric][replicate] = other[metric] - one[metric];
      }
    }
    return new PairedBootstrap(
        intervals(values[0], rows), intervals(values[1], rows), intervals(values[2], rows));
  }

  private static Map<String, Interval> intervals(double[][] values, PlanRows rows) {
    Map<String, Interval> intervals = new LinkedHashMap<>();
    for (int metric = 0; metric < values.length; metric++) {
      String name = METRICS.get(metric);
      if (rows.labelled() || name.equals(Figures.ALERTS_PER_DAY)) {
        double[] sorted = values[metric].clone();
        Arrays.sort(sorted);
        int tail = sorted.length / 20;
        intervals.put(name, new Interval(sorted[tail], sorted[sorted.length - 1 - tail]));
      }
    }
    return intervals;
  }

  /** A side's sums by account, so that a draw costs no look at rows but for the ranking. */
  private static final class Sums {
    private final PlanRows rows;
    private final Ranking ranking;
    private final long[] alerts;
    private final long[] frauds;
    private final long[] found;
    private final long[] fraudMinor;
    private final long[] foundMinor;

    Sums(PlanRows rows, PlanRows.Side side, Ranking ranking) {
      this.rows = rows;
      this.ranking = ranking;
      int accounts = rows.accounts();
      alerts = new long[accounts];
      frauds = new long[accounts];
      found = new long[accounts];
      fraudMinor = new long[accounts];
      foundMinor = new long[accounts];
      for (int row = 0; row < rows.rows(); row++) {
        int account = rows.account(row);
        boolean alert = side.alert(row);
        alerts[account] += alert ? 1 : 0;
        if (rows.fraud(row)) {
          frauds[account]++;
          fraudMinor[account] += rows.amountMinor(row);
          if (alert) {
            found[account]++;
            foundMinor[account] += rows.amountMinor(row);
          }
        }
      }
    }

    /** In the order of {@link #METRICS}. */
    double[] of(int[] copies) {
      double allFrauds = sum(frauds, copies);
      double allMinor = sum(fraudMinor, copies);
      return new double[] {
        rows.labelled() ? ranking.averagePrecision(copies) : 0,
        sum(alerts, copies) / rows.days(),
        allFrauds == 0 ? 0 : sum(found, copies) / allFrauds,
        allMinor == 0 ? 0 : sum(foundMinor, copies) / allMinor
      };
    }

    private static double sum(long[] values, int[] copies) {
      double sum = 0;
      for (int account = 0; account < values.length; account++) {
        sum += (double) values[account] * copies[account];
      }
      return sum;
    }
  }
}
