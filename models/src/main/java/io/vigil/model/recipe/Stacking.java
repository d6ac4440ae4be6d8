package io.vigil.model.recipe;

import java.util.Arrays;
import java.util.List;

/**
 * Weights of the models of an ensemble, none below 0: a logistic regression on their calibrated
 * logits (Wolpert, "Stacked generalization", 1992; weights not negative as in Breiman, "Stacked
 * regressions", 1996), drawn a little towards equal weights, which few frauds should not overrule.
 */
final class Stacking {
  private static final double RIDGE = 1;
  private static final int MOST_ROUNDS = 1000;
  private static final double STILL = 1e-6;

  /** Each row's sum of weighted logits and intercept. */
  private final double[] sums;

  private final boolean[] frauds;

  private Stacking(boolean[] frauds) {
    this.sums = new double[frauds.length];
    this.frauds = frauds;
  }

  /**
   * The weights of least log loss and ridge, coordinate by coordinate (Genkin, Lewis and Madigan,
   * "Large-scale Bayesian logistic regression for text categorization", 2007, figure 1).
   *
   * @param logits of each model, calibrated, one a row
   * @param frauds as many as rows
   * @return a weight of 0 or more for each model
   */
  static double[] weights(List<double[]> logits, boolean[] frauds) {
    Stacking state = new Stacking(frauds);
    int models = logits.size();
    double equal = 1.0 / models;
    double[] weights = new double[models];
    Arrays.fill(weights, equal);
    logits.forEach(along -> state.add(along, equal));
    double[] ones = new double[frauds.length];
    Arrays.fill(ones, 1);
    double[] reach = new double[models + 1];
    Arrays.fill(reach, 1);
    for (int round = 0; round < MOST_ROUNDS; round++) {
      double moved = Math.abs(state.move(ones, 0, Double.POSITIVE_INFINITY, reach, models));
      for (int model = 0; model < models; model++) {
        double pull = RIDGE * (weights[model] - equal);
        double step = state.move(logits.get(model), pull, weights[model], reach, model);
        weights[model] = Math.max(0, weights[model] + step);
        moved = Math.max(moved, Math.abs(step));
      }
      if (moved < STILL) {
        break;
      }
    }
    return weights;
  }

  /**
   * A step that lowers the loss: within reach the curvature is nowhere more than what it is divided
   * by.
   *
   * @param down how far down it may go, 0 or more
   */
  private double move(double[] along, double pull, double down, double[] reach, int of) {
    double gradient = pull;
    double curvature = RIDGE;
    for (int row = 0; row < sums.length; row++) {
      double probability = 1 / (1 + StrictMath.exp(-sums[row]));
      gradient += (probability - (frauds[row] ? 1 : 0)) * along[row];
      double nearest = Math.max(0, Math.abs(sums[row]) - reach[of] * Math.abs(along[row]));
      double most = StrictMath.exp(-nearest);
      curvature += along[row] * along[row] * most / ((1 + most) * (1 + most));
    }
    double step = Math.max(-reach[of], Math.min(reach[of], -gradient / curvature));
    step = Math.max(step, -down);
    reach[of] = Math.max(2 * Math.abs(step), reach[of] / 2);
    add(along, step);
    return step;
  }

  private void add(double[] along, double weight) {
    for (int row = 0; row < sums.length; row++) {
      sums[row] += weight * along[row];
    }
  }
}
