package io.vigil.model.drift;

import java.util.List;

/**
 * The groups of one key beside each other.
 *
 * @param key such as country or attributes.segment
 * @param groups the largest first; those that are too small are merged into the last
 * @param tests how many there were, by which each is corrected
 */
public record GroupRates(String key, List<Group> groups, int tests) {
  /** All tests of a key together may call so often different what is the same. */
  public static final double SELDOM = 0.05;

  /** What is measured of a group. */
  public enum Measure {
    ALERT_RATE("alert rate"),
    DECLINE_RATE("decline rate"),
    PRECISION("precision of alerts"),
    CALIBRATION("frauds for each predicted");

    private final String words;

    Measure(String words) {
      this.words = words;
    }

    /** In words. */
    public String words() {
      return words;
    }
  }

  /**
   * One of them against all others of its key; calibration against what was predicted for itself.
   *
   * @param value the rate, or frauds for each that was predicted; NaN of nothing
   * @param low end of its 95 % interval; NaN of nothing
   * @param high end of its 95 % interval; NaN of nothing
   * @param others the rate of the others, or 1; NaN of nothing
   * @param chance probability of a difference so great, two-sided and times the number of tests, at
   *     most 1; NaN when there are too few to say
   * @param differs it is neither chance nor small
   */
  public record Rate(
      Measure measure,
      long count,
      double of,
      double value,
      double low,
      double high,
      double others,
      double chance,
      boolean differs) {}

  /**
   * A group.
   *
   * @param name its value; of small ones merged, how many
   * @param rates in the order of {@link Measure}
   */
  public record Group(String name, long decisions, List<Rate> rates) {}
}
