package io.vigil.model.serving;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Rows that are scored together. Belongs to its owner, but for the time in between. */
public final class ScoringBatch extends ScoringTask {
  /** The model gave no number for the row. */
  public static final String INVALID_OUTPUT = "invalid_output";

  private final float[][] vectors;
  private float[] logits = new float[0];
  private int size;

  /**
   * @param model that scores
   * @param capacity rows it can hold, at least 1
   */
  public ScoringBatch(ServedModel model, int capacity) {
    super(model);
    this.vectors = new float[capacity][];
  }

  /**
   * Adds a row.
   *
   * @param vector in the order of the model's features; not copied
   * @return the row's number, from 0
   * @throws ArrayIndexOutOfBoundsException when it is full
   */
  public int add(float[] vector) {
    vectors[size] = vector;
    return size++;
  }

  public int size() {
    return size;
  }

  public boolean isFull() {
    return size == vectors.length;
  }

  /** The row's logit; NaN when it has none. Only once it is done. */
  public float logit(int row) {
    return failure() == null ? logits[row] : Float.NaN;
  }

  /** Why the row has no logit, or null when it has one. Only once it is done. */
  public @Nullable String cause(int row) {
    if (failure() != null) {
      return failure();
    }
    return Float.isFinite(logits[row]) ? null : INVALID_OUTPUT;
  }

  void copyVectors(float[][] into, int at) {
    System.arraycopy(vectors, 0, into, at, size);
  }

  void logits(float[] from, int at) {
    logits = Arrays.copyOfRange(from, at, at + size);
  }
}
