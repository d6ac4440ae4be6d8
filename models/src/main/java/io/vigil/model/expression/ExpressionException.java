package io.vigil.model.expression;

import java.util.List;

/** An expression that cannot be read: where, what was expected, and what came. */
public final class ExpressionException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int column;
  private final String problem;

  private ExpressionException(int column, String problem) {
    this.column = column;
    this.problem = problem;
  }

  /**
   * @param column of the source, the first is 1
   */
  public ExpressionException(int column, String expected, String found) {
    this(column, "expected " + expected + ", got " + found);
  }

  /**
   * @param column of the source, the first is 1
   * @param closest legal names, the likeliest first
   */
  ExpressionException(int column, String expected, String found, List<String> closest) {
    this(
        column,
        "expected " + expected + ", got " + found + "; closest: " + String.join(", ", closest));
  }

  /** The same problem of a source that stands within another, after so many columns. */
  public ExpressionException after(int columns) {
    return new ExpressionException(column + columns, problem);
  }

  /** The column of the source at which reading failed; the first is 1. */
  public int column() {
    return column;
  }

  @Override
  public String getMessage() {
    return "column " + column + ": " + problem;
  }
}
