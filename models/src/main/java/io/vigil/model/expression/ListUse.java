package io.vigil.model.expression;

/**
 * A place where a condition asks a list.
 *
 * @param list its name
 * @param asked what is looked for: a field's id, {@code attributes.KEY}, or {@code a constant}
 * @param column of the list's name in the source, the first is 1
 */
public record ListUse(String list, String asked, int column) {}
