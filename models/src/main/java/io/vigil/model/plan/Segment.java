package io.vigil.model.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Both sides on the rows of one value of a dimension.
 *
 * @param dimension such as mcc
 * @param value as the transactions have it
 * @param championAveragePrecision 0 to 1; NaN with too few frauds
 * @param candidateAveragePrecision 0 to 1; NaN with too few frauds
 * @param championFalsePositiveRate 0 to 1; alerts among the rows that are no frauds
 * @param candidateFalsePositiveRate 0 to 1
 */
public record Segment(
    String dimension,
    String value,
    long rows,
    long frauds,
    double championAveragePrecision,
    double candidateAveragePrecision,
    long championAlerts,
    long candidateAlerts,
    double championFalsePositiveRate,
    double candidateFalsePositiveRate) {
  /** Below these a segment says more of chance than of a model. */
  private static final int ROWS_LEAST = 200;

  private static final int FRAUDS_LEAST = 10;

  private static final Comparator<Segment> WORST_FIRST =
      Comparator.<Segment>comparingInt(segment -> segment.ranked() ? 0 : 1)
          .thenComparingDouble(segment -> segment.ranked() ? segment.difference() : 0)
          .thenComparingDouble(
              segment -> segment.championFalsePositiveRate - segment.candidateFalsePositiveRate)
          .thenComparing(Segment::dimension)
          .thenComparing(Segment::value);

  /** Whether ranking could be judged. */
  boolean ranked() {
    return !Double.isNaN(championAveragePrecision);
  }

  /** Candidate minus champion, in average precision; NaN with too few frauds. */
  public double difference() {
    return candidateAveragePrecision - championAveragePrecision;
  }

  /** All segments that are large enough, those that lose most first. */
  static List<Segment> of(PlanRows rows, Ranking champion, Ranking candidate) {
    List<Segment> found = new ArrayList<>();
    for (int dimension = 0; dimension < rows.dimensions().size(); dimension++) {
      List<Segment> all = of(rows, champion, candidate, dimension);
      // One alone is the period over again.
      if (all.size() > 1) {
        found.addAll(all);
      }
    }
    found.sort(WORST_FIRST);
    return List.copyOf(found);
  }

  /** The segments of one dimension that are large enough, by their numbers. */
  private static List<Segment> of(
      PlanRows rows, Ranking champion, Ranking candidate, int dimension) {
    Labels labels = rows.segment(dimension);
    int distinct = labels.distinct();
    long[] count = new long[distinct];
    long[] frauds = new long[distinct];
    long[][] alerts = new long[2][distinct];
    long[][] falseAlerts = new long[2][distinct];
    for (int row = 0; row < rows.rows(); row++) {
      int code = labels.code(row);
      if (code == Labels.MISSING) {
        continue;
      }
      boolean fraud = rows.fraud(row);
      count[code]++;
      frauds[code] += fraud ? 1 : 0;
      add(rows.champion().alert(row), fraud, code, alerts[0], falseAlerts[0]);
      add(rows.candidate().alert(row), fraud, code, alerts[1], falseAlerts[1]);
    }
    double[] before = champion.averagePrecisions(labels);
    double[] after = candidate.averagePrecisions(labels);
    List<Segment> found = new ArrayList<>();
    for (int code = 0; code < distinct; code++) {
      if (count[code] < ROWS_LEAST) {
        continue;
      }
      boolean ranked = frauds[code] >= FRAUDS_LEAST && frauds[code] < count[code];
      double others = count[code] - frauds[code];
      found.add(
          new Segment(
              rows.dimensions().get(dimension),
              labels.value(code),
              count[code],
              frauds[code],
              ranked ? before[code] : Double.NaN,
              ranked ? after[code] : Double.NaN,
              alerts[0][code],
              alerts[1][code],
              others == 0 ? 0 : falseAlerts[0][code] / others,
              others == 0 ? 0 : falseAlerts[1][code] / others));
    }
    return found;
  }

  private static void add(
      boolean alert, boolean fraud, int code, long[] alerts, long[] falseAlerts) {
    if (alert) {
      alerts[code]++;
      falseAlerts[code] += fraud ? 0 : 1;
    }
  }
}
