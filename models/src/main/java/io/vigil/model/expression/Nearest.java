package io.vigil.model.expression;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Puts legal names into the order in which a reader most likely meant them. */
public final class Nearest {

  private Nearest() {}

  /**
   * The candidates by edit distance from {@code name}, equal ones by alphabet.
   *
   * @param limit how many to return at most
   */
  public static List<String> to(String name, Collection<String> candidates, int limit) {
    return candidates.stream()
        .distinct()
        .sorted(
            Comparator.<String>comparingInt(candidate -> distance(name, candidate))
                .thenComparing(Comparator.naturalOrder()))
        .limit(limit)
        .toList();
  }

  /** Levenshtein's edit distance: insertions, deletions and replacements of one character. */
  private static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int column = 0; column < row.length; column++) {
      row[column] = column;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
