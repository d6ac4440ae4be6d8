package io.vigil.model.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class StackingTest {

  @Property(tries = 10)
  void noOtherWeightsLoseLess(@ForAll long seed) {
    Random random = new Random(seed);
    int rows = 200;
    boolean[] frauds = new boolean[rows];
    double[] first = new double[rows];
    double[] second = new double[rows];
    for (int row = 0; row < rows; row++) {
      frauds[row] = row < 5 || random.nextInt(10) == 0;
      double truth = frauds[row] ? 1 : -2;
      first[row] = truth + random.nextGaussian() * 2;
      second[row] = truth * random.nextInt(2) + random.nextGaussian();
    }
    double[] weights = Stacking.weights(List.of(first, second), frauds);

    double found = least(first, second, frauds, weights[0], weights[1]);
    for (double a = 0; a <= 2; a += 0.2) {
      for (double b = 0; b <= 2; b += 0.2) {
        assertThat(found).isLessThanOrEqualTo(least(first, second, frauds, a, b) + 1e-4);
      }
    }
  }

  @Test
  void whatSaysNothingOrTheOppositeWeighsNothing() {
    Random random = new Random(5);
    int rows = 5_000;
    boolean[] frauds = new boolean[rows];
    double[] good = new double[rows];
    double[] opposite = new double[rows];
    for (int row = 0; row < rows; row++) {
      double logit = random.nextGaussian() * 2 - 2;
      frauds[row] = random.nextDouble() < 1 / (1 + Math.exp(-logit));
      good[row] = logit;
      opposite[row] = -(frauds[row] ? 1 : 0) + random.nextGaussian();
    }
    double[] weights = Stacking.weights(List.of(good, opposite), frauds);
    assertThat(weights[0]).isCloseTo(1, within(0.15));
    assertThat(weights[1]).isZero();
  }

  /** Log loss and ridge at the intercept of least loss, found by thirds. */
  private static double least(
      double[] first, double[] second, boolean[] frauds, double a, double b) {
    double low = -10;
    double high = 10;
    while (high - low > 1e-4) {
      double third = (high - low) / 3;
      if (loss(first, second, frauds, a, b, low + third)
          < loss(first, second, frauds, a, b, high - third)) {
        high -= third;
      } else {
        low += third;
      }
    }
    return loss(first, second, frauds, a, b, low);
  }

  private static double loss(
      double[] first, double[] second, boolean[] frauds, double a, double b, double intercept) {
    double sum = ((a - 0.5) * (a - 0.5) + (b - 0.5) * (b - 0.5)) / 2;
    for (int row = 0; row < frauds.length; row++) {
      double z = a * first[row] + b * second[row] + intercept;
      sum += Math.log1p(Math.exp(frauds[row] ? -z : z));
    }
    return sum;
  }
}
