package io.vigil.model.drift;

import static io.vigil.model.drift.Judgement.number;

import io.vigil.model.evaluate.Chart;
import io.vigil.model.evaluate.Chart.Point;
import io.vigil.model.evaluate.Html;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The drawings of a report, as SVG. */
final class ReportCharts {
  private static final DateTimeFormatter SHORT =
      DateTimeFormatter.ofPattern("d MMM", Locale.ENGLISH);

  /** Lower probabilities stand at a ten-thousandth. */
  private static final double FLOOR = -4;

  private static final double HALF_BAR = 0.42;
  private static final int SPARK_WIDTH = 150;
  private static final int SPARK_HEIGHT = 26;

  private ReportCharts() {}

  /** Alerts by day, and the budget. */
  static String alerts(ModelReport report) {
    Span period = report.settings().period();
    double from = period.from().toEpochDay() - 0.5;
    double to = period.to().toEpochDay() + 0.5;
    Double budget = report.settings().alertsPerDay();
    double most = report.days().stream().mapToLong(ModelReport.Day::alerts).max().orElse(1);
    Chart chart =
        new Chart(from, to, 0, nice(Math.max(most, budget == null ? 0 : budget)))
            .axes("day", ReportCharts::day, "alerts", ReportCharts::count);
    for (ModelReport.Day day : report.days()) {
      boolean over = budget != null && day.alerts() > budget;
      chart.bar(
          over ? "over" : "within",
          day.day() - HALF_BAR,
          day.day() + HALF_BAR,
          0,
          (double) day.alerts(),
          "%s: %,d alerts of %,d decisions"
              .formatted(LocalDate.ofEpochDay(day.day()), day.alerts(), day.decisions()));
    }
    if (budget != null) {
      chart.line("limit", List.of(new Point(from, budget), new Point(to, budget)));
    }
    return chart.svg();
  }

  /** Precision of the labelled alerts with intervals. */
  static String precision(AlertQuality quality) {
    List<AlertQuality.Part> parts = quality.parts();
    double from = parts.get(0).day() - 1.0;
    double to = parts.get(parts.size() - 1).day() + 1.0;
    Chart chart =
        new Chart(from, to, 0, 1)
            .axes("day, or week from", ReportCharts::day, "precision", ReportCharts::percent);
    List<Point> line = new ArrayList<>();
    for (AlertQuality.Part part : parts) {
      Share share = part.precision();
      if (share.of() > 0) {
        line.add(new Point((double) part.day(), share.share()));
        chart.line(
            "interval",
            List.of(
                new Point((double) part.day(), share.low()),
                new Point((double) part.day(), share.high())));
      }
    }
    chart.line("curve", line);
    for (AlertQuality.Part part : parts) {
      Share share = part.precision();
      if (share.of() > 0) {
        chart.dot(
            "dot",
            new Point((double) part.day(), share.share()),
            "%s: %d frauds of %d alerts"
                .formatted(LocalDate.ofEpochDay(part.day()), share.count(), share.of()));
      }
    }
    return chart.svg();
  }

  /** Predicted beside what came true, both by powers of ten. */
  static String reliability(Calibrated calibration) {
    Chart chart =
        new Chart(FLOOR, 0, FLOOR, 0)
            .axes("predicted", ReportCharts::power, "came true", ReportCharts::power)
            .line("chance", List.of(new Point(FLOOR, FLOOR), new Point(0, 0)));
    for (Calibrated.Band band : calibration.bands()) {
      double x = log(band.probability());
      chart.line(
          "interval",
          List.of(
              new Point(x, log(band.observed().low())), new Point(x, log(band.observed().high()))));
      chart.dot(
          band.wrong() ? "fraud" : "dot",
          new Point(x, log(band.observed().share())),
          "%s predicted, %s came true of %,d rows"
              .formatted(number(band.probability()), number(band.observed().share()), band.rows()));
    }
    return chart.svg();
  }

  private static double log(double value) {
    return value <= 0 ? FLOOR : Math.max(FLOOR, StrictMath.log10(value));
  }

