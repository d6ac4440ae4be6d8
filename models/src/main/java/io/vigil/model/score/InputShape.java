package io.vigil.model.score;

/**
 * How a row of a model's inputs is laid out: first the single values, then the steps of a sequence,
 * the oldest first, each with its fields.
 *
 * @param values how many single values, 0 or more
 * @param steps of the sequence, 0 when the model reads none
 * @param fields of a step, 0 when the model reads no sequence
 */
public record InputShape(int values, int steps, int fields) {
  /** More inputs than this are a mistake, not a model. */
  public static final int WIDTH_MAX = 16_384;

  public InputShape {
    boolean sequence = steps > 0 && fields > 0;
    boolean none = steps == 0 && fields == 0 && values > 0;
    if (values < 0
        || !(sequence || none)
        || (long) steps * fields > WIDTH_MAX
        || values + steps * fields > WIDTH_MAX) {
      throw new IllegalArgumentException(
          "expected 1 to %d inputs, a sequence of steps and fields or neither, came %d values, %d steps, %d fields"
              .formatted(WIDTH_MAX, values, steps, fields));
    }
  }

  /** Single values only. */
  public static InputShape flat(int values) {
    return new InputShape(values, 0, 0);
  }

  /** Floats in a row, at least 1. */
  public int width() {
    return values + steps * fields;
  }
}
