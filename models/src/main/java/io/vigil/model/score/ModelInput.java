package io.vigil.model.score;

import org.jspecify.annotations.Nullable;

/**
 * One input of a model: which feature it reads and how the feature's value becomes the input.
 *
 * @param feature name of the feature
 * @param baseline a typical value in the feature's own unit, finite; reasons are reckoned against
 *     it
 * @param scaling what is done to the value, or null when the model takes it as it is, as trees do
 */
public record ModelInput(String feature, double baseline, @Nullable Scaling scaling) {
  /** Unless said otherwise inputs stay within this many standard deviations of the mean. */
  public static final double CLIP = 10;

  private static final double SQRT_2 = 0x1.6a09e667f3bcdp0;
  private static final double LN_2 = 0x1.62e42fefa39efp-1;

  public ModelInput {
    if (!feature.matches("[A-Za-z0-9_.:-]{1,100}")) {
      throw new IllegalArgumentException(
          "feature name must be 1 to 100 of A-Z a-z 0-9 _ . : -, came '" + feature + "'");
    }
    if (!Double.isFinite(baseline)) {
      throw new IllegalArgumentException(
          "input %s: baseline must be finite, came %s".formatted(feature, baseline));
    }
  }

  /**
   * What becomes of a value before a network sees it.
   *
   * @param log1p whether it first becomes sign(x) ln(1 + |x|)
   * @param mean subtracted after that, finite
   * @param std divides after that, finite and above 0
   * @param clip how far from 0 the result may be, 1 to 1000: a typing error must not decide alone
   */
  public record Scaling(boolean log1p, double mean, double std, double clip) {
    public Scaling {
      if (!Double.isFinite(mean) || !Double.isFinite(std) || std <= 0) {
        throw new IllegalArgumentException(
            "mean and std must be finite and std above 0, came %s and %s".formatted(mean, std));
      }
      if (!(clip >= 1 && clip <= 1000)) {
        throw new IllegalArgumentException("clip must be 1 to 1000, came " + clip);
      }
    }
  }

  /** An input that is scaled and held within ±{@value #CLIP}. */
  public static ModelInput scaled(
      String feature, boolean log1p, double mean, double std, double baseline) {
    return new ModelInput(feature, baseline, new Scaling(log1p, mean, std, CLIP));
  }

  /**
   * The model's input for a feature value. Scaled it is finite, within the clip: a missing value
   * (NaN) becomes 0, the mean, and infinities are clipped. Without scaling it is the value itself.
   */
  public float normalise(float value) {
    if (scaling == null) {
      return value;
    }
    if (Float.isNaN(value)) {
      return 0f;
    }
    double x = scaling.log1p() ? signedLog1p(value) : value;
    return (float)
        Math.max(-scaling.clip(), Math.min(scaling.clip(), (x - scaling.mean()) / scaling.std()));
  }

  /**
   * sign(x) ln(1 + |x|), within 4 units in the last place, the same bits everywhere: only
   * operations that Java defines to the bit. Several times faster than {@link StrictMath#log1p},
   * which JDK 17 calls as native code and which would cost more than the network.
   *
   * <p>With 1 + |x| = 2^e m and m near 1: ln m = 2 artanh(s), s = (m - 1) / (m + 1), by its series.
   *
   * @param x not NaN
   */
  public static double signedLog1p(double x) {
    double a = Math.abs(x);
    if (a > Float.MAX_VALUE) {
      return Math.copySign(Double.POSITIVE_INFINITY, x);
    }
    double s;
    int exponent = 0;
    if (a < SQRT_2 - 1) {
      s = a / (2 + a); // Without adding 1 to a small number.
    } else {
      exponent = Math.getExponent(1 + a);
      double m = Math.scalb(1 + a, -exponent);
      if (m > SQRT_2) {
        m /= 2;
        exponent++;
      }
      s = (m - 1) / (m + 1);
    }
    double square = s * s;
    double series = 0;
    for (int odd = 21; odd >= 1; odd -= 2) {
      series = series * square + 1.0 / odd;
    }
    return Math.copySign(exponent * LN_2 + 2 * s * series, x);
  }
}
