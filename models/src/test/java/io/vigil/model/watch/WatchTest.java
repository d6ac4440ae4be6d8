package io.vigil.model.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.watch.Reading.State;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Counts against limits. */
class WatchTest {
  private static final WatchCounts NOTHING = new WatchCounts();

  private static WatchPlan plan(String limits) {
    return WatchPlan.read("stretch: 10000\n" + limits, "watch");
  }

  /** Decisions of which the first so many are alerts. */
  private static WatchCounts alerts(int decisions, int alerts) {
    WatchCounts counts = new WatchCounts();
    for (int i = 0; i < decisions; i++) {
      counts.decided(i < alerts, false, false, Double.NaN);
    }
    return counts;
  }

  private static Reading only(List<Reading> readings) {
    assertThat(readings).hasSize(1);
    return readings.get(0);
  }

  private static Reading judge(String limits, WatchCounts candidate, WatchCounts reference) {
    return only(new WatchJudge("the champion's").judge(plan(limits), candidate, reference));
  }

  @ParameterizedTest
  @CsvSource({
    // Too few on one side or the other, however bad it looks.
    "4999, 4999, 50000, 50, NOT_YET",
    "50000, 5000, 4999, 50, NOT_YET",
    // As often, twice as often by chance, half as often.
    "5000, 50, 50000, 500, KEPT",
    "5000, 10, 50000, 50, KEPT",
    "5000, 0, 50000, 500, KEPT",
    // Nearly thrice as often.
    "5000, 139, 50000, 500, BROKEN",
    // A little more than allowed is chance in few decisions and none in many.
    "5000, 80, 50000, 500, KEPT",
    "500000, 8000, 500000, 5000, BROKEN",
    // Never an alert on either side, or the first ones ever.
    "5000, 0, 5000, 0, KEPT",
    "5000, 40, 5000, 0, BROKEN"
  })
  void alertsAreComparedByTheirRate(
      int decisions, int alerts, int ofReference, int referenceAlerts, State expected) {
    Reading reading =
        judge(
            "alert_rate: {max_ratio: 1.5, min_decisions: 5000}",
            alerts(decisions, alerts),
            alerts(ofReference, referenceAlerts));
    assertThat(reading.state()).as(reading.text()).isEqualTo(expected);
  }

  @Test
  void aReasonSaysWhatWasExpectedAndWhatCame() {
    assertThat(
            judge(
                    "alert_rate: {max_ratio: 1.5, min_decisions: 5000}",
                    alerts(5_000, 231),
                    alerts(5_000, 100))
                .text())
        .isEqualTo("expected at most 1.5 times the champion's, got 2.31 over 5,000 decisions");
    assertThat(
            judge(
                    "alert_rate: {max_ratio: 1.5, min_decisions: 5000}",
                    alerts(17, 1),
                    alerts(5_000, 1))
                .text())
        .isEqualTo("expected 5,000 decisions to say something, got 17");
  }

  @ParameterizedTest
  @CsvSource({"100, 100, KEPT", "30, 100, BROKEN", "48, 100, KEPT", "0, 100, BROKEN"})
  void aModelThatStoppedToSeeAnythingIsSeen(int alerts, int before, State expected) {
    Reading reading =
        judge(
            "alert_rate_drop: {min_ratio: 0.8, min_decisions: 100}",
            alerts(10_000, alerts),
            alerts(10_000, before));
    assertThat(reading.state()).as(reading.text()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"999, 999, NOT_YET", "1000, 10, KEPT", "1000, 19, KEPT", "1000, 20, BROKEN"})
  void sharesAreHeldAgainstTheirBoundBeyondChance(int decisions, int count, State expected) {
    WatchCounts counts = new WatchCounts();
    for (int i = 0; i < decisions; i++) {
      counts.decided(false, i < count, i < count, 0);
    }
    for (String limit :
        List.of(
            "fallbacks: {max_share: 0.01, min_decisions: 1000}",
            "latency: {p99_ms: 50, min_decisions: 1000}")) {
      Reading reading = judge(limit, counts, NOTHING);
      assertThat(reading.state()).as(reading.text()).isEqualTo(expected);
      assertThat(reading.observed()).isEqualTo(count / (double) decisions);
    }
  }

