package io.vigil.k8s;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds what a PromQL expression refers to: everything that is neither text, label, nor word of the
 * language.
 */
final class Promql {
  private static final Pattern TEXT = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|'[^']*'");
  private static final Pattern BRACES = Pattern.compile("\\{[^{}]*}|\\[[^\\[\\]]*]");
  private static final Pattern LABELS =
      Pattern.compile(
          "\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^()]*\\)",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern NAME =
      Pattern.compile("(?<![\\w:.])[a-zA-Z_:][a-zA-Z0-9_:]*(?!\\s*\\()(?![\\w:])");
  private static final Set<String> WORDS =
      Set.of(
          "and",
          "or",
          "unless",
          "bool",
          "offset",
          "by",
          "without",
          "on",
          "ignoring",
          "group_left",
          "group_right",
          "inf",
          "nan");

  private Promql() {}

  /**
   * @throws IllegalArgumentException when brackets do not match
   */
  static Set<String> metrics(String expression) {
    String bare = TEXT.matcher(expression).replaceAll("\"\"");
    requireBalanced(bare, expression);
    bare = LABELS.matcher(BRACES.matcher(bare).replaceAll("")).replaceAll("");
    Set<String> names = new TreeSet<>();
    Matcher name = NAME.matcher(bare);
    while (name.find()) {
      if (!WORDS.contains(name.group().toLowerCase(java.util.Locale.ROOT))) {
        names.add(name.group());
      }
    }
    return names;
  }

  private static void requireBalanced(String bare, String expression) {
    StringBuilder open = new StringBuilder();
    for (char c : bare.toCharArray()) {
      if ("({[".indexOf(c) >= 0) {
        open.append(c);
      } else if (")}]".indexOf(c) >= 0) {
        int last = open.length() - 1;
        if (last < 0 || "({[".indexOf(open.charAt(last)) != ")}]".indexOf(c)) {
          throw new IllegalArgumentException("brackets do not match: " + expression);
        }
        open.setLength(last);
      }
    }
    if (!open.isEmpty()) {
      throw new IllegalArgumentException("brackets are left open: " + expression);
    }
  }
}
