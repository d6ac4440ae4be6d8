package io.vigil.model.drift;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A report for machines to read, and as the bytes that are signed. */
public final class ReportJson {
  /** The member {@code format}. */
  public static final String FORMAT = "vigil-model-report-1";

  private ReportJson() {}

  /**
   * The canonical bytes: the same report is the same bytes.
   *
   * @param json as {@link #of} made it, members added or not
   */
  public static byte[] canonical(Map<String, ?> json) {
    return (CanonicalJson.of(json) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** The report as maps, lists, texts and numbers. Members may be added. */
  public static Map<String, @Nullable Object> of(ModelReport report) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("format", FORMAT);
    json.put("verdict", report.verdict());
    json.put(
        "findings",
        report.findings().stream()
            .map(
                finding ->
                    map(
                        "area", finding.area(),
                        "text", finding.text(),
                        "observed", finding.observed(),
                        "limit", finding.limit()))
            .toList());
    json.put(
        "not_assessed",
        report.gaps().stream().map(gap -> map("area", gap.area(), "why", gap.why())).toList());
    Settings settings = report.settings();
    Span reference = settings.reference();
    json.put(
        "asked",
        map(
            "source", settings.source(),
            "period", span(settings.period()),
            "reference", reference == null ? null : span(reference),
            "labelled_days", span(settings.labelled()),
            "as_of", settings.asOf().toString(),
            "label_delay_days", settings.labelDelayDays(),
            "alerts_per_day_most", settings.alertsPerDay(),
            "groups", settings.groups(),
            "group_decisions_least", settings.groupLeast(),
            "group_ratio_most", settings.groupRatio()));
    json.put("decisions", report.decisions());
    json.put("alerts", report.alertsRaised());
    json.put("alerts_per_day", report.alertsPerDay());
    json.put(
        "days",
        report.days().stream()
            .map(
                day ->
                    map(
                        "day",
                        day(day.day()),
                        "decisions",
                        day.decisions(),
                        "alerts",
                        day.alerts()))
            .toList());
    json.put("models", report.models().stream().map(use -> model(report, use)).toList());
    json.put("features", report.features().stream().map(ReportJson::drifted).toList());
    json.put("features_without_reference", report.added());
    AlertQuality alerts = report.alerts();
    json.put("alert_quality", alerts == null ? null : quality(alerts));
    json.put("groups", report.groups().stream().map(ReportJson::groups).toList());
    return json;
  }

  private static Map<String, @Nullable Object> model(ModelReport report, ModelUse use) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    ModelUse.Known known = use.known();
    Drifted score = use.score();
    Map<String, Object> outcomes = new LinkedHashMap<>();
    use.outcomes().forEach((outcome, count) -> outcomes.put(outcome.id(), count));
    json.put("sha256", use.digest());
    json.put("name", known == null ? null : known.name());
    json.put("version", known == null ? null : known.version());
    json.put("engine", known == null ? null : known.engine());
    json.put("role", use.role());
    json.put("decisions", use.decisions());
    json.put(
        "share", report.decisions() == 0 ? null : use.decisions() / (double) report.decisions());
    json.put("scored_beside", use.beside());
    json.put("first_day", day(use.firstDay()));
    json.put("last_day", day(use.lastDay()));
    json.put("outcomes", outcomes);
    json.put("alerts", use.alerts());
    json.put("fallbacks", use.fallbacks());
    json.put("score_drift", score == null ? null : drifted(score));
    json.put("calibration", use.calibration().rows() == 0 ? null : calibration(use.calibration()));
    return json;
  }

  private static Map<String, @Nullable Object> drifted(Drifted drifted) {
    Map<String, @Nullable Object> json = stability(drifted.stability());
    json.put("name", drifted.name());
    json.put("reference_shares", drifted.reference());
    json.put("period_shares", drifted.period());
    json.put(
        "days",
        drifted.days().stream()
            .map(
                day ->
                    map(
                        "day", day(day.day()),
                        "rows", day.stability().period(),
                        "index", day.stability().index(),
                        "chance_limit", day.stability().chanceLimit()))
            .toList());
    return json;
  }

  private static Map<String, @Nullable Object> stability(Stability stability) {
    return map(
        "index", stability.index(),
        "limit", stability.limit(),
        "level", stability.level().name().toLowerCase(Locale.ROOT),
        "chance_mean", stability.chanceMean(),
        "chance_limit", stability.chanceLimit(),
        "reference_rows", stability.reference(),
        "period_rows", stability.period());
  }

  private static Map<String, @Nullable Object> calibration(Calibrated its) {
    return map(
        "rows", its.rows(),
        "frauds", its.frauds(),
        "expected", its.expected(),
        "ratio", its.ratio(),
        "error", its.error(),
        "chance", its.chance(),
        "off", its.off(),
        "bands",
            its.bands().stream()
                .map(
                    band ->
                        map(
                            "from", band.from(),
                            "to", band.to(),
                            "rows", band.rows(),
                            "probability", band.probability(),
                            "observed", share(band.observed()),
                            "beyond_chance", band.wrong()))
                .toList());
  }

  private static Map<String, @Nullable Object> quality(AlertQuality its) {
    return map(
        "decisions", its.decisions(),
        "alerts", its.alerts(),
        "labelled", its.labelled(),
        "precision", share(its.precision()),
        "precision_of_labelled", share(its.ofLabelled()),
        "frauds_known", its.frauds(),
        "caught_minor", its.caughtMinor(),
        "missed_minor", its.missedMinor(),
        "parts",
            its.parts().stream()
                .map(
                    part ->
                        map(
                            "from", day(part.day()),
                            "alerts", part.alerts(),
                            "precision", share(part.precision())))
                .toList());
  }

  private static Map<String, @Nullable Object> groups(GroupRates its) {
    return map(
        "key",
        its.key(),
        "tests",
        its.tests(),
        "groups",
        its.groups().stream()
            .map(
                group ->
                    map(
                        "name", group.name(),
                        "decisions", group.decisions(),
                        "rates", group.rates().stream().map(ReportJson::rate).toList()))
            .toList());
  }

  private static Map<String, @Nullable Object> rate(GroupRates.Rate its) {
    return map(
        "measure", its.measure().name().toLowerCase(Locale.ROOT),
        "count", its.count(),
        "of", its.of(),
        "value", its.value(),
        "low", its.low(),
        "high", its.high(),
        "others", its.others(),
        "chance", its.chance(),
        "differs", its.differs());
  }

  private static Map<String, @Nullable Object> share(Share its) {
    return map(
        "count", its.count(),
        "of", its.of(),
        "share", its.share(),
        "low", its.low(),
        "high", its.high());
  }

  private static List<String> span(Span span) {
    return List.of(span.from().toString(), span.to().toString());
  }

  private static String day(long epochDay) {
    return LocalDate.ofEpochDay(epochDay).toString();
  }

  /** Names and values in turn; what is not a number is null. */
  private static Map<String, @Nullable Object> map(@Nullable Object... all) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < all.length; i += 2) {
      Object value = all[i + 1];
      map.put(
          String.valueOf(all[i]),
          value instanceof Double number && !Double.isFinite(number) ? null : value);
    }
    return map;
  }
}
