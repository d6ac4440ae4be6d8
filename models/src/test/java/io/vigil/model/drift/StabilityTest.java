package io.vigil.model.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class StabilityTest {
  @Test
  void indexIsTheSumByHand() {
    Stability its = Stability.of(new long[] {500, 500, 0}, new long[] {300, 700, 0}, 0.01);

    // (0.3 - 0.5) ln 0.6 + (0.7 - 0.5) ln 1.4
    assertThat(its.index()).isCloseTo(0.1694596, within(1e-6));
    // Two bins have rows: (2 - 1)(1/1000 + 1/1000).
    assertThat(its.chanceMean()).isCloseTo(0.002, within(1e-12));
    assertThat(its.limit()).isEqualTo(Stability.LOOK);
    assertThat(its.level()).isEqualTo(Stability.Level.MOVED);
  }

  @Test
  void aBinWithoutRowsOnOneSideCountsHalfARow() {
    Stability its = Stability.of(new long[] {1_000, 0}, new long[] {500, 500}, 0.01);
    double expected = -0.5 * StrictMath.log(0.5) + (0.5 - 0.0005) * StrictMath.log(0.5 / 0.0005);
    assertThat(its.index()).isCloseTo(expected, within(1e-12));
    assertThat(its.level()).isEqualTo(Stability.Level.SHIFTED);
  }

  @Test
  void fewRowsSayNothing() {
    assertThat(Stability.of(new long[] {50, 49}, new long[] {500, 0}, 0.01).level())
        .isEqualTo(Stability.Level.TOO_FEW);
    assertThat(Stability.of(new long[] {5_000}, new long[] {0}, 0.01).level())
        .isEqualTo(Stability.Level.TOO_FEW);
  }

  @Test
  void whatSmallSamplesGiveIsNoDrift() {
    // An index of about 0.14 over 120 rows is below what chance exceeds once in ten thousand.
    long[] even = {12, 12, 12, 12, 12, 12, 12, 12, 12, 12};
    long[] uneven = {18, 7, 12, 18, 7, 12, 18, 6, 12, 10};
    Stability its = Stability.of(even, uneven, 1e-4);
    assertThat(its.index()).isGreaterThan(Stability.LOOK);
    assertThat(its.limit()).isGreaterThan(0.5);
    assertThat(its.level()).isEqualTo(Stability.Level.STABLE);
  }

  /**
   * The limit is of one in a hundred; of 200 pairs more than nine are beyond once in a thousand.
   */
  @Property(tries = 12)
  void samplesOfOneDistributionSeldomExceedTheLimit(
      @ForAll @IntRange(max = 1_000_000) int seed,
      @ForAll @IntRange(min = 300, max = 3_000) int rows) {
    Random random = new Random(seed);
    int beyond = 0;
    double sum = 0;
    double mean = 0;
    for (int pair = 0; pair < 200; pair++) {
      Bins bins = Bins.of(values(random, 2_000));
      Stability its =
          Stability.of(
              counts(bins, values(random, 2_000)), counts(bins, values(random, rows)), 0.01);
      beyond += its.index() > its.chanceLimit() ? 1 : 0;
      sum += its.index();
      mean += its.chanceMean();
    }
    assertThat(beyond).isLessThan(10);
    assertThat(sum / mean).isBetween(0.8, 1.25);
  }

  /** A third zeros, a tenth missing, the rest skewed. */
  private static float[] values(Random random, int rows) {
    float[] values = new float[rows];
    for (int i = 0; i < rows; i++) {
      double place = random.nextDouble();
      values[i] =
          place < 0.1 ? Float.NaN : place < 0.4 ? 0 : (float) StrictMath.exp(random.nextGaussian());
    }
    return values;
  }

  private static long[] counts(Bins bins, float[] values) {
    long[] counts = new long[bins.count()];
    for (float value : values) {
      counts[bins.of(value)]++;
    }
    return counts;
  }

  @Test
  void binsAreTenthsOfWhatIsKnown() {
    float[] values = new float[1_010];
    for (int i = 0; i < 1_000; i++) {
      values[i] = i;
    }
    Arrays.fill(values, 1_000, 1_010, Float.NaN);
    long[] counts = counts(Bins.of(values), values);
    assertThat(counts).containsExactly(100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 10);
  }

  @Test
  void aValueThatMostRowsHaveStandsAlone() {
    float[] values = new float[1_000];
    for (int i = 0; i < 30; i++) {
      values[i] = 1;
    }
    Bins bins = Bins.of(values);
    // Below, zero (either of the two), above, missing.
    assertThat(bins.count()).isEqualTo(4);
    assertThat(counts(bins, values)).containsExactly(0, 970, 30, 0);
    assertThat(bins.of(-0f)).isEqualTo(1);
  }
}
