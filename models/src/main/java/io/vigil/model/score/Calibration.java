package io.vigil.model.score;

/**
 * Platt scaling: probability = 1 / (1 + exp(-(slope logit + intercept))).
 *
 * @param slope finite, above 0, so that the order of scores stays
 * @param intercept finite
 */
public record Calibration(double slope, double intercept) {
  private static final int MOST_STEPS = 100;

  public Calibration {
    if (!Double.isFinite(slope) || slope <= 0 || !Double.isFinite(intercept)) {
      throw new IllegalArgumentException(
          "calibration: slope must be finite and above 0, intercept finite, came %s and %s"
              .formatted(slope, intercept));
    }
  }

  /** The probability of fraud, 0 to 1. */
  public double probability(float logit) {
    return 1 / (1 + StrictMath.exp(-logOdds(logit)));
  }

  /** Logarithm of the odds of fraud. */
  public double logOdds(float logit) {
    return slope * logit + intercept;
  }

  /**
   * The calibration of least log loss, by Newton's method with backtracking and Platt's smoothed
   * targets (Lin, Lin and Weng, "A note on Platt's probabilistic outputs for support vector
   * machines", 2007, algorithm 1, with the sign of the slope turned).
   *
   * @param logits finite
   * @param frauds as many
   * @throws IllegalArgumentException when there is no fraud or nothing else, or when higher logits
   *     do not mean more fraud
   */
  public static Calibration fit(float[] logits, boolean[] frauds) {
    int positives = RankingMetrics.positives(logits, frauds);
    double high = (positives + 1.0) / (positives + 2.0);
    double low = 1 / (logits.length - positives + 2.0);
    double slope = 0;
    double intercept = StrictMath.log((positives + 1.0) / (logits.length - positives + 1.0));
    double loss = loss(logits, frauds, high, low, slope, intercept);
    for (int step = 0; step < MOST_STEPS; step++) {
      // A small ridge keeps the Hessian invertible when all logits are equal.
      double h11 = 1e-12;
      double h22 = 1e-12;
      double h21 = 0;
      double g1 = 0;
      double g2 = 0;
      for (int i = 0; i < logits.length; i++) {
        double p = 1 / (1 + StrictMath.exp(-(slope * logits[i] + intercept)));
        double residual = p - (frauds[i] ? high : low);
        double weight = p * (1 - p);
        h11 += logits[i] * logits[i] * weight;
        h21 += logits[i] * weight;
        h22 += weight;
        g1 += logits[i] * residual;
        g2 += residual;
      }
      double scale = 1e-9 * logits.length;
      if (Math.abs(g1) < scale && Math.abs(g2) < scale) {
        break;
      }
      double determinant = h11 * h22 - h21 * h21;
      double d1 = -(h22 * g1 - h21 * g2) / determinant;
      double d2 = -(-h21 * g1 + h11 * g2) / determinant;
      double decrease = g1 * d1 + g2 * d2;
      double length = 1;
      double next = loss(logits, frauds, high, low, slope + d1, intercept + d2);
      while (next >= loss + 1e-4 * length * decrease && length > 1e-10) {
        length /= 2;
        next = loss(logits, frauds, high, low, slope + length * d1, intercept + length * d2);
      }
      if (next >= loss) {
        break;
      }
      slope += length * d1;
      intercept += length * d2;
      loss = next;
    }
    return new Calibration(slope, intercept);
  }

  private static double loss(
      float[] logits, boolean[] frauds, double high, double low, double slope, double intercept) {
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      double z = slope * logits[i] + intercept;
      // ln(1 + exp(z)) - t z, without overflow.
      sum += Math.max(z, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(z)));
      sum -= (frauds[i] ? high : low) * z;
    }
    return sum;
  }
}
