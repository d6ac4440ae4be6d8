package io.vigil.model.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.plan.PlanFixture.Row;
import io.vigil.model.policy.Outcome;
import io.vigil.model.score.RankingMetrics;
import io.vigil.model.score.RankingMetrics.Interval;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private final List<Row> all = PlanFixture.random(4_000, true, 0.7);
  private final Comparison seen =
      Comparison.of(PlanFixture.rows(all), PlanFixture.sound(), Gates.builtIn());

  @Test
  void figuresAreThoseOfAnHonestCount() {
    honest(seen.champion(), Row::before);
    honest(seen.candidate(), Row::after);
  }

  private void honest(Figures figures, Function<Row, Ruling> side) {
    List<Row> alerts = all.stream().filter(row -> side.apply(row).alert()).toList();
    List<Row> frauds = all.stream().filter(Row::fraud).toList();
    List<Row> found = alerts.stream().filter(Row::fraud).toList();
    double days = 10;
    assertThat(figures.alertsPerDay()).isEqualTo(alerts.size() / days);
    assertThat(figures.precision()).isEqualTo(found.size() / (double) alerts.size());
    assertThat(figures.recall()).isEqualTo(found.size() / (double) frauds.size());
    assertThat(figures.valueDetected())
        .isCloseTo(
            found.stream().mapToLong(Row::amountMinor).sum()
                / (double) frauds.stream().mapToLong(Row::amountMinor).sum(),
            within(1e-12));
    assertThat(figures.falsePositiveRate())
        .isEqualTo((alerts.size() - found.size()) / (double) (all.size() - frauds.size()));
    float[] logits = new float[all.size()];
    boolean[] labels = new boolean[all.size()];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = side.apply(all.get(i)).logit();
      labels[i] = all.get(i).fraud();
    }
    assertThat(figures.averagePrecision())
        .isCloseTo(RankingMetrics.averagePrecision(logits, labels), within(1e-12));
    assertThat(figures.rocAuc()).isCloseTo(RankingMetrics.rocAuc(logits, labels), within(1e-12));
  }

  @Test
  void flipsAreCountedInBothDirections() {
    for (Outcome from : Outcome.values()) {
      for (Outcome to : Outcome.values()) {
        List<Row> rows =
            all.stream()
                .filter(row -> row.before().outcome() == from && row.after().outcome() == to)
                .toList();
        Flips.Count expected =
            new Flips.Count(from, to, rows.size(), rows.stream().filter(Row::fraud).count());
        if (from != to && !rows.isEmpty()) {
          assertThat(seen.flips().counts()).contains(expected);
        }
      }
    }
    assertThat(seen.flips().stricter() + seen.flips().milder())
        .isEqualTo(
            all.stream().filter(row -> row.before().outcome() != row.after().outcome()).count());
    assertThat(seen.flips().newAlerts())
        .isEqualTo(
            all.stream().filter(row -> row.after().alert() && !row.before().alert()).count());
    assertThat(seen.differing())
        .isEqualTo(all.stream().filter(row -> !row.before().equals(row.after())).count());
  }

  @Test
  void segmentsAreTheirRowsAlone() {
    for (Segment segment : seen.worstSegments()) {
      List<Row> rows =
          all.stream().filter(row -> Objects.equals(row.country(), segment.value())).toList();
      float[] logits = new float[rows.size()];
      boolean[] labels = new boolean[rows.size()];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = rows.get(i).after().logit();
        labels[i] = rows.get(i).fraud();
      }
      assertThat(segment.rows()).isEqualTo(rows.size());
      assertThat(segment.candidateAveragePrecision())
          .isCloseTo(RankingMetrics.averagePrecision(logits, labels), within(1e-12));
      assertThat(segment.candidateAlerts())
          .isEqualTo(rows.stream().filter(row -> row.after().alert()).count());
    }
    assertThat(seen.worstSegments()).hasSize(2);
    assertThat(seen.worstSegments().get(0).difference())
        .isLessThanOrEqualTo(seen.worstSegments().get(1).difference());
  }

  @Test
  void intervalsHoldTheirFigureAndPairingMakesTheDifferenceSharper() {
    double difference = seen.candidate().averagePrecision() - seen.champion().averagePrecision();
    Interval paired = seen.intervals().difference().get("average_precision");
    Interval one = seen.intervals().champion().get("average_precision");
    Interval other = seen.intervals().candidate().get("average_precision");
    assertThat(difference).isBetween(paired.low(), paired.high());
    assertThat(seen.champion().averagePrecision()).isBetween(one.low(), one.high());
    assertThat(paired.high() - paired.low())
        .isLessThan(one.high() - one.low() + other.high() - other.low());

    List<Row> same =
        all.stream()
            .map(
                row ->
                    new Row(
                        row.timeMs(),
                        row.account(),
                        row.amountMinor(),
                        row.fraud(),
                        row.country(),
                        row.before(),
                        row.before()))
            .toList();
    Comparison equal = Comparison.of(PlanFixture.rows(same), PlanFixture.sound(), Gates.builtIn());
    assertThat(equal.intervals().difference().values()).containsOnly(new Interval(0, 0));
    assertThat(equal.differing()).isZero();
  }

  @Test
  void theSameRowsGiveTheSameEverything() {
    Comparison again =
        Comparison.of(
            PlanFixture.rows(PlanFixture.random(4_000, true, 0.7)),
            PlanFixture.sound(),
            Gates.builtIn());
    assertThat(again.json()).isEqualTo(seen.json());
  }

  @Test
  void withoutLabelsOnlyWhatNeedsNoneIsSaid() {
    Comparison blind =
        Comparison.of(
            PlanFixture.rows(PlanFixture.random(4_000, false, 0.7)),
            PlanFixture.sound(),
            Gates.builtIn());
    assertThat(blind.candidate().averagePrecision()).isNaN();
    assertThat(blind.candidate().recall()).isNaN();
    assertThat(blind.candidate().alertsPerDay()).isPositive();
    assertThat(blind.intervals().difference()).containsOnlyKeys("alerts_per_day");
  }

  @Test
  void anEmptyPeriodIsRefused() {
    assertThatThrownBy(
            () -> Comparison.of(PlanFixture.rows(List.of()), PlanFixture.sound(), Gates.builtIn()))
        .hasMessage("expected transactions in the period, got none");
  }

  @Test
  void aRowWithoutAScoreRanksLast() {
    PlanRows rows = PlanFixture.rows(all);
    Ruling none = new Ruling(Float.NaN, Double.NaN, Outcome.APPROVE, false, 1, List.of());
    rows.add(20 * PlanFixture.DAY_MS, "a0", 1, true, new String[] {"DE"}, none, none);
    Ranking ranking = new Ranking(rows, rows.candidate());
    assertThat(ranking.order()[rows.rows() - 1]).isEqualTo(rows.rows() - 1);
    assertThat(Figures.of(rows, rows.candidate(), ranking).unscored()).isEqualTo(1);
    assertThat(rows.differing()).isEqualTo(seen.differing());
  }

  @Test
  void driftIsTheStabilityIndexOfTenths() {
    float[] before = new float[1_000];
    float[] moved = new float[1_000];
    for (int i = 0; i < before.length; i++) {
      before[i] = i;
      moved[i] = i < 500 ? i : i + 5_000;
    }
    assertThat(Drift.index(before, before)).isZero();
    // From 500 on all values lie beyond the last edge: five tenths there in place of one.
    double expected =
        4 * (0.0005 - 0.1) * Math.log(0.0005 / 0.1) + (0.5 - 0.1) * Math.log(0.5 / 0.1);
    assertThat(Drift.index(before, moved)).isCloseTo(expected, within(1e-9));
    float[] same = new float[100];
    assertThat(Drift.index(same, same)).isZero();
  }

  @Test
  void aSampleIsTheSameRowsInWhateverOrderTheyCome() {
    Sample<Integer> one = new Sample<>(50, 3);
    Sample<Integer> other = new Sample<>(50, 3);
    Sample<Integer> seeded = new Sample<>(50, 4);
    for (int i = 0; i < 5_000; i++) {
      one.add("t" + i, i);
      seeded.add("t" + i, i);
      other.add("t" + (4_999 - i), 4_999 - i);
    }
    assertThat(one.rows()).hasSize(50).isEqualTo(other.rows()).isNotEqualTo(seeded.rows());
    assertThat(one.rows().stream().mapToInt(i -> i).average().orElse(0))
        .isBetween(1_800.0, 3_200.0);
  }
}
