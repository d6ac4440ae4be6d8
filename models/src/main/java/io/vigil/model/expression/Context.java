package io.vigil.model.expression;

/**
 * What conditions of rules read beside the transaction and its features.
 *
 * @param score calibrated probability, 0 to 1; NaN for missing
 * @param lists the lists in force
 */
public record Context(double score, ListLookup lists) {

  /** Neither a score nor lists: that of features, whose expressions can name neither. */
  public static final Context NONE =
      new Context(
          Double.NaN,
          (list, text) -> {
            throw new IllegalArgumentException("expected a list in force, got " + list);
          });
}
