package io.vigil.model.drift;

/** What chance alone gives. Pure functions. */
final class Chance {
  /** Two-sided 95 % of a normal distribution. */
  private static final double Z95 = 1.959963984540054;

  private static final double ROOT_TWO_PI = 2.5066282746310002;
  private static final int TERMS = 120;

  /** A normal approximation says too little of a cell where fewer are expected (Cochran, 1954). */
  private static final double EXPECTED_LEAST = 5;

  private Chance() {}

  /** A share and its 95 % interval, 0 to 1; NaN of nothing. */
  record Interval(double low, double high) {
    boolean holds(double share) {
      return share >= low && share <= high;
    }
  }

  /**
   * Probability that a standard normal lies above {@code z}, 0 or more: the series 26.2.11 and,
   * from 3 on, the continued fraction 26.2.14 of Abramowitz and Stegun, "Handbook of mathematical
   * functions", 1964. Within 1e-12.
   */
  static double above(double z) {
    if (z < 0) {
      return 1 - above(-z);
    }
    double density = StrictMath.exp(-z * z / 2) / ROOT_TWO_PI;
    if (z >= 3) {
      double fraction = z;
      for (int term = TERMS; term > 0; term--) {
        fraction = z + term / fraction;
      }
      return density / fraction;
    }
    double sum = 0;
    double term = z;
    for (int i = 1; i < TERMS; i++) {
      sum += term;
      term *= z * z / (2 * i + 1);
    }
    return 0.5 - density * sum;
  }

  /** Probability of a standard normal at least as far from 0 as {@code z}, either way. */
  static double beyond(double z) {
    return Math.min(1, 2 * above(Math.abs(z)));
  }

  /** The {@code z} that a standard normal exceeds with this probability, above 0 and below 0.5. */
  static double exceeded(double probability) {
    double low = 0;
    double high = 40;
    for (int step = 0; step < 100; step++) {
      double middle = (low + high) / 2;
      if (above(middle) > probability) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /**
   * What a chi-square exceeds with this probability.
   *
   * @param degrees of freedom, 1 to 100
   * @param probability 1e-12 to 0.5
   */
  static double chiSquareExceeded(int degrees, double probability) {
    double low = 0;
    double high = 4.0 * degrees + 200;
    for (int step = 0; step < 100; step++) {
      double middle = (low + high) / 2;
      if (chiSquareAbove(degrees, middle) > probability) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /** Probability that a chi-square lies above: Abramowitz and Stegun, 26.4.4 and 26.4.5. */
  private static double chiSquareAbove(int degrees, double value) {
    double root = StrictMath.sqrt(value);
    double density = StrictMath.exp(-value / 2);
    double sum = degrees % 2 == 0 ? 0 : 2 * above(root);
    double term = degrees % 2 == 0 ? density : 2 * root * density / ROOT_TWO_PI;
    for (int next = 2 + degrees % 2; next <= degrees; next += 2) {
      sum += term;
      term *= value / next;
    }
    return sum;
  }

  /**
   * The 95 % interval of a share (Wilson, "Probable inference, the law of succession, and
   * statistical inference", 1927), which holds for small counts too.
   */
  static Interval interval(long count, long of) {
    if (of == 0) {
      return new Interval(Double.NaN, Double.NaN);
    }
    double share = count / (double) of;
    double square = Z95 * Z95 / of;
    double middle = (share + square / 2) / (1 + square);
    double half =
        Z95 * StrictMath.sqrt(share * (1 - share) / of + square / (4.0 * of)) / (1 + square);
    return new Interval(
        count == 0 ? 0 : Math.max(0, middle - half), count == of ? 1 : Math.min(1, middle + half));
  }

  /**
   * Two-sided probability of two shares so far apart when both are one (Pearson's chi-square of a
   * table of four); NaN when a cell expects fewer than five.
   */
  static double sameShare(long count, long of, long otherCount, long otherOf) {
    double all = (double) of + otherOf;
    double share = (count + (double) otherCount) / all;
    double least = Math.min(of, otherOf) * Math.min(share, 1 - share);
    if (of == 0 || otherOf == 0 || least < EXPECTED_LEAST) {
      return Double.NaN;
    }
    double error = StrictMath.sqrt(share * (1 - share) * (1.0 / of + 1.0 / otherOf));
    return beyond((count / (double) of - otherCount / (double) otherOf) / error);
  }

  /**
   * Two-sided probability of so many events when each had its own probability.
   *
   * @param count that came
   * @param expected the sum of the probabilities p
   * @param variance the sum of p (1 - p)
   * @return NaN when fewer than five were expected
   */
  static double asPredicted(long count, double expected, double variance) {
    return expected < EXPECTED_LEAST || variance <= 0
        ? Double.NaN
        : beyond((count - expected) / StrictMath.sqrt(variance));
  }
}