  /** A feature's index by day, on a scale of its own; the dashed line is its limit. */
  static String spark(Drifted drifted) {
    List<Drifted.Day> days =
        drifted.days().stream().filter(day -> !Double.isNaN(day.stability().index())).toList();
    if (days.isEmpty()) {
      return "";
    }
    double limit = drifted.stability().limit();
    double most = limit * 1.6;
    for (Drifted.Day day : days) {
      most = Math.max(most, day.stability().index());
    }
    double first = days.get(0).day();
    double length = Math.max(1, days.get(days.size() - 1).day() - first);
    StringBuilder points = new StringBuilder();
    for (Drifted.Day day : days) {
      points.append(
          format(
              "%.1f,%.1f ",
              2 + (day.day() - first) / length * (SPARK_WIDTH - 4),
              SPARK_HEIGHT - 2 - day.stability().index() / most * (SPARK_HEIGHT - 4)));
    }
    double y = SPARK_HEIGHT - 2 - limit / most * (SPARK_HEIGHT - 4);
    String mark =
        days.size() > 1
            ? "<polyline class=\"curve\" points=\"%s\"/>".formatted(points.toString().strip())
            : format(
                "<circle class=\"dot\" cx=\"%d\" cy=\"%.1f\" r=\"3\"/>",
                SPARK_WIDTH / 2,
                SPARK_HEIGHT - 2 - days.get(0).stability().index() / most * (SPARK_HEIGHT - 4));
    return format(
        "<svg class=\"spark\" viewBox=\"0 0 %d %d\" role=\"img\"><title>index by day, up to %s</title><line class=\"limit\" x1=\"0\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>%s</svg>",
        SPARK_WIDTH, SPARK_HEIGHT, number(most), SPARK_WIDTH, y, y, mark);
  }

  /** Shares by bin: the reference in grey, the period before it; the last bin is of missing. */
  static String shares(Drifted drifted) {
    int bins = drifted.reference().size();
    double most = 1e-9;
    for (int bin = 0; bin < bins; bin++) {
      most = Math.max(most, Math.max(drifted.reference().get(bin), drifted.period().get(bin)));
    }
    double width = (double) SPARK_WIDTH / bins;
    StringBuilder bars = new StringBuilder();
    for (int bin = 0; bin < bins; bin++) {
      boolean missing = bin == bins - 1;
      bars.append(bar(bin * width + 1, width - 2, drifted.reference().get(bin) / most, "false"));
      bars.append(
          bar(
              bin * width + width / 4 + 0.5,
              width / 2 - 1,
              drifted.period().get(bin) / most,
              missing ? "missing" : "within"));
    }
    return format(
        "<svg class=\"spark\" viewBox=\"0 0 %d %d\" role=\"img\"><title>%s</title>%s</svg>",
        SPARK_WIDTH,
        SPARK_HEIGHT,
        Html.escape(
            format(
                "missing: %.1f %% of the reference, %.1f %% of the period",
                100 * drifted.reference().get(bins - 1), 100 * drifted.period().get(bins - 1))),
        bars);
  }

  private static String bar(double x, double width, double share, String style) {
    double height = share * (SPARK_HEIGHT - 2);
    return format(
        "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
        style, x, SPARK_HEIGHT - height, Math.max(0.5, width), height);
  }

  private static double nice(double most) {
    double step = StrictMath.pow(10, StrictMath.floor(StrictMath.log10(Math.max(1, most))));
    for (double factor : new double[] {1, 2, 4, 8}) {
      if (most <= factor * step) {
        return Math.max(4, factor * step);
      }
    }
    return 10 * step;
  }

  private static String day(double epochDay) {
    return LocalDate.ofEpochDay(Math.round(epochDay)).format(SHORT);
  }

  private static String count(double value) {
    return format("%,.0f", value);
  }

  private static String percent(double value) {
    return format("%.0f %%", 100 * value);
  }

  private static String power(double value) {
    return BigDecimal.valueOf(StrictMath.pow(10, 2 + value))
            .round(new MathContext(1))
            .toPlainString()
        + " %";
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
