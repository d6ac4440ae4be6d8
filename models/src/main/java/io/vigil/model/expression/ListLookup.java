package io.vigil.model.expression;

/** Lists of texts by name, as conditions of rules ask them. */
public interface ListLookup {

  /**
   * Whether the list holds exactly this text.
   *
   * @throws IllegalArgumentException when there is no list of that name
   */
  boolean contains(String list, String text);
}
