package io.vigil.model.score;

/**
 * One input of a network: which feature it reads and how the feature's value becomes the input.
 *
 * @param feature name of the feature
 * @param log1p whether the value first becomes sign(x) ln(1 + |x|)
 * @param mean subtracted after that, finite
 * @param std divides after that, finite and above 0
 * @param baseline a typical value in the feature's own unit, finite; reasons are reckoned against
 *     it
 */
public record ModelInput(String feature, boolean log1p, double mean, double std, double baseline) {
  /** Inputs stay within this many standard deviations of the mean. */
  private static final double CLIP = 10;

  public ModelInput {
    if (!feature.matches("[A-Za-z0-9_.:-]{1,100}")) {
      throw new IllegalArgumentException(
          "feature name must be 1 to 100 of A-Z a-z 0-9 _ . : -, came '" + feature + "'");
    }
    if (!Double.isFinite(mean) || !Double.isFinite(std) || std <= 0 || !Double.isFinite(baseline)) {
      throw new IllegalArgumentException(
          "input %s: mean, std and baseline must be finite and std above 0, came %s, %s and %s"
              .formatted(feature, mean, std, baseline));
    }
  }

  /**
   * The network's input for a feature value: finite, within ±10. A missing value (NaN) becomes 0,
   * the mean; infinities are clipped.
   */
  public float normalise(float value) {
    if (Float.isNaN(value)) {
      return 0f;
    }
    double x = value;
    if (log1p) {
      x = Math.copySign(StrictMath.log1p(Math.abs(x)), x);
    }
    return (float) Math.max(-CLIP, Math.min(CLIP, (x - mean) / std));
  }
}
