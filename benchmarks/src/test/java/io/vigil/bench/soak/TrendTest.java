package io.vigil.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrendTest {
  private static final double SHARE = 0.05;

  private static Trend trend(int minutes, IntToDoubleFunction value) {
    return Trend.ofMinutes(IntStream.range(0, minutes).mapToDouble(value).toArray());
  }

  @Test
  void aStraightLineHasItsSlopeAndNoError() {
    Trend trend = trend(61, i -> 100 + i / 6.0);

    assertThat(trend.mean()).isCloseTo(105, within(1e-9));
    assertThat(trend.perHour()).isCloseTo(10, within(1e-9));
    assertThat(trend.errorPerHour()).isCloseTo(0, within(1e-6));
    assertThat(trend.verdict(SHARE)).isEqualTo(Trend.Verdict.RISING);
    assertThat(trend.verdict(0.1)).isEqualTo(Trend.Verdict.FLAT);
    assertThat(trend(61, i -> 100 - i / 6.0).verdict(SHARE)).isEqualTo(Trend.Verdict.FALLING);
  }

  @Test
  void theErrorIsThatOfTheTextbookWhereMinutesAreIndependent() {
    // Residuals 1, -1, -1, 1 have no slope; their neighbours' products sum to -1: no correlation
    // is reckoned. Variance of the slope: 4 / (4 - 2) / 5.
    Trend trend = Trend.ofMinutes(new double[] {11, 9, 9, 11});

    assertThat(trend.perHour()).isCloseTo(0, within(1e-9));
    assertThat(trend.errorPerHour()).isCloseTo(60 * Math.sqrt(0.4), within(1e-9));
  }

  @Test
  void neighboursThatResembleEachOtherMakeTheErrorGreater() {
    // Residuals 1, 1, -2, -2, 1, 1 without a slope: products 1 - 2 + 4 - 2 + 1 of squares 12.
    Trend trend = Trend.ofMinutes(new double[] {6, 6, 3, 3, 6, 6});

    double r = 2.0 / 12;
    assertThat(trend.errorPerHour())
        .isCloseTo(60 * Math.sqrt(12.0 / 4 / 17.5 * (1 + r) / (1 - r)), within(1e-9));
  }

  @Test
  void aHeapThatFillsAndIsCollectedIsNoGrowth() {
    Trend trend = trend(80, i -> 100 + i % 7);

    assertThat(trend.verdict(SHARE)).isEqualTo(Trend.Verdict.FLAT);
  }

  @Test
  void aLeakShowsThroughNoise() {
    Random random = new Random(5);

    Trend trend = trend(80, i -> 1_000 + 2 * i + 20 * random.nextGaussian());

    assertThat(trend.perHour()).isCloseTo(120, within(3 * trend.errorPerHour()));
    assertThat(trend.verdict(SHARE)).isEqualTo(Trend.Verdict.RISING);
  }

  @Test
  void whatVariesTooMuchIsNotCalledFlat() {
    Random random = new Random(5);

    assertThat(trend(20, i -> 100 + 60 * random.nextGaussian()).verdict(SHARE))
        .isEqualTo(Trend.Verdict.UNCLEAR);
    assertThatThrownBy(() -> trend(2, i -> i)).hasMessageContaining("at least 3 values, got 2");
  }
}
