package io.vigil.model.score;

/**
 * A network that turns rows of inputs into raw logits.
 *
 * <p>Implementations pad to shapes of their own choosing so that a row's logit bits do not depend
 * on the rows beside it (within one engine class). Not thread-safe: one scorer a thread.
 */
public interface Scorer extends AutoCloseable {

  /** Number of inputs a row has, at least 1. */
  int width();

  /**
   * Scores {@code rows} rows.
   *
   * @param inputs row-major, at least {@code rows * width()} float32 values; NaN only where the
   *     model takes missing values, else the batch fails
   * @param rows at least 1
   * @param logits receives the raw outputs at 0 until {@code rows}; natural-log odds, not
   *     probabilities. One that is not finite is that row's failure, not the batch's
   * @throws ScoringException when the network fails or returns the wrong shape; {@code logits} is
   *     then undefined
   */
  void score(float[] inputs, int rows, float[] logits);

  /**
   * Within one class logit bits are equal: runtime and version, device, pinned code paths, such as
   * {@code pytorch-2.7.1/cpu/avx2}.
   */
  String engineClass();

  /** Frees native memory. */
  @Override
  void close();
}
