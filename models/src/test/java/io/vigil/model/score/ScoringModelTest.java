package io.vigil.model.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ScoringModelTest {
  private static final List<ModelInput> INPUTS =
      List.of(
          ModelInput.scaled("b", false, 1, 2, 5),
          ModelInput.scaled("a", true, 0, 1, 0),
          ModelInput.scaled("d", false, 0, 1, 0));
  private static final Calibration CALIBRATION = new Calibration(2, -1);

  @Test
  void picksInputsByNameAndNormalisesThem() {
    ScoringModel model = model("a", "b", "c", "d");
    float[] logits = new float[3];

    model.score(
        new float[][] {
          {(float) (StrictMath.E - 1), 3, 99, 0.5f},
          {Float.NaN, Float.NaN, 0, Float.NaN},
          {-1e30f, Float.POSITIVE_INFINITY, 0, 1e20f}
        },
        3,
        logits);

    // Weights are 1, 10 and 100 in the model's order: b, a, d.
    assertThat(logits[0]).isCloseTo(1 + 10 + 50f, within(1e-5f));
    assertThat(logits[1]).isEqualTo(0);
    assertThat(logits[2]).isEqualTo(10 - 100 + 1000f);
  }

  @Test
  void namesTheFeaturesThatAreMissing() {
    assertThatThrownBy(() -> model("b", "c"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[a, d]");
  }

  @Test
  void calibratesByTheLogistic() {
    ScoringModel model = model("a", "b", "d");
    assertThat(model.probability(0.5f)).isEqualTo(0.5);
    assertThat(model.probability(1.5f)).isCloseTo(1 / (1 + Math.exp(-2)), within(1e-15));
  }

  @Property
  void inputsAreAlwaysFinite(@ForAll float value) {
    for (ModelInput input : INPUTS) {
      assertThat(input.normalise(value)).isBetween(-10f, 10f);
    }
    assertThat(INPUTS.get(0).normalise(Float.NaN)).isZero();
  }

  @Property
  void logarithmsAreThoseOfTheLibrary(@ForAll float value) {
    double expected = Math.copySign(StrictMath.log1p(Math.abs((double) value)), value);
    assertThat(ModelInput.signedLog1p(value)).isCloseTo(expected, within(4 * Math.ulp(expected)));
  }

  @Test
  void averagePrecisionAndAucAreThoseOfTheTextbook() {
    float[] scores = {0.9f, 0.8f, 0.7f, 0.7f, 0.1f};
    boolean[] frauds = {true, false, true, false, true};
    // Thresholds 0.9, 0.8, 0.7 and 0.1 have precisions 1, 1/2, 2/4 and 3/5.
    assertThat(RankingMetrics.averagePrecision(scores, frauds))
        .isCloseTo((1 + 0.5 + 0.6) / 3, within(1e-12));
    // Pairs of fraud and other won: 2, 0.5 and 0 of 6.
    assertThat(RankingMetrics.rocAuc(scores, frauds)).isCloseTo(2.5 / 6, within(1e-12));
  }

  @Test
  void metricsDoNotDependOnTheOrderOfRows() {
    Random random = new Random(5);
    float[] scores = new float[500];
    boolean[] frauds = new boolean[500];
    for (int i = 0; i < 500; i++) {
      scores[i] = random.nextInt(40) - 20;
      frauds[i] = random.nextInt(10) == 0;
    }
    float[] reversed = new float[500];
    boolean[] reversedFrauds = new boolean[500];
    long wins = 0;
    long pairs = 0;
    for (int i = 0; i < 500; i++) {
      reversed[i] = scores[499 - i];
      reversedFrauds[i] = frauds[499 - i];
      for (int j = 0; j < 500; j++) {
        if (frauds[i] && !frauds[j]) {
          pairs += 2;
          wins += scores[i] > scores[j] ? 2 : scores[i] == scores[j] ? 1 : 0;
        }
      }
    }
    double precision = RankingMetrics.averagePrecision(scores, frauds);
    assertThat(RankingMetrics.averagePrecision(reversed, reversedFrauds)).isEqualTo(precision);
    assertThat(RankingMetrics.rocAuc(scores, frauds))
        .isCloseTo(wins / (double) pairs, within(1e-12));
    RankingMetrics.Interval interval =
        RankingMetrics.averagePrecisionInterval(scores, frauds, 100, 1);
    assertThat(precision).isBetween(interval.low(), interval.high());
  }

  @Test
  void plattScalingFindsTheTruth() {
    Random random = new Random(11);
    float[] logits = new float[50_000];
    boolean[] frauds = new boolean[logits.length];
    Calibration truth = new Calibration(0.6, -2.5);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (random.nextGaussian() * 3);
      frauds[i] = random.nextDouble() < truth.probability(logits[i]);
    }
    Calibration fitted = Calibration.fit(logits, frauds);
    assertThat(fitted.slope()).isCloseTo(0.6, within(0.03));
    assertThat(fitted.intercept()).isCloseTo(-2.5, within(0.1));
  }

  @Test
  void plattScalingRefusesLogitsThatMeanTheOpposite() {
    assertThatThrownBy(
            () ->
                Calibration.fit(
                    new float[] {-2, -1, 1, 2}, new boolean[] {true, true, false, false}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("slope");
  }

  private static ScoringModel model(String... features) {
    return new ScoringModel(INPUTS, CALIBRATION, new Linear(), List.of(features));
  }

  /** Weighs its three inputs by 1, 10 and 100. */
  private static final class Linear implements Scorer {
    @Override
    public int width() {
      return 3;
    }

    @Override
    public void score(float[] inputs, int rows, float[] logits) {
      for (int i = 0; i < rows; i++) {
        logits[i] = inputs[3 * i] + 10 * inputs[3 * i + 1] + 100 * inputs[3 * i + 2];
      }
    }

    @Override
    public String engineClass() {
      return "linear/1";
    }

    @Override
    public void close() {}
  }
}
