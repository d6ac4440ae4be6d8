package io.vigil.model.drift;

import java.util.List;

/**
 * How far a model's probabilities came true.
 *
 * @param bands those with rows, from low to high
 * @param rows that it scored and that are matured
 * @param frauds known among them
 * @param expected the sum of the probabilities
 * @param error expected calibration error: the mean over rows of |mean probability - share of
 *     frauds| of their bands (Naeini et al., "Obtaining well calibrated probabilities using
 *     Bayesian binning", 2015), 0 to 1; NaN of nothing
 * @param chance two-sided probability of so many frauds were all probabilities right; NaN when
 *     fewer than five were expected
 */
public record Calibrated(
    List<Band> bands, long rows, long frauds, double expected, double error, double chance) {
  /** Beyond it, or its inverse, frauds are not as many as were predicted. */
  public static final double RATIO = 1.25;

  /** Chance may call so often wrong what is right. */
  public static final double SELDOM = 0.001;

  /**
   * Rows of similar probability.
   *
   * @param from lowest probability
   * @param to this and above is the next band's
   * @param probability their mean
   * @param observed share of frauds
   * @param wrong it lies too far from the probability for chance
   */
  public record Band(
      double from,
      double to,
      long rows,
      long frauds,
      double probability,
      Share observed,
      boolean wrong) {}

  /** Frauds for each that was predicted; NaN of nothing. */
  public double ratio() {
    return expected == 0 ? Double.NaN : frauds / expected;
  }

  /** Whether it is neither chance nor small. */
  public boolean off() {
    return chance < SELDOM && (ratio() > RATIO || ratio() < 1 / RATIO);
  }
}
