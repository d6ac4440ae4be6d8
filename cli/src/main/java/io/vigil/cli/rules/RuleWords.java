package io.vigil.cli.rules;

import io.vigil.model.expression.Reads;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Outcome;
import io.vigil.model.rule.Rule;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rules in words. */
public final class RuleWords {

  private RuleWords() {}

  /** Everything a rule says but its id, by the keys of its file; {@code -} for what it leaves. */
  static Map<String, String> parts(Rule rule) {
    Outcome outcome = rule.hit().outcome();
    String owner = rule.owner();
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("when", rule.when().toString());
    parts.put("outcome", outcome == null ? "-" : outcome.id());
    parts.put("weight", Integer.toString(rule.hit().weight()));
    parts.put("reason", rule.hit().reasonCode());
    parts.put("text", rule.text().toString());
    parts.put("owner", owner == null ? "-" : owner);
    parts.put("expires", expires(rule));
    return parts;
  }

  /** The day from whose beginning in UTC it is off, or {@code -} for never. */
  public static String expires(Rule rule) {
    return rule.expiresMs() == Long.MAX_VALUE
        ? "-"
        : Instant.ofEpochMilli(rule.expiresMs()).atZone(ZoneOffset.UTC).toLocalDate().toString();
  }

  /** What comes of it when it holds: {@code review}, {@code 20 points}, or both. */
  public static String asks(Hit hit) {
    Outcome outcome = hit.outcome();
    if (outcome == null) {
      return hit.weight() == 0 ? "nothing" : hit.weight() + " points";
    }
    return hit.weight() == 0 ? outcome.id() : outcome.id() + ", " + hit.weight() + " points";
  }

  /** What it reads: {@code fields amount, card; features card_count_10m; the score}. */
  public static String reads(Reads reads) {
    List<String> parts = new ArrayList<>();
    add(parts, "fields", reads.fields());
    add(parts, "features", reads.values());
    add(parts, "lists", reads.lists());
    if (reads.score()) {
      parts.add("the score");
    }
    return parts.isEmpty() ? "nothing" : String.join("; ", parts);
  }

  private static void add(List<String> parts, String kind, List<String> names) {
    if (!names.isEmpty()) {
      parts.add(kind + " " + String.join(", ", names));
    }
  }
}
