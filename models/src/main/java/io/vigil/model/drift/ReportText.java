package io.vigil.model.drift;

import static io.vigil.model.drift.Judgement.number;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A report as lines for a terminal. */
public final class ReportText {
  private static final int FEATURES_SHOWN = 10;

  private final ModelReport report;
  private final List<String> lines = new ArrayList<>();

  private ReportText(ModelReport report) {
    this.report = report;
  }

  /** The lines. */
  public static List<String> of(ModelReport report) {
    ReportText text = new ReportText(report);
    text.write();
    return text.lines;
  }

  private void write() {
    add(
        "%s  %,d decisions of %s",
        report.verdict(), report.decisions(), report.settings().period());
    report.findings().forEach(its -> add("! %-14s %s", its.area(), its.text()));
    report.gaps().forEach(its -> add("? %-14s %s", its.area(), its.why()));
    for (ModelUse use : report.models()) {
      model(use);
    }
    features();
    alerts();
    report.groups().forEach(this::groups);
  }

  private void model(ModelUse use) {
    add("");
    add(
        "%s  %s  %s, %s to %s",
        use.title(),
        use.digest().substring(0, 12),
        use.role(),
        LocalDate.ofEpochDay(use.firstDay()),
        LocalDate.ofEpochDay(use.lastDay()));
    add(
        "  decided %,d (%s %%), scored %,d beside; alerts %,d%s%s",
        use.decisions(),
        number(report.decisions() == 0 ? 0 : 100.0 * use.decisions() / report.decisions()),
        use.beside(),
        use.alerts(),
        use.outcomes().isEmpty() ? "" : "; " + use.outcomes(),
        use.fallbacks().isEmpty() ? "; no fallback" : "; fallbacks " + use.fallbacks());
    Drifted score = use.score();
    if (score != null) {
      add("  score       %s", stability(score.stability()));
    }
    Calibrated its = use.calibration();
    if (its.rows() > 0 && report.alerts() != null) {
      add(
          "  calibration %,d frauds, %s predicted (%s for each) in %,d matured rows; error %s",
          its.frauds(),
          number(its.expected()),
          number(its.ratio()),
          its.rows(),
          number(its.error()));
      for (Calibrated.Band band : its.bands()) {
        add(
            "    %5s to %-5s %,12d rows  predicted %8s  came true %8s (%s to %s)%s",
            number(band.from()),
            number(band.to()),
            band.rows(),
            number(band.probability()),
            number(band.observed().share()),
            number(band.observed().low()),
            number(band.observed().high()),
            band.wrong() ? "  !" : "");
      }
    }
  }

  private static String stability(Stability its) {
    return String.format(
        Locale.ROOT,
        "stability index %s, limit %s (chance alone %s on average, %s at most): %s",
        number(its.index()),
        number(its.limit()),
        number(its.chanceMean()),
        number(its.chanceLimit()),
        its.level().name().toLowerCase(Locale.ROOT).replace('_', ' '));
  }

  private void features() {
    Span reference = report.settings().reference();
    if (reference == null || report.features().isEmpty()) {
      return;
    }
    add("");
    add("features against %s, those that moved farthest", reference);
    report.features().stream()
        .limit(FEATURES_SHOWN)
        .forEach(
            feature ->
                add(
                    "  %-32s %8s  limit %s  %s",
                    feature.name(),
                    number(feature.stability().index()),
                    number(feature.stability().limit()),
                    feature.stability().level().name().toLowerCase(Locale.ROOT).replace('_', ' ')));
  }

  private void alerts() {
    AlertQuality its = report.alerts();
    if (its == null) {
      return;
    }
    add("");
    add(
        "alerts of %s: %,d, labelled %,d; precision %s %% (%s to %s), of the labelled %s %%; frauds known %,d",
        report.settings().labelled(),
        its.alerts(),
        its.labelled(),
        number(100 * its.precision().share()),
        number(100 * its.precision().low()),
        number(100 * its.precision().high()),
        number(100 * its.ofLabelled().share()),
        its.frauds());
    add("  caught %s, missed %s (minor units)", its.caughtMinor(), its.missedMinor());
  }

  private void groups(GroupRates key) {
    add("");
    add("by %s, each against the others (%,d tests)", key.key(), key.tests());
    for (GroupRates.Group group : key.groups()) {
      StringBuilder rates = new StringBuilder();
      for (GroupRates.Rate rate : group.rates()) {
        boolean calibration = rate.measure() == GroupRates.Measure.CALIBRATION;
        rates.append(
            String.format(
                Locale.ROOT,
                "  %s %s%s",
                rate.measure().words(),
                calibration ? number(rate.value()) : number(100 * rate.value()) + " %",
                rate.differs() ? " !" : ""));
      }
      add("  %-16s %,10d%s", group.name(), group.decisions(), rates);
    }
  }

  private void add(String format, Object... values) {
    lines.add(String.format(Locale.ROOT, format, values));
  }
}
