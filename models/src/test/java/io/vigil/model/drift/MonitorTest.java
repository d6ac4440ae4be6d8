package io.vigil.model.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.drift.Observation.Known;
import io.vigil.model.drift.Observation.Score;
import io.vigil.model.policy.Outcome;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MonitorTest {
  private static final LocalDate DAY = LocalDate.of(2026, 1, 1);
  private static final String MODEL = "a".repeat(64);
  private static final String SHADOW = "b".repeat(64);
  private static final List<String> NAMES = List.of("amount", "count_1h", "speed", "age");

  /** How a period is other than the reference. */
  private record Change(double speed, double missingAge, double fraudsForEach, double alertsInB) {
    static final Change NONE = new Change(0, 0.05, 1, 1);
  }

  @Test
  void findsNothingInMoreOfTheSame() {
    ModelReport report = report(Change.NONE, 3, settings(400.0, List.of("country")));
    assertThat(report.findings()).as(report.findings().toString()).isEmpty();
    assertThat(report.gaps()).isEmpty();
    assertThat(report.verdict()).isEqualTo("Nothing found in what was assessed.");
    assertThat(report.features()).hasSize(4);
  }

  @Test
  void namesTheFeatureThatDrifted() {
    ModelReport report =
        report(new Change(0.8, 0.05, 1, 1), 3, settings(400.0, List.of("country")));
    assertThat(report.findings()).hasSize(1);
    Finding finding = report.findings().get(0);
    assertThat(finding.area()).isEqualTo("feature drift");
    assertThat(finding.text()).startsWith("speed has shifted: stability index ");
    assertThat(finding.observed()).isGreaterThan(finding.limit());
    assertThat(report.features().get(0).name()).isEqualTo("speed");
    assertThat(report.features().get(0).days()).hasSize(10);
  }

  @Test
  void namesTheFeatureThatWentMissing() {
    ModelReport report = report(new Change(0, 0.4, 1, 1), 4, settings(400.0, List.of("country")));
    assertThat(report.findings()).extracting(Finding::area).containsExactly("feature drift");
    assertThat(report.findings().get(0).text()).startsWith("age has ");
    Drifted age = report.features().get(0);
    assertThat(age.period().get(age.period().size() - 1)).isCloseTo(0.4, within(0.02));
  }

  @Test
  void seesFraudsThatWereNotPredicted() {
    ModelReport report = report(new Change(0, 0.05, 2, 1), 5, settings(400.0, List.of()));
    assertThat(report.findings()).extracting(Finding::area).contains("calibration");
    Calibrated calibration = report.models().get(0).calibration();
    assertThat(calibration.ratio()).isBetween(1.7, 2.3);
    assertThat(calibration.bands()).anyMatch(Calibrated.Band::wrong);
    assertThat(report.gaps())
        .containsExactly(new Finding.Gap("groups", "no group is configured; --group KEY says it"));
  }

  @Test
  void seesAGroupThatIsAlertedMoreOften() {
    ModelReport report = report(new Change(0, 0.05, 1, 3), 6, settings(400.0, List.of("country")));
    assertThat(report.findings())
        .anySatisfy(its -> assertThat(its.text()).startsWith("alert rate by country differs in "));
    GroupRates key = report.groups().get(0);
    GroupRates.Rate rate = key.groups().get(1).rates().get(0);
    assertThat(rate.measure()).isEqualTo(GroupRates.Measure.ALERT_RATE);
    assertThat(rate.differs()).isTrue();
    assertThat(rate.low()).isGreaterThan(rate.others() * Settings.FOUR_FIFTHS);
    // C and D have too few rows.
    assertThat(key.groups())
        .extracting(GroupRates.Group::name)
        .containsExactly("A", "B", "2 smaller ones");
    assertThat(key.tests()).isEqualTo(12);
  }

  @Test
  void countsWhatThereIsToCount() {
    List<Observation> rows = rows(Change.NONE, 7);
    ModelReport report = report(rows, settings(1.0, List.of()));
    List<Observation> period = rows.stream().filter(row -> row.day() >= day(10)).toList();
    long alerts = period.stream().filter(Observation::alert).count();
    ModelUse champion = report.models().get(0);
    ModelUse shadow = report.models().get(1);

    assertThat(report.decisions()).isEqualTo(period.size());
    assertThat(report.alertsRaised()).isEqualTo(alerts);
    assertThat(report.alertsPerDay()).isEqualTo(alerts / 10.0);
    assertThat(report.findings())
        .containsExactly(
            new Finding(
                "alert budget",
                "%s alerts a day, the budget is 1.00; 10 of 10 days were above it"
                    .formatted(Judgement.number(alerts / 10.0)),
                alerts / 10.0,
                1));
    assertThat(champion.digest()).isEqualTo(MODEL);
    assertThat(champion.role()).isEqualTo("champion");
    assertThat(champion.decisions()).isEqualTo(period.size());
    assertThat(champion.alerts()).isEqualTo(alerts);
    assertThat(champion.title()).isEqualTo("tree 3");
    assertThat(champion.fallbacks())
        .containsExactly(
            Map.entry("deadline", period.stream().filter(row -> row.fallback() != null).count()));
    assertThat(shadow.role()).isEqualTo("shadow");
    assertThat(shadow.beside()).isEqualTo(period.size());
    assertThat(shadow.decisions()).isZero();
    AlertQuality quality = report.alerts();
    assertThat(quality).isNotNull();
    if (quality != null) {
      assertThat(quality.decisions()).isEqualTo(period.size());
      assertThat(quality.alerts()).isEqualTo(alerts);
      long caught =
          period.stream()
              .filter(row -> row.alert() && row.fraud())
              .mapToLong(Observation::amountMinor)
              .sum();
      assertThat(quality.caughtMinor()).containsExactly(Map.entry("EUR", caught));
      assertThat(quality.parts()).hasSize(10);
      assertThat(quality.parts().stream().mapToLong(AlertQuality.Part::alerts).sum())
          .isEqualTo(alerts);
    }
  }

  @Test
  void saysWhatItCannotSay() {
    Settings settings =
        new Settings(
            "x", new Span(DAY, DAY), null, new Span(DAY, DAY), DAY, 30, null, List.of(), 1, 1.25);
    Monitor monitor = new Monitor(settings);
    monitor.count(row(new Random(1), 0, Change.NONE, Known.NOTHING));
    ModelReport report = monitor.report(digest -> null, Map.of());
    assertThat(report.gaps())
        .extracting(Finding.Gap::area)
        .containsExactly(
            "alert budget", "score and feature drift", "calibration and precision", "groups");
    assertThat(report.verdict())
        .isEqualTo("Nothing found in what was assessed. 4 parts were not assessed.");
    assertThat(report.models().get(0).title()).isEqualTo("model aaaaaaaaaaaa");
  }

  @Test
  void neitherOrderNorASecondReadingChangesTheReport() {
    List<Observation> rows = new ArrayList<>(rows(Change.NONE, 8));
    Settings settings = settings(400.0, List.of("country"));
    byte[] one = ReportJson.canonical(ReportJson.of(report(rows, settings)));
    Collections.shuffle(rows, new Random(2));
    // Sums of probabilities alone depend on the order, beyond the nine digits that are kept.
    assertThat(ReportJson.canonical(ReportJson.of(report(rows, settings)))).isEqualTo(one);
  }

  @Test
  void pageAndTextSayTheSame() {
    ModelReport report = report(new Change(0.8, 0.05, 2, 3), 3, settings(5.0, List.of("country")));
    String page = ModelReportPage.of(report);
    String text = String.join("\n", ReportText.of(report));
    assertThat(report.findings()).hasSizeGreaterThan(3);
    for (Finding finding : report.findings()) {
      assertThat(page).contains(finding.text());
      assertThat(text).contains(finding.text());
    }
    assertThat(page).doesNotContain("<script").doesNotContain("http").doesNotContain("NaN");
    assertThat(text).doesNotContain("NaN");
  }

  @Test
  void labelledDaysAreThoseThatAreOldEnough() {
    Span week = new Span(DAY.plusDays(40), DAY.plusDays(46));
    assertThat(week.matured(DAY.plusDays(200), 30)).isEqualTo(week);
    assertThat(week.matured(DAY.plusDays(73), 30))
        .isEqualTo(new Span(DAY.plusDays(40), DAY.plusDays(42)));
    // None of the week: the seven days that matured last.
    assertThat(week.matured(DAY.plusDays(46), 30))
        .isEqualTo(new Span(DAY.plusDays(9), DAY.plusDays(15)));
  }

  private static Settings settings(double budget, List<String> groups) {
    Span period = new Span(DAY.plusDays(10), DAY.plusDays(19));
    return new Settings(
        "archive",
        period,
        new Span(DAY, DAY.plusDays(9)),
        period,
        DAY.plusDays(60),
        30,
        budget,
        groups,
        1_000,
        Settings.FOUR_FIFTHS);
  }

  private static ModelReport report(Change change, long seed, Settings settings) {
    return report(rows(change, seed), settings);
  }

  private static ModelReport report(List<Observation> rows, Settings settings) {
    Monitor monitor = new Monitor(settings);
    rows.stream().filter(row -> row.day() < day(10)).forEach(monitor::sample);
    rows.forEach(monitor::count);
    return monitor.report(
        digest -> digest.equals(MODEL) ? new ModelUse.Known("tree", 3, "xgboost", NAMES) : null,
        Map.of(MODEL, "champion"));
  }

  private static long day(int number) {
    return DAY.toEpochDay() + number;
  }

  private static List<Observation> rows(Change change, long seed) {
    Random random = new Random(seed);
    List<Observation> rows = new ArrayList<>();
    for (int day = 0; day < 20; day++) {
      for (int i = 0; i < 1_000; i++) {
        rows.add(row(random, day, day < 10 ? Change.NONE : change, null));
      }
    }
    return rows;
  }

  private static Observation row(Random random, int day, Change change, @Nullable Known known) {
    double place = random.nextDouble();
    String country = place < 0.6 ? "A" : place < 0.95 ? "B" : place < 0.98 ? "C" : null;
    float logit = (float) (random.nextGaussian() * 1.5 - 3);
    double probability = 1 / (1 + StrictMath.exp(-logit));
    boolean alert =
        probability > 0.3
            || ("B".equals(country) && random.nextDouble() < 0.1 * (change.alertsInB - 1));
    boolean fraud = random.nextDouble() < Math.min(1, probability * change.fraudsForEach);
    boolean failed = random.nextInt(500) == 0;
    Score score = new Score(logit, probability);
    float[] values = {
      (float) StrictMath.exp(random.nextGaussian()),
      random.nextInt(10) < 7 ? 0 : random.nextInt(5),
      (float) (random.nextGaussian() + change.speed),
      random.nextDouble() < change.missingAge ? Float.NaN : random.nextInt(80)
    };
    return new Observation(
        Long.toHexString(random.nextLong()),
        day(day),
        NAMES,
        values,
        MODEL,
        alert ? Outcome.REVIEW : Outcome.APPROVE,
        alert,
        failed ? "deadline" : null,
        failed ? Map.of(SHADOW, score) : Map.of(MODEL, score, SHADOW, score),
        100 + random.nextInt(10_000),
        "EUR",
        Collections.singletonList(country),
        known != null ? known : fraud ? Known.FRAUD : alert ? Known.GENUINE : Known.NOTHING);
  }
}
