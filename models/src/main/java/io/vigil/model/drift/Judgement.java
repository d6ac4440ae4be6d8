package io.vigil.model.drift;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a report comes to: findings, and what could not be said. */
final class Judgement {
  /** As the gates that come with Vigil have it. */
  private static final double FALLBACKS_MOST = 0.01;

  private static final int NAMED = 5;

  private final ModelReport report;
  private final List<Finding> findings = new ArrayList<>();
  private final List<Finding.Gap> gaps = new ArrayList<>();

  Judgement(ModelReport report) {
    this.report = report;
  }

  ModelReport judged() {
    budget();
    report.models().forEach(this::model);
    features();
    labels();
    groups();
    return new ModelReport(
        report.settings(),
        report.decisions(),
        report.days(),
        report.models(),
        report.features(),
        report.added(),
        report.alerts(),
        report.groups(),
        List.copyOf(findings),
        List.copyOf(gaps));
  }

  private void budget() {
    Double most = report.settings().alertsPerDay();
    if (most == null) {
      gap("alert budget", "no budget is given; --alerts-per-day N or --gates FILE says it");
    } else if (report.alertsPerDay() > most) {
      long over = report.days().stream().filter(day -> day.alerts() > most).count();
      finding(
          "alert budget",
          report.alertsPerDay(),
          most,
          "%s alerts a day, the budget is %s; %,d of %,d days were above it",
          number(report.alertsPerDay()),
          number(most),
          over,
          report.settings().period().days());
    }
  }

  private void model(ModelUse model) {
    double missing = model.withoutScore() / (double) model.decisions();
    if (model.decisions() > 0 && missing > FALLBACKS_MOST) {
      finding(
          "fallbacks",
          missing,
          FALLBACKS_MOST,
          "%s: %s %% of its decisions were made by rules alone, the limit is %s %%",
          model.title(),
          number(100 * missing),
          number(100 * FALLBACKS_MOST));
    }
    Drifted score = model.score();
    if (score == null) {
      if (report.settings().reference() != null) {
        gap("score drift", model.title() + " scored nothing in the reference days");
      }
    } else {
      drifted("score drift", "the score of " + model.title(), score.stability());
    }
    Calibrated calibration = model.calibration();
    if (report.alerts() != null && calibration.rows() == 0) {
      gap(
          "calibration",
          model.title() + " scored none of the matured days, " + report.settings().labelled());
    } else if (report.alerts() != null && calibration.off()) {
      finding(
          "calibration",
          calibration.ratio(),
          calibration.ratio() > 1 ? Calibrated.RATIO : 1 / Calibrated.RATIO,
          "%s: %,d frauds where its probabilities say %s, that is %s for each; expected %s to %s",
          model.title(),
          calibration.frauds(),
          number(calibration.expected()),
          number(calibration.ratio()),
          number(1 / Calibrated.RATIO),
          number(Calibrated.RATIO));
    }
  }

  private void drifted(String area, String what, Stability stability) {
    if (stability.level() == Stability.Level.TOO_FEW) {
      gap(
          area,
          format(
              "%s: expected %,d rows on each side, got %,d and %,d",
              what, Stability.ROWS_LEAST, stability.reference(), stability.period()));
    } else if (stability.level() != Stability.Level.STABLE) {
      finding(
          area,
          stability.index(),
          stability.limit(),
          "%s has %s: stability index %s, the limit is %s",
          what,
          stability.level() == Stability.Level.SHIFTED ? "shifted" : "moved",
          number(stability.index()),
          number(stability.limit()));
    }
  }

