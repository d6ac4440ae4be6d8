package io.vigil.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.score.RankingMetrics;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MetricsTest {
  /** Reviews take equals as they come; groups of equal count end among equals. */
  private static final Set<String> ORDERED =
      Set.of("card_precision_100", "calibration_error_top_percent");

  @Test
  void cardPrecisionLeavesOutAnAccountThatWasFound() {
    // Day 0: accounts 1 (fraud) and 2 are reviewed, 3 (fraud) is not. Day 1: 1 is left out, so 3
    // (fraud) and 2 are reviewed.
    Scored scored =
        scored(
            new float[] {3, 2, 1, 9, 2, 1},
            new boolean[] {true, false, true, true, true, false},
            new int[] {0, 0, 0, 1, 1, 1},
            new int[] {1, 2, 3, 1, 3, 2});
    assertThat(Metrics.cardPrecision(scored, 2)).isEqualTo((0.5 + 0.5) / 2);
  }

  @Test
  void ofFewAccountsPrecisionIsStillOfAsManyAsMayBeReviewed() {
    Scored scored =
        scored(new float[] {1, 0}, new boolean[] {true, false}, new int[] {0, 0}, new int[] {4, 7});
    assertThat(Metrics.cardPrecision(scored, 100)).isEqualTo(0.01);
  }

  @Property(tries = 200)
  void equalWhatIsReckonedRowByRow(
      @ForAll @IntRange(min = 2, max = 60) int rows, @ForAll long seed) {
    Scored scored = random(rows, seed);
    Metrics metrics = Metrics.of(scored, 3, 4);

    assertThat(metrics.cardPrecision()).isCloseTo(plainCardPrecision(scored, 3), within(1e-12));
    assertThat(metrics.kolmogorovSmirnov()).isCloseTo(plainKs(scored), within(1e-12));
    double[] alerts = plainAlerts(scored, 4.0 * scored.dayCount());
    assertThat(metrics.precisionAtBudget()).isCloseTo(alerts[1] / alerts[0], within(1e-9));
    assertThat(metrics.recallAtBudget()).isCloseTo(alerts[1] / frauds(scored), within(1e-9));
    assertThat(metrics.valueDetectionRate()).isCloseTo(alerts[2], within(1e-9));
    double brier = 0;
    for (int i = 0; i < rows; i++) {
      brier += Math.pow(scored.probabilities()[i] - (scored.frauds()[i] ? 1 : 0), 2) / rows;
    }
    assertThat(metrics.brier()).isCloseTo(brier, within(1e-12));
  }

  @Property(tries = 100)
  void theOrderOfRowsDoesNotMatter(
      @ForAll @IntRange(min = 2, max = 60) int rows, @ForAll long seed) {
    Scored scored = random(rows, seed);
    List<Integer> order = new ArrayList<>(IntStream.range(0, rows).boxed().toList());
    Collections.shuffle(order, new Random(seed));
    float[] logits = new float[rows];
    double[] probabilities = new double[rows];
    boolean[] frauds = new boolean[rows];
    int[] days = new int[rows];
    int[] accounts = new int[rows];
    double[] amounts = new double[rows];
    for (int i = 0; i < rows; i++) {
      int from = order.get(i);
      logits[i] = scored.logits()[from];
      probabilities[i] = scored.probabilities()[from];
      frauds[i] = scored.frauds()[from];
      days[i] = scored.days()[from];
      accounts[i] = scored.accounts()[from];
      amounts[i] = scored.amounts()[from];
    }
    Scored other = new Scored(logits, probabilities, frauds, days, accounts, amounts);

    Map<String, Double> expected = Metrics.of(scored, 3, 2).byName();
    Metrics.of(other, 3, 2)
        .byName()
        .forEach(
            (name, value) -> {
              boolean infinite = value.isInfinite() && expected.get(name).isInfinite();
              if (!ORDERED.contains(name) && !infinite) {
                assertThat(value).as(name).isCloseTo(expected.get(name), within(1e-9));
              }
            });
  }

  @Property(tries = 200)
  void thresholdsKeepWhatTheyPromiseAndNoLowerOneDoes(
      @ForAll @IntRange(min = 2, max = 60) int rows, @ForAll long seed) {
    Scored scored = random(rows, seed);
    double budget = Metrics.thresholdForBudget(scored, 2);
    double ratio = Metrics.thresholdForFalsePositiveRatio(scored, 1.5);
    TreeSet<Double> levels = new TreeSet<>();
    for (double probability : scored.probabilities()) {
      levels.add(probability);
    }
    for (double level : levels) {
      int alerts = 0;
      int hits = 0;
      for (int i = 0; i < rows; i++) {
        if (scored.probabilities()[i] >= level) {
          alerts++;
          hits += scored.frauds()[i] ? 1 : 0;
        }
      }
      boolean keeps = alerts <= 2 * scored.dayCount();
      assertThat(keeps).isEqualTo(level >= budget);
      if (level < ratio) {
        assertThat((double) alerts - hits).isGreaterThan(1.5 * hits);
      } else if (level == ratio) {
        assertThat((double) alerts - hits).isLessThanOrEqualTo(1.5 * hits);
      }
    }
  }

  @Test
  void perfectScoresArePerfect() {
    Scored scored =
        scored(
            new float[] {9, 8, 1, 0},
            new boolean[] {true, true, false, false},
            new int[4],
            new int[] {1, 2, 3, 4});
    Metrics metrics = Metrics.of(scored, 2, 2);
    assertThat(metrics.averagePrecision()).isEqualTo(1);
    assertThat(metrics.rocAuc()).isEqualTo(1);
    assertThat(metrics.cardPrecision()).isEqualTo(1);
    assertThat(metrics.recallAtBudget()).isEqualTo(1);
    assertThat(metrics.falsePositiveRatio()).isZero();
    assertThat(metrics.kolmogorovSmirnov()).isEqualTo(1);
  }

  @Test
  void weightsCountLikeCopiesOfRows() {
    Scored scored = random(50, 3);
    int[] copies = new int[20];
    Random random = new Random(5);
    for (int i = 0; i < copies.length; i++) {
      copies[i] = random.nextInt(4);
    }
    List<Float> logits = new ArrayList<>();
    List<Boolean> labels = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      for (int copy = 0; copy < copies[scored.accounts()[i]]; copy++) {
        logits.add(scored.logits()[i]);
        labels.add(scored.frauds()[i]);
      }
    }
    float[] scores = new float[logits.size()];
    boolean[] frauds = new boolean[scores.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = logits.get(i);
      frauds[i] = labels.get(i);
    }
    WeightedRanking ranking = new WeightedRanking(scored);
    ranking.weigh(copies);
    assertThat(ranking.averagePrecision())
        .isCloseTo(RankingMetrics.averagePrecision(scores, frauds), within(1e-12));
    assertThat(ranking.rocAuc()).isCloseTo(RankingMetrics.rocAuc(scores, frauds), within(1e-12));
  }

  @Test
  void intervalsHoldTheValueAndShrinkWithMoreAccounts() {
    RankingMetrics.Interval few =
        Metrics.intervals(random(200, 1), 3, 200, 1).get("average_precision");
    RankingMetrics.Interval many =
        Metrics.intervals(wide(20_000), 3, 50, 1).get("average_precision");
    double value = RankingMetrics.averagePrecision(wide(20_000).logits(), wide(20_000).frauds());
    assertThat(value).isBetween(many.low(), many.high());
    assertThat(many.high() - many.low()).isLessThan(few.high() - few.low());
  }

  @Test
  void refusesWhatIsNoTest() {
    assertThatThrownBy(
            () -> scored(new float[] {1, 2}, new boolean[2], new int[2], new int[] {1, 2}))
        .hasMessageContaining("expected frauds and others, came 0 frauds in 2 rows");
    assertThatThrownBy(
            () ->
                scored(
                    new float[] {1, Float.NaN},
                    new boolean[] {true, false},
                    new int[2],
                    new int[2]))
        .hasMessageContaining("row 1: logit NaN");
  }

  private static double frauds(Scored scored) {
    return IntStream.range(0, scored.frauds().length).filter(i -> scored.frauds()[i]).count();
  }

  private static double plainCardPrecision(Scored scored, int cards) {
    Set<Integer> found = new HashSet<>();
    double sum = 0;
    for (int day = 0; day < scored.dayCount(); day++) {
      Set<Integer> reviewed = new HashSet<>();
      for (int review = 0; review < cards; review++) {
        int best = -1;
        for (int i = 0; i < scored.logits().length; i++) {
          int account = scored.accounts()[i];
          if (scored.days()[i] == day
              && !found.contains(account)
              && !reviewed.contains(account)
              && (best < 0 || scored.logits()[i] > scored.logits()[best])) {
            best = i;
          }
        }
        if (best >= 0) {
          reviewed.add(scored.accounts()[best]);
        }
      }
      Set<Integer> hits = new HashSet<>();
      for (int i = 0; i < scored.logits().length; i++) {
        if (scored.days()[i] == day
            && scored.frauds()[i]
            && reviewed.contains(scored.accounts()[i])) {
          hits.add(scored.accounts()[i]);
        }
      }
      sum += hits.size() / (double) cards;
      found.addAll(hits);
    }
    return sum / scored.dayCount();
  }

  private static double plainKs(Scored scored) {
    double most = 0;
    double frauds = frauds(scored);
    for (float threshold : scored.logits()) {
      double above = 0;
      double aboveOthers = 0;
      for (int i = 0; i < scored.logits().length; i++) {
        if (scored.logits()[i] >= threshold) {
          above += scored.frauds()[i] ? 1 : 0;
          aboveOthers += scored.frauds()[i] ? 0 : 1;
        }
      }
      double others = scored.frauds().length - frauds;
      most = Math.max(most, Math.abs(above / frauds - aboveOthers / others));
    }
    return most;
  }

  /** Alerts, frauds among them, and the share of the fraudulent amount, a tie by its mean. */
  private static double[] plainAlerts(Scored scored, double budget) {
    double[] found = new double[3];
    double amount = 0;
    for (int i = 0; i < scored.logits().length; i++) {
      double above = 0;
      double equal = 0;
      for (float logit : scored.logits()) {
        above += logit > scored.logits()[i] ? 1 : 0;
        equal += logit == scored.logits()[i] ? 1 : 0;
      }
      double part = Math.max(0, Math.min(1, (budget - above) / equal));
      found[0] += part;
      found[1] += scored.frauds()[i] ? part : 0;
      found[2] += scored.frauds()[i] ? part * scored.amounts()[i] : 0;
      amount += scored.frauds()[i] ? scored.amounts()[i] : 0;
    }
    found[2] = amount == 0 ? 0 : found[2] / amount;
    return found;
  }

  /** Few different scores, so that ties are many. */
  private static Scored random(int rows, long seed) {
    Random random = new Random(seed);
    float[] logits = new float[rows];
    boolean[] frauds = new boolean[rows];
    int[] days = new int[rows];
    int[] accounts = new int[rows];
    for (int i = 0; i < rows; i++) {
      frauds[i] = i == 0 || (i > 1 && random.nextInt(3) == 0);
      logits[i] = random.nextInt(8) + (frauds[i] ? 1 : 0);
      days[i] = random.nextInt(3);
      accounts[i] = random.nextInt(20);
    }
    return scored(logits, frauds, days, accounts);
  }

  private static Scored wide(int rows) {
    Random random = new Random(8);
    float[] logits = new float[rows];
    boolean[] frauds = new boolean[rows];
    int[] accounts = new int[rows];
    for (int i = 0; i < rows; i++) {
      frauds[i] = random.nextInt(10) == 0;
      logits[i] = (float) random.nextGaussian() + (frauds[i] ? 1 : 0);
      accounts[i] = i / 2;
    }
    return scored(logits, frauds, new int[rows], accounts);
  }

  private static Scored scored(float[] logits, boolean[] frauds, int[] days, int[] accounts) {
    double[] probabilities = new double[logits.length];
    double[] amounts = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = 1 / (1 + Math.exp(-logits[i] / 4));
      amounts[i] = 10 + i % 7;
    }
    return new Scored(logits, probabilities, frauds, days, accounts, amounts);
  }
}
