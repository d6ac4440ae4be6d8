package io.vigil.model.expression;

import java.util.List;

/**
 * What an expression reads, each once, in the order in which it first comes.
 *
 * @param fields ids of the transaction's fields, and {@code attributes.KEY}
 * @param values names of features
 * @param lists names of lists
 * @param score whether it reads the score
 */
public record Reads(List<String> fields, List<String> values, List<String> lists, boolean score) {
  public Reads {
    fields = List.copyOf(fields);
    values = List.copyOf(values);
    lists = List.copyOf(lists);
  }
}
