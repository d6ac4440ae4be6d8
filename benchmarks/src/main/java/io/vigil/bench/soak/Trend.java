package io.vigil.bench.soak;

/**
 * A straight line through what was measured at equal intervals, by least squares.
 *
 * <p>Minutes of one process resemble their neighbours (a heap that fills up between two
 * collections), so that the textbook's standard error would be too small: it is multiplied by
 * sqrt((1 + r) / (1 - r)), r being the correlation of each residual with the one before, for there
 * are as many independent values as (1 - r) / (1 + r) of the measured ones (G. V. Bayley and J. M.
 * Hammersley, 1946, for a first-order process).
 *
 * @param mean of the values
 * @param perHour by how much they change in an hour
 * @param errorPerHour the standard error of that
 */
record Trend(double mean, double perHour, double errorPerHour) {
  private static final int POINTS_MIN = 3;
  private static final double CORRELATION_MAX = 0.95;
  private static final double MINUTES = 60;

  /**
   * Of values a minute apart.
   *
   * @param values at least three
   */
  static Trend ofMinutes(double[] values) {
    int n = values.length;
    if (n < POINTS_MIN) {
      throw new IllegalArgumentException("trend: expected at least 3 values, got " + n);
    }
    double middle = (n - 1) / 2.0;
    double mean = 0;
    for (double value : values) {
      mean += value / n;
    }
    double xx = 0;
    double xy = 0;
    for (int i = 0; i < n; i++) {
      xx += (i - middle) * (i - middle);
      xy += (i - middle) * (values[i] - mean);
    }
    double slope = xy / xx;
    double squares = 0;
    double neighbours = 0;
    double before = 0;
    for (int i = 0; i < n; i++) {
      double residual = values[i] - mean - slope * (i - middle);
      squares += residual * residual;
      neighbours += residual * before;
      before = residual;
    }
    double r = squares == 0 ? 0 : Math.min(CORRELATION_MAX, Math.max(0, neighbours / squares));
    double error = Math.sqrt(squares / (n - 2) / xx * (1 + r) / (1 - r));
    return new Trend(mean, slope * MINUTES, error * MINUTES);
  }

  /** What a figure does. */
  enum Verdict {
    FLAT,
    RISING,
    FALLING,
    /** It varies too much to tell from the minutes that there are. */
    UNCLEAR
  }

  /**
   * Judges by the change an hour and two standard errors on both sides of it.
   *
   * @param tolerance change an hour that still counts as flat, as a share of the mean
   */
  Verdict verdict(double tolerance) {
    double allowed = tolerance * Math.abs(mean);
    double low = perHour - 2 * errorPerHour;
    double high = perHour + 2 * errorPerHour;
    if (low >= -allowed && high <= allowed) {
      return Verdict.FLAT;
    }
    if (low > 0 && perHour > allowed) {
      return Verdict.RISING;
    }
    if (high < 0 && perHour < -allowed) {
      return Verdict.FALLING;
    }
    return Verdict.UNCLEAR;
  }

  /** The change an hour as a share of the mean; 0 for a mean of 0. */
  double sharePerHour() {
    return mean == 0 ? 0 : perHour / Math.abs(mean);
  }
}
