package io.vigil.model.expression;

import java.util.List;

/** An expression that cannot be read: where, what was expected, and what came. */
public final class ExpressionException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int column;

  ExpressionException(int column, String expected, String found) {
    this(column, expected, found, List.of());
  }

  /**
   * @param column of the source, the first is 1
   * @param closest legal names, the likeliest first; may be empty
   */
  ExpressionException(int column, String expected, String found, List<String> closest) {
    super(
        "column %d: expected %s, got %s%s"
            .formatted(
                column,
                expected,
                found,
                closest.isEmpty() ? "" : "; closest: " + String.join(", ", closest)));
    this.column = column;
  }

  /** The column of the source at which reading failed; the first is 1. */
  public int column() {
    return column;
  }
}
