package io.vigil.model.evaluate;

import io.vigil.model.evaluate.Chart.Point;
import io.vigil.model.score.RankingMetrics;
import io.vigil.model.train.Epoch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The page of an evaluation that a risk committee reads: one file, no script, nothing fetched. */
public final class ReportPage {
  private static final int CURVE_POINTS = 200;
  private static final int BINS = 40;
  private static final int GROUPS = 10;
  private static final int FEATURES_MOST = 20;

  private final Evaluation evaluation;
  private final List<Prequential.Tested> tests;
  private final StringBuilder page = new StringBuilder();

  private ReportPage(Evaluation evaluation) {
    this.evaluation = evaluation;
    List<Prequential.Tested> judged =
        evaluation.tested().stream().filter(tested -> !tested.split().validation()).toList();
    this.tests = judged.isEmpty() ? evaluation.tested() : judged;
  }

  /**
   * The page.
   *
   * @param data in words
   */
  public static String of(Evaluation evaluation, String data) {
    ReportPage report = new ReportPage(evaluation);
    report.write(data);
    return report.page.toString();
  }

  private void write(String data) {
    String title = evaluation.recipe().name() + ", " + evaluation.protocol().id();
    page.append(Html.head(title));
    add("<h1>%s</h1>", Html.escape(title));
    add(
        "<p class=\"lead\">Models learnt by the recipe <b>%s</b> from %s, each tested on days after all that it had learnt. Figures of tests are what to judge by; those of validation weeks stand beside them because hyper-parameters were chosen there.</p>",
        Html.escape(evaluation.recipe().name()), Html.escape(data));
    headline();
    foldTable();
    page.append("<div class=\"charts\">");
    chart(
        "Precision and recall",
        "Each line is a test. Up and to the right is better; the dashed line is chance.",
        precisionRecall());
    chart(
        "Scores",
        "Shares of frauds (red) and of other transactions (blue) by score, the logit, on a root scale: what overlaps cannot be told apart.",
        distribution());
    chart(
        "Alerts a day",
        format(
            "At the threshold that keeps %,d alerts a day in each test: true alerts red, false ones grey.",
            evaluation.alertsPerDay()),
        alerts());
    chart(
        "Do probabilities hold?",
        "The half of the rows with the lowest probability, half of the rest, and so on, on root scales. On the line the model says what comes true; below it, it cries wolf.",
        reliability());
    chart(
        "Learning",
        "Average precision on the holdout, part by part, of the last model.",
        learning());
    chart(
        "What the last model needs",
        "How far average precision falls when a feature's values change hands. Features that say the same stand in for each other.",
        importance());
    page.append("</div>");
    thresholds();
    notes();
    page.append("</main></body></html>\n");
  }

  private void headline() {
    Map<String, Double> mean = evaluation.mean(tests.get(0).split().validation());
    page.append("<div class=\"tiles\">");
    tile(
        "average precision",
        share3(get(mean, "average_precision")),
        "1 is perfect; chance is the share of frauds");
    tile(
        "card precision @100",
        share3(get(mean, "card_precision_100")),
        "of 100 accounts reviewed a day, how many had fraud");
    tile(
        "frauds found",
        format("%.0f %%", 100 * get(mean, "recall_at_budget")),
        format("with %,d alerts a day", evaluation.alertsPerDay()));
    tile(
        "of their value",
        format("%.0f %%", 100 * get(mean, "value_detection_rate")),
        "with the same alerts");
    tile(
        "false for each true",
        format("%.1f", get(mean, "false_positive_ratio")),
        "among these alerts");
    page.append("</div>");
  }

  private void tile(String name, String value, String note) {
    add("<div class=\"tile\"><span>%s</span><b>%s</b><small>%s</small></div>", name, value, note);
  }

  private void foldTable() {
    page.append(
        "<table><thead><tr><th>fold</th><th>rows</th><th>frauds</th><th>AUC ROC</th><th>average precision</th><th>90 % interval</th><th>card precision</th><th>recall</th><th>value</th><th>KS</th><th>calibration error, top 1 %</th></tr></thead><tbody>");
    for (Evaluation.Fold fold : evaluation.folds()) {
      Metrics metrics = fold.metrics();
      RankingMetrics.Interval interval =
          fold.intervals().getOrDefault("average_precision", new RankingMetrics.Interval(0, 1));
      add(
          "<tr class=\"%s\"><td>%s%s</td><td>%s</td><td>%s</td><td>%.4f</td><td>%.4f</td><td>%.3f to %.3f</td><td>%.3f</td><td>%.3f</td><td>%.3f</td><td>%.3f</td><td>%.3f</td></tr>",
          fold.validation() ? "validation" : "test",
          Html.escape(fold.name()),
          fold.validation() ? " (validation)" : "",
          count(fold.rows()),
          count(fold.frauds()),
          metrics.rocAuc(),
          metrics.averagePrecision(),
          interval.low(),
          interval.high(),
          metrics.cardPrecision(),
          metrics.recallAtBudget(),
          metrics.valueDetectionRate(),
          metrics.kolmogorovSmirnov(),
          metrics.calibrationErrorTop());
    }
    mean("mean of validation", evaluation.mean(true));
    mean("mean of tests", evaluation.mean(false));
    page.append("</tbody></table>");
  }

