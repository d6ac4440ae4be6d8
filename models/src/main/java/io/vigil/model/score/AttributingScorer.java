package io.vigil.model.score;

/** A scorer that knows by itself what each input adds to a logit, as trees do. */
public interface AttributingScorer extends Scorer {

  /**
   * Splits logits into contributions of the inputs.
   *
   * @param inputs row-major, at least {@code rows * width()} values
   * @param rows at least 1
   * @param contributions receives for each row one value an input, in natural-log odds, and after
   *     them the logit of a row of which nothing is known; together they are the row's logit up to
   *     float32 rounding. Row-major, at least {@code rows * (width() + 1)} long
   * @throws ScoringException when the model fails; {@code contributions} is then undefined
   */
  void attribute(float[] inputs, int rows, float[] contributions);
}