  private void features() {
    if (report.settings().reference() == null) {
      gap(
          "score and feature drift",
          "no reference is given; --reference-from DAY --reference-to DAY says it");
      return;
    }
    List<Drifted> moved =
        report.features().stream()
            .filter(
                feature ->
                    feature.stability().level() == Stability.Level.MOVED
                        || feature.stability().level() == Stability.Level.SHIFTED)
            .toList();
    if (moved.size() == 1) {
      drifted("feature drift", moved.get(0).name(), moved.get(0).stability());
    } else if (!moved.isEmpty()) {
      Stability worst = moved.get(0).stability();
      finding(
          "feature drift",
          worst.index(),
          worst.limit(),
          "%,d of %,d features have moved: %s%s; the limit is %s",
          moved.size(),
          report.features().size(),
          moved.stream()
              .limit(NAMED)
              .map(feature -> feature.name() + " " + number(feature.stability().index()))
              .collect(Collectors.joining(", ")),
          moved.size() > NAMED ? " and others" : "",
          number(worst.limit()));
    }
    List<Drifted> few =
        report.features().stream()
            .filter(feature -> feature.stability().level() == Stability.Level.TOO_FEW)
            .toList();
    if (report.features().isEmpty() || !few.isEmpty()) {
      Stability any = few.isEmpty() ? null : few.get(0).stability();
      gap(
          "feature drift",
          format(
              "expected %,d rows on each side, got %,d and %,d%s",
              Stability.ROWS_LEAST,
              any == null ? 0 : any.reference(),
              any == null ? report.decisions() : any.period(),
              any == null ? "" : format(" of %,d features", few.size())));
    }
    if (!report.added().isEmpty()) {
      gap(
          "feature drift",
          "the reference lacks "
              + report.added().stream().limit(NAMED).collect(Collectors.joining(", "))
              + (report.added().size() > NAMED
                  ? format(" and %,d more", report.added().size() - NAMED)
                  : ""));
    }
  }

  private void labels() {
    if (report.alerts() == null) {
      gap(
          "calibration and precision",
          format(
              "no label by %s of decisions that are %,d days old then (%s)",
              report.settings().asOf(),
              report.settings().labelDelayDays(),
              report.settings().labelled()));
    }
  }

  private void groups() {
    if (report.groups().isEmpty()) {
      gap("groups", "no group is configured; --group KEY says it");
    }
    for (GroupRates key : report.groups()) {
      if (key.groups().size() < 2) {
        gap("groups", key.key() + ": expected two groups at least, got " + key.groups().size());
      }
      for (GroupRates.Measure measure : GroupRates.Measure.values()) {
        differing(key, measure);
      }
    }
  }

  /** One finding for a measure of a key: the group that differs by the greatest factor. */
  private void differing(GroupRates key, GroupRates.Measure measure) {
    String worst = "";
    GroupRates.Rate its = null;
    int differing = 0;
    for (GroupRates.Group group : key.groups()) {
      GroupRates.Rate rate = group.rates().get(measure.ordinal());
      if (rate.differs()) {
        differing++;
        if (its == null || factor(rate) > factor(its)) {
          its = rate;
          worst = group.name();
        }
      }
    }
    if (its == null) {
      return;
    }
    double ratio = report.settings().groupRatio();
    double limit = its.value() > its.others() ? its.others() * ratio : its.others() / ratio;
    boolean calibration = measure == GroupRates.Measure.CALIBRATION;
    finding(
        "groups",
        its.value(),
        limit,
        "%s by %s differs in %d of %d groups, most in %s: %s, %s; the limit is %s",
        measure.words(),
        key.key(),
        differing,
        key.groups().size(),
        worst,
        calibration ? number(its.value()) : number(100 * its.value()) + " %",
        calibration ? "expected about 1" : "the others have " + number(100 * its.others()) + " %",
        calibration ? number(limit) : number(100 * limit) + " %");
  }

  private static double factor(GroupRates.Rate rate) {
    return rate.value() > rate.others()
        ? rate.value() / rate.others()
        : rate.others() / rate.value();
  }

  private void finding(
      String area, double observed, double limit, String format, Object... values) {
    findings.add(new Finding(area, format(format, values), observed, limit));
  }

  private void gap(String area, String why) {
    gaps.add(new Finding.Gap(area, why));
  }

  /** Three digits that count. */
  static String number(double value) {
    if (Double.isNaN(value) || value == 0) {
      return value == 0 ? "0" : "-";
    }
    double size = Math.abs(value);
    int digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4;
    return format("%,." + digits + "f", value);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
