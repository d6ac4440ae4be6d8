package io.vigil.model.drift;

import java.util.List;

/**
 * How a feature or a score stands against the reference.
 *
 * @param name the feature's, or the model's digest
 * @param stability over the whole period
 * @param reference shares by bin, 0 to 1; the last bin is of missing values
 * @param period the same bins
 * @param days each day of the period alone, in order
 */
public record Drifted(
    String name, Stability stability, List<Double> reference, List<Double> period, List<Day> days) {
  /**
   * One day.
   *
   * @param day days since the epoch
   */
  public record Day(long day, Stability stability) {}
}
