package io.vigil.bench.measure;

import java.util.Arrays;

/** The middle of some figures and how far they lie apart. */
public record Spread(double median, double p10, double p90) {

  /** Percentiles between two figures are interpolated between them (R's type 7). */
  public static Spread of(double[] figures) {
    if (figures.length == 0) {
      throw new IllegalArgumentException("figures: expected at least one, got none");
    }
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    return new Spread(quantile(sorted, 0.5), quantile(sorted, 0.1), quantile(sorted, 0.9));
  }

  private static double quantile(double[] sorted, double probability) {
    double at = probability * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
