package io.vigil.model.plan;

/**
 * How many sampled rows change outcome under a small change of the input.
 *
 * @param change as gates call it: appended, amount_change or noise
 * @param rows sampled
 * @param championFlips of the rows, how many the champion decides otherwise
 * @param candidateFlips of the rows, how many the candidate decides otherwise
 */
public record Robustness(String change, int rows, int championFlips, int candidateFlips) {
  public static final String APPENDED = "appended";
  public static final String AMOUNT_CHANGE = "amount_change";
  public static final String NOISE = "noise";

  /** Share of the rows whose outcome changes, 0 to 1. */
  public double candidateShare() {
    return candidateFlips / (double) rows;
  }

  /** Share of the rows whose outcome changes, 0 to 1. */
  public double championShare() {
    return championFlips / (double) rows;
  }
}
