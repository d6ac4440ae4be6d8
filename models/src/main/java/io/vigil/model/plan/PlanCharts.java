package io.vigil.model.plan;

import io.vigil.model.evaluate.Chart;
import io.vigil.model.evaluate.Chart.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Curves of a comparison: the champion grey or dashed, the candidate in colour. */
final class PlanCharts {
  private static final int CURVE_POINTS = 300;
  private static final int BINS = 40;
  private static final int GROUPS = 12;
  private static final String CHAMPION = "before";
  private static final String CANDIDATE = "after";

  private final Comparison seen;
  private final PlanRows rows;

  PlanCharts(Comparison seen) {
    this.seen = seen;
    this.rows = seen.data();
  }

  /** Precision by recall of both. */
  String precisionRecall() {
    double chance = rows.fraudRows() / (double) rows.rows();
    return new Chart(0, 1, 0, 1)
        .axes("recall", PlanCharts::share, "precision", PlanCharts::share)
        .line("chance", List.of(new Point(0, chance), new Point(1, chance)))
        .line(CHAMPION, curve(seen.championRanking()))
        .line(CANDIDATE, curve(seen.candidateRanking()))
        .svg();
  }

  private List<Point> curve(Ranking ranking) {
    double all = rows.fraudRows();
    List<Point> points = new ArrayList<>();
    int[] order = ranking.order();
    double drawn = -1;
    int frauds = 0;
    for (int place = 0; place < order.length; place++) {
      frauds += rows.fraud(order[place]) ? 1 : 0;
      double recall = frauds / all;
      // Only ends of groups are thresholds.
      if (ranking.endsGroup(place) && frauds > 0 && recall - drawn >= 1.0 / CURVE_POINTS) {
        points.add(new Point(recall, frauds / (place + 1.0)));
        drawn = recall;
      }
    }
    return points;
  }

  /** Shares of all rows by probability, frauds apart where there are labels. */
  String scores(boolean candidate) {
    PlanRows.Side side = candidate ? rows.candidate() : rows.champion();
    double[][] counts = new double[2][BINS];
    double[] totals = new double[2];
    for (int row = 0; row < rows.rows(); row++) {
      int kind = rows.fraud(row) ? 1 : 0;
      counts[kind][Math.min(BINS - 1, (int) (side.probability(row) * BINS))]++;
      totals[kind]++;
    }
    Chart chart =
        new Chart(0, 1, 0, 1)
            .axes(
                candidate ? "candidate's probability" : "champion's probability",
                PlanCharts::share,
                "share of the rows",
                value -> format("%.0f %%", 100 * value * value));
    for (int kind = 0; kind < 2; kind++) {
      for (int bin = 0; bin < BINS && totals[kind] > 0; bin++) {
        double share = counts[kind][bin] / totals[kind];
        chart.bar(
            kind == 1 ? "fraud" : "other",
            bin / (double) BINS,
            (bin + 1) / (double) BINS,
            0,
            StrictMath.sqrt(share),
            format(
                "%s from %.3f: %.3f %%",
                kind == 1 ? "frauds" : "others", bin / (double) BINS, 100 * share));
      }
    }
    return chart.svg();
  }

  /** Alerts of each day of both, as steps. */
  String alertsPerDay() {
    int days = rows.days();
    int[][] counts = new int[2][days];
    for (int row = 0; row < rows.rows(); row++) {
      int day = (int) ((rows.timeMs(row) - rows.timeMs(0)) / 86_400_000L);
      counts[0][day] += rows.champion().alert(row) ? 1 : 0;
      counts[1][day] += rows.candidate().alert(row) ? 1 : 0;
    }
    int most = Math.max(1, Math.max(max(counts[0]), max(counts[1])));
    return new Chart(0, days, 0, most)
        .axes("days of the period", PlanCharts::count, "alerts", PlanCharts::count)
        .line(CHAMPION, steps(counts[0]))
        .line(CANDIDATE, steps(counts[1]))
        .svg();
  }

  private static int max(int[] values) {
    return Arrays.stream(values).max().orElse(0);
  }

  private static List<Point> steps(int[] counts) {
    List<Point> points = new ArrayList<>();
    for (int day = 0; day < counts.length; day++) {
      points.add(new Point(day, counts[day]));
      points.add(new Point(day + 1, counts[day]));
    }
    return points;
  }

  /** What came true of what the models said: halves of halves, from all rows down to the top. */
  String reliability() {
    return new Chart(0, 1, 0, 1)
        .axes(
            "probability that the model says",
            PlanCharts::rooted,
            "share that were frauds",
            PlanCharts::rooted)
        .line("chance", List.of(new Point(0, 0), new Point(1, 1)))
        .line(CHAMPION, halves(seen.championRanking(), rows.champion()))
        .line(CANDIDATE, halves(seen.candidateRanking(), rows.candidate()))
        .svg();
  }

  private List<Point> halves(Ranking ranking, PlanRows.Side side) {
    int[] order = ranking.order();
    List<Point> points = new ArrayList<>();
    int to = order.length;
    for (int group = 1; group <= GROUPS && to > 0; group++) {
      int from = group == GROUPS ? 0 : to / 2;
      double probability = 0;
      double frauds = 0;
      for (int place = from; place < to; place++) {
        probability += side.probability(order[place]);
        frauds += rows.fraud(order[place]) ? 1 : 0;
      }
      points.add(
          new Point(
              StrictMath.sqrt(probability / (to - from)), StrictMath.sqrt(frauds / (to - from))));
      to = from;
    }
    return points;
  }

  private static String share(double value) {
    return format("%.2f", value);
  }

  private static String count(double value) {
    return format("%,.0f", value);
  }

  private static String rooted(double value) {
    return format("%.2f", value * value);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
