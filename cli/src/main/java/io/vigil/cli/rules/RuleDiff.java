package io.vigil.cli.rules;

import io.vigil.model.policy.Outcome;
import io.vigil.model.rule.Rule;
import io.vigil.model.rule.RuleSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What differs between two rule sets.
 *
 * @param added ids, in the later set's order
 * @param removed ids, in the earlier set's order
 * @param changed rules of both that say something else, in the later set's order
 * @param reordered whether rules of both stand in another order
 */
public record RuleDiff(
    List<String> added, List<String> removed, List<Change> changed, boolean reordered) {

  /**
   * A rule, or what the set's points ask for.
   *
   * @param rule its id, or {@code points}
   */
  public record Change(String rule, String key, String before, String after) {}

  private static final String NOTHING = "-";

  public RuleDiff {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
    changed = List.copyOf(changed);
  }

  public static RuleDiff between(RuleSet before, RuleSet after) {
    Map<String, Rule> earlier = byId(before);
    Map<String, Rule> later = byId(after);
    List<Change> changed = new ArrayList<>();
    compare("points", thresholds(before), thresholds(after), changed);
    later.forEach(
        (id, rule) -> {
          Rule old = earlier.get(id);
          if (old != null) {
            compare(id, RuleWords.parts(old), RuleWords.parts(rule), changed);
          }
        });
    List<String> added = later.keySet().stream().filter(id -> !earlier.containsKey(id)).toList();
    List<String> removed = earlier.keySet().stream().filter(id -> !later.containsKey(id)).toList();
    List<String> stayed = earlier.keySet().stream().filter(later::containsKey).toList();
    List<String> stay = later.keySet().stream().filter(earlier::containsKey).toList();
    return new RuleDiff(added, removed, changed, !stayed.equals(stay));
  }

  /** Whether both mean the same. */
  public boolean isEmpty() {
    return added.isEmpty() && removed.isEmpty() && changed.isEmpty() && !reordered;
  }

  private static Map<String, Rule> byId(RuleSet rules) {
    Map<String, Rule> byId = new LinkedHashMap<>();
    rules.rules().forEach(rule -> byId.put(rule.hit().rule(), rule));
    return byId;
  }

  private static Map<String, String> thresholds(RuleSet rules) {
    Map<String, String> thresholds = new LinkedHashMap<>();
    for (Outcome outcome : Outcome.byId(Outcome.STEP_UP).values()) {
      Integer threshold = rules.points().get(outcome);
      thresholds.put(outcome.id(), threshold == null ? NOTHING : threshold.toString());
    }
    return thresholds;
  }

  private static void compare(
      String rule, Map<String, String> before, Map<String, String> after, List<Change> into) {
    before.forEach(
        (key, text) -> {
          String now = after.getOrDefault(key, NOTHING);
          if (!now.equals(text)) {
            into.add(new Change(rule, key, text, now));
          }
        });
  }
}