  @Test
  void noFallbackIsAllowedWhereTheBoundIsZero() {
    WatchCounts counts = alerts(99, 0);
    counts.decided(false, true, true, Double.NaN);
    assertThat(judge("fallbacks: {max_share: 0, min_decisions: 100}", counts, NOTHING).state())
        .isEqualTo(State.BROKEN);
  }

  @Test
  void precisionIsThatOfLabelledAlertsAndCorrectionsCount() {
    String limit = "precision: {min_share: 0.5, min_labels: 100}";
    WatchCounts counts = alerts(1_000, 500);
    counts.labelled(20, 79);
    assertThat(judge(limit, counts, NOTHING).state()).isEqualTo(State.NOT_YET);
    counts.labelled(0, 1);
    Reading reading = judge(limit, counts, NOTHING);
    assertThat(reading.state()).isEqualTo(State.BROKEN);
    assertThat(reading.text())
        .isEqualTo("expected at least 50 % frauds, got 20.00 % over 100 labelled alerts");
    counts.labelled(40, -40);
    assertThat(judge(limit, counts, NOTHING).state()).isEqualTo(State.KEPT);
  }

  @Test
  void scoresThatMovedAreSeenWhereverTheyCrowd() {
    String limit = "score_shift: {max_index: 0.25, min_decisions: 2000}";
    // Probabilities about e^-7, one in a thousand, as most scores of fraud are.
    WatchCounts champion = scores(5_000, -7, 1);
    assertThat(judge(limit, scores(5_000, -7, 2), champion).observed()).isLessThan(0.02);
    assertThat(judge(limit, scores(5_000, -7, 2), champion).state()).isEqualTo(State.KEPT);
    assertThat(judge(limit, scores(5_000, -6, 2), champion).state()).isEqualTo(State.BROKEN);
    assertThat(judge(limit, scores(1_999, -6, 2), champion).state()).isEqualTo(State.NOT_YET);
    assertThat(judge(limit, champion, scores(1_999, -6, 2)).state()).isEqualTo(State.NOT_YET);
    // A score that is no number is no score.
    assertThat(judge(limit, alerts(5_000, 0), champion).state()).isEqualTo(State.NOT_YET);
    // All of the champion's are alike, and the candidate's lie below them.
    assertThat(judge(limit, level(5_000, -7.1), level(5_000, -7)).state()).isEqualTo(State.BROKEN);
    assertThat(judge(limit, level(5_000, -7), level(5_000, -7)).state()).isEqualTo(State.KEPT);
    // Scores beyond all bins, and all the same.
    assertThat(judge(limit, scores(5_000, 99, 2), champion).state()).isEqualTo(State.BROKEN);
    assertThat(judge(limit, scores(5_000, 99, 2), scores(5_000, 99, 3)).state())
        .isEqualTo(State.KEPT);
  }

  private static WatchCounts scores(int decisions, double mean, int seed) {
    Random random = new Random(seed);
    WatchCounts counts = new WatchCounts();
    for (int i = 0; i < decisions; i++) {
      counts.decided(false, false, false, mean + random.nextGaussian());
    }
    return counts;
  }

  private static WatchCounts level(int decisions, double logOdds) {
    WatchCounts counts = new WatchCounts();
    for (int i = 0; i < decisions; i++) {
      counts.decided(false, false, false, logOdds);
    }
    return counts;
  }