  private void mean(String name, Map<String, Double> mean) {
    if (!mean.isEmpty()) {
      add(
          "<tr class=\"mean\"><td>%s</td><td></td><td></td><td>%.4f</td><td>%.4f</td><td></td><td>%.3f</td><td>%.3f</td><td>%.3f</td><td>%.3f</td><td>%.3f</td></tr>",
          name,
          get(mean, "auc_roc"),
          get(mean, "average_precision"),
          get(mean, "card_precision_100"),
          get(mean, "recall_at_budget"),
          get(mean, "value_detection_rate"),
          get(mean, "kolmogorov_smirnov"),
          get(mean, "calibration_error_top_percent"));
    }
  }

  private void chart(String title, String text, String svg) {
    add("<figure><h2>%s</h2>%s<figcaption>%s</figcaption></figure>", title, svg, text);
  }

  private String precisionRecall() {
    Chart chart =
        new Chart(0, 1, 0, 1).axes("recall", ReportPage::share2, "precision", ReportPage::share2);
    for (Prequential.Tested tested : tests) {
      chart.line("curve", precisionRecall(tested.scored()));
    }
    double share = tests.stream().mapToDouble(tested -> share(tested.scored())).average().orElse(0);
    return chart.line("chance", List.of(new Point(0, share), new Point(1, share))).svg();
  }

  private static double share(Scored scored) {
    int frauds = 0;
    for (boolean fraud : scored.frauds()) {
      frauds += fraud ? 1 : 0;
    }
    return frauds / (double) scored.frauds().length;
  }

  /** At each step of recall, so that the shape stays with few points. */
  private static List<Point> precisionRecall(Scored scored) {
    Integer[] order = new Integer[scored.logits().length];
    Arrays.setAll(order, row -> row);
    Arrays.sort(order, Comparator.comparingDouble(row -> -scored.logits()[row]));
    double all = share(scored) * order.length;
    List<Point> points = new ArrayList<>();
    double drawn = -1;
    int frauds = 0;
    for (int i = 0; i < order.length; i++) {
      frauds += scored.frauds()[order[i]] ? 1 : 0;
      double recall = frauds / all;
      if (scored.frauds()[order[i]] && recall - drawn >= 1.0 / CURVE_POINTS) {
        points.add(new Point(recall, frauds / (i + 1.0)));
        drawn = recall;
      }
    }
    return points;
  }

  private String distribution() {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (Prequential.Tested tested : tests) {
      for (float logit : tested.scored().logits()) {
        low = Math.min(low, logit);
        high = Math.max(high, logit);
      }
    }
    double[][] counts = new double[2][BINS];
    double[] totals = new double[2];
    for (Prequential.Tested tested : tests) {
      for (int i = 0; i < tested.scored().logits().length; i++) {
        int kind = tested.scored().frauds()[i] ? 1 : 0;
        int bin = (int) ((tested.scored().logits()[i] - low) / (high - low) * BINS);
        counts[kind][Math.max(0, Math.min(BINS - 1, bin))]++;
        totals[kind]++;
      }
    }
    double most = 0;
    for (int kind = 0; kind < 2; kind++) {
      for (int bin = 0; bin < BINS; bin++) {
        most = Math.max(most, Math.sqrt(counts[kind][bin] / totals[kind]));
      }
    }
    Chart chart =
        new Chart(low, high, 0, most)
            .axes(
                "score (logit)",
                value -> format("%.1f", value),
                "share",
                value -> format("%.0f %%", 100 * value * value));
    double step = (high - low) / BINS;
    for (int kind = 0; kind < 2; kind++) {
      for (int bin = 0; bin < BINS; bin++) {
        double share = counts[kind][bin] / totals[kind];
        chart.bar(
            kind == 1 ? "fraud" : "other",
            low + bin * step,
            low + (bin + 1) * step,
            0,
            Math.sqrt(share),
            format(
                "%s from %.2f: %.2f %%",
                kind == 1 ? "frauds" : "others", low + bin * step, 100 * share));
      }
    }
    return chart.svg();
  }

  private String alerts() {
    List<int[]> days = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (Prequential.Tested tested : tests) {
      Scored scored = tested.scored();
      double threshold = Metrics.thresholdForBudget(scored, evaluation.alertsPerDay());
      int[][] counts = new int[scored.dayCount()][2];
      for (int i = 0; i < scored.logits().length; i++) {
        if (scored.probabilities()[i] >= threshold) {
          counts[scored.days()[i]][scored.frauds()[i] ? 1 : 0]++;
        }
      }
      for (int day = 0; day < counts.length; day++) {
        days.add(counts[day]);
        names.add(tested.split().name() + ", day " + (day + 1));
      }
    }
    int most = days.stream().mapToInt(day -> day[0] + day[1]).max().orElse(1);
    Chart chart =
        new Chart(0, days.size(), 0, most)
            .axes(
                "days of the tests, one after the other",
                ReportPage::count,
                "alerts",
                ReportPage::count);
    for (int day = 0; day < days.size(); day++) {
      int[] count = days.get(day);
      String title = format("%s: %,d true, %,d false", names.get(day), count[1], count[0]);
      chart.bar("fraud", day, day + 1, 0, count[1], title);
      chart.bar("false", day, day + 1, count[1], count[0] + count[1], title);
    }
    return chart.svg();
  }

