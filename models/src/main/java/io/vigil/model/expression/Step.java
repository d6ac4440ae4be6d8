package io.vigil.model.expression;

import java.util.List;

/**
 * A condition within a condition, and whether it held for one transaction.
 *
 * @param depth 0 for the whole, one more for each part within
 * @param condition as one would write it
 * @param values what it read, such as {@code amount = 12.5}; empty where its parts say so
 */
public record Step(int depth, String condition, boolean held, List<String> values) {
  public Step {
    values = List.copyOf(values);
  }
}