  @Test
  void chanceAloneReturnsNothingHoweverOftenItIsLookedAt() {
    int returned = 0;
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      Watch watch = new Watch(plan("alert_rate: {max_ratio: 1.2, min_decisions: 500}"), null);
      for (int look = 0; look < 500; look++) {
        WatchCounts candidate = new WatchCounts();
        WatchCounts champion = new WatchCounts();
        for (int i = 0; i < 100; i++) {
          candidate.decided(random.nextInt(100) == 0, false, false, 0);
          champion.decided(random.nextInt(100) == 0, false, false, 0);
        }
        watch.add(candidate, champion);
        watch.judge();
      }
      returned += watch.broken() == null ? 0 : 1;
    }
    assertThat(returned).isLessThanOrEqualTo(1);
  }

  @Test
  void aGoodBeginningHidesNothing() {
    Watch watch = new Watch(plan("fallbacks: {max_share: 0.01, min_decisions: 1000}"), null);
    for (int i = 0; i < 100; i++) {
      watch.add(alerts(1_000, 0), NOTHING);
      watch.judge();
    }
    assertThat(watch.broken()).isNull();
    WatchCounts bad = new WatchCounts();
    for (int i = 0; i < 1_000; i++) {
      bad.decided(false, true, false, Double.NaN);
    }
    // One in a hundred of all, but one in twenty or more of those that are looked at.
    watch.add(bad, NOTHING);
    watch.judge();
    assertThat(watch.broken()).isNotNull();
    assertThat(watch.decisions()).isEqualTo(101_000);
  }

  @Test
  void itIsMetAfterSoManyDecisionsUnlessALimitWasBrokenOnce() {
    String text = "success_after: 2000\nfallbacks: {max_share: 0, min_decisions: 1}";
    Watch watch = new Watch(plan(text), null);
    watch.add(alerts(1_999, 0), NOTHING);
    watch.judge();
    assertThat(watch.met()).isFalse();
    watch.add(alerts(1, 0), NOTHING);
    assertThat(watch.met()).isTrue();
    WatchCounts bad = new WatchCounts();
    bad.decided(false, true, false, 0);
    watch.add(bad, NOTHING);
    watch.judge();
    assertThat(watch.met()).isFalse();
    assertThat(watch.broken().text()).contains("over 2,001 decisions");
    watch.add(alerts(20_000, 0), NOTHING);
    watch.judge();
    assertThat(watch.broken().text()).as("as it stood then").contains("over 2,001 decisions");
  }

  @Test
  void aPromotionIsHeldAgainstWhatDecidedBeforeAndForAWhile() {
    String text = "after_promotion: 2000\nalert_rate: {max_ratio: 2, min_decisions: 1000}";
    Watch watch = new Watch(plan(text), alerts(5_000, 50));
    watch.add(alerts(1_000, 100), NOTHING);
    watch.judge();
    assertThat(watch.broken().text())
        .isEqualTo("expected at most 2 times what decided before, got 10.00 over 1,000 decisions");
    Watch longer = new Watch(plan(text), alerts(5_000, 50));
    longer.add(alerts(2_000, 20), NOTHING);
    assertThat(longer.over()).isTrue();
    longer.add(alerts(1_000, 1_000), NOTHING);
    longer.judge();
    assertThat(longer.broken()).as("over is over").isNull();
  }

  @Test
  void aWatchGoesOnFromWhatWasWritten() throws IOException {
    for (WatchCounts before : new WatchCounts[] {null, alerts(500, 3)}) {
      Watch watch =
          new Watch(
              plan(
                  "after_promotion: 100000\nalert_rate: {max_ratio: 2, min_decisions: 10}\n"
                      + "precision: {min_share: 0.1, min_labels: 1}"),
              before);
      watch.add(scores(12_345, -3, 4), alerts(20_000, 200));
      watch.add(alerts(77, 5), alerts(20, 2));
      watch.labelled(3, 4);
      assertThat(copy(watch).judge()).isEqualTo(watch.judge());
      assertThat(copy(watch).broken()).isNull();
      watch.add(alerts(8_000, 4_000), NOTHING);
      watch.judge();
      assertThat(copy(watch).broken()).isEqualTo(watch.broken()).isNotNull();
      assertThat(copy(watch).decisions()).isEqualTo(20_422);
    }
  }

  private static Watch copy(Watch watch) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    watch.write(new DataOutputStream(bytes));
    return Watch.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
  }
}
