package io.vigil.model.drift;

/**
 * How far two distributions over the same bins lie apart, and how far two samples of these sizes
 * would lie apart by chance: the population stability index, sum of (q - p) ln(q / p) (Siddiqi,
 * "Credit Risk Scorecards", 2006). Of one distribution it is, times 1 / (1/n + 1/m), a chi-square
 * of one degree less than bins (Yurdakul, "Statistical properties of population stability index",
 * 2018).
 *
 * @param index 0 or more
 * @param chanceMean what chance gives on average
 * @param chanceLimit what chance exceeds seldom
 * @param reference rows, 0 or more
 * @param period rows, 0 or more
 */
public record Stability(
    double index, double chanceMean, double chanceLimit, long reference, long period) {
  /** From here on it is worth a look, by convention. */
  public static final double LOOK = 0.1;

  /** From here on it is a shift, by convention. */
  public static final double SHIFT = 0.25;

  /** Fewer rows on a side say nothing. */
  static final long ROWS_LEAST = 100;

  /** In words. */
  public enum Level {
    TOO_FEW,
    STABLE,
    MOVED,
    SHIFTED
  }

  /**
   * Compares counts.
   *
   * @param reference rows by bin
   * @param period rows by bin, as many bins
   * @param seldom the probability with which chance may exceed the limit, such as 1e-4
   */
  static Stability of(long[] reference, long[] period, double seldom) {
    long n = 0;
    long m = 0;
    int bins = 0;
    for (int bin = 0; bin < reference.length; bin++) {
      n += reference[bin];
      m += period[bin];
      bins += reference[bin] + period[bin] > 0 ? 1 : 0;
    }
    if (n == 0 || m == 0) {
      return new Stability(Double.NaN, Double.NaN, Double.NaN, n, m);
    }
    double index = 0;
    for (int bin = 0; bin < reference.length; bin++) {
      if (reference[bin] + period[bin] > 0) {
        // Half a row in place of none keeps the logarithm finite.
        double p = Math.max(0.5, (double) reference[bin]) / n;
        double q = Math.max(0.5, (double) period[bin]) / m;
        index += (q - p) * StrictMath.log(q / p);
      }
    }
    double scale = 1.0 / n + 1.0 / m;
    int free = Math.max(1, bins - 1);
    return new Stability(
        index, (bins - 1) * scale, Chance.chiSquareExceeded(free, seldom) * scale, n, m);
  }

  /** What it must exceed to have moved: the convention, or chance where samples are small. */
  public double limit() {
    return Math.max(LOOK, chanceLimit);
  }

  /** What it comes to. */
  public Level level() {
    if (Math.min(reference, period) < ROWS_LEAST) {
      return Level.TOO_FEW;
    }
    if (index <= limit()) {
      return Level.STABLE;
    }
    return index > SHIFT ? Level.SHIFTED : Level.MOVED;
  }
}