  private String reliability() {
    Chart chart =
        new Chart(0, 1, 0, 1)
            .axes(
                "probability that the model says",
                ReportPage::rooted,
                "share that were frauds",
                ReportPage::rooted)
            .line("chance", List.of(new Point(0, 0), new Point(1, 1)));
    for (Prequential.Tested tested : tests) {
      // Most rows are as good as certain: the groups halve from all rows down to the top.
      Scored scored = tested.scored();
      for (Metrics.Bin bin : Metrics.halving(scored, GROUPS)) {
        chart.dot(
            "dot",
            new Point(Math.sqrt(bin.probability()), Math.sqrt(bin.share())),
            format("%,d rows: said %.3f, was %.3f", bin.rows(), bin.probability(), bin.share()));
      }
    }
    return chart.svg();
  }

  private static String share2(double value) {
    return format("%.2f", value);
  }

  private static String share3(double value) {
    return format("%.3f", value);
  }

  private static String count(double value) {
    return format("%,.0f", value);
  }

  private static String rooted(double value) {
    return format("%.2f", value * value);
  }

  private String learning() {
    Map<String, List<Epoch>> curves = tests.get(tests.size() - 1).trained().curves();
    int last = 1;
    double low = 1;
    double high = 0;
    for (List<Epoch> curve : curves.values()) {
      for (Epoch epoch : curve) {
        if (!Double.isNaN(epoch.averagePrecision())) {
          last = Math.max(last, epoch.number());
          low = Math.min(low, epoch.averagePrecision());
          high = Math.max(high, epoch.averagePrecision());
        }
      }
    }
    Chart chart =
        new Chart(0, last, Math.min(low, high), high)
            .axes("epochs or trees", ReportPage::count, "average precision", ReportPage::share2);
    for (List<Epoch> curve : curves.values()) {
      chart.line(
          "curve",
          curve.stream()
              .filter(epoch -> !Double.isNaN(epoch.averagePrecision()))
              .map(epoch -> new Point(epoch.number(), epoch.averagePrecision()))
              .toList());
    }
    return chart.svg();
  }

  private String importance() {
    StringBuilder rows = new StringBuilder("<table class=\"bars\">");
    double most =
        Math.max(
            1e-9, evaluation.importance().values().stream().mapToDouble(v -> v).max().orElse(1));
    evaluation.importance().entrySet().stream()
        .limit(FEATURES_MOST)
        .filter(entry -> entry.getValue() > 0)
        .forEach(
            entry ->
                rows.append(
                    format(
                        "<tr><td>%s</td><td><i style=\"width:%.1f%%\"></i></td><td>%.4f</td></tr>",
                        Html.escape(entry.getKey()),
                        100 * entry.getValue() / most,
                        entry.getValue())));
    return rows.append("</table>").toString();
  }

  private void thresholds() {
    page.append(
        "<h2>Thresholds</h2><p>On the calibrated probability, for a policy's <code>thresholds</code>. They are what would have kept the budget or the ratio on that test; the next weeks will differ.</p><table><thead><tr><th>fold</th>");
    List<String> names = List.copyOf(evaluation.folds().get(0).thresholds().keySet());
    names.forEach(name -> add("<th>%s</th>", name.replace('_', ' ')));
    page.append("</tr></thead><tbody>");
    for (Evaluation.Fold fold : evaluation.folds()) {
      if (!fold.validation() || tests.get(0).split().validation()) {
        add("<tr><td>%s</td>", Html.escape(fold.name()));
        names.forEach(
            name -> {
              double value = get(fold.thresholds(), name);
              add("<td>%s</td>", value > 1 ? "none" : format("%.4f", value));
            });
        page.append("</tr>");
      }
    }
    page.append("</tbody></table>");
  }

  private void notes() {
    page.append(
        """
        <h2>How to read this</h2>
        <ul>
        <li>A model sees transactions of its window only, with the labels that were known when its test began, and features as of each transaction's own time.</li>
        <li>Accounts known to be compromised by a test day are left out of it, where the protocol says so.</li>
        <li>Frauds that nobody reported count as genuine, in learning and in these figures.</li>
        <li>Intervals are 90 % bootstrap percentiles over accounts; the differences between weeks are greater than they say.</li>
        <li>Priority in the queue is expected loss: probability × amount. It relies on the probabilities, so look at whether they hold.</li>
        </ul>
        """);
  }

  private static double get(Map<String, Double> values, String name) {
    return values.getOrDefault(name, Double.NaN);
  }

  private void add(String format, Object... values) {
    page.append(format(format, values)).append('\n');
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
