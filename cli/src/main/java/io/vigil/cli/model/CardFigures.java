package io.vigil.cli.model;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The figures of a model card: rows of its tables that are a name and one number. */
public final class CardFigures {
  private static final Pattern ROW =
      Pattern.compile(
          "^\\| *([A-Za-z][^|]*?) *\\| *(-?[0-9][0-9.,]*) *\\|\\s*$", Pattern.MULTILINE);

  private CardFigures() {}

  /** By name, as they stand in the card. */
  public static Map<String, String> of(String card) {
    Map<String, String> figures = new TreeMap<>();
    Matcher matcher = ROW.matcher(card);
    while (matcher.find()) {
      figures.put(matcher.group(1), matcher.group(2));
    }
    return figures;
  }
}
