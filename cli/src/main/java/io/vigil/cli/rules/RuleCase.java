package io.vigil.cli.rules;

import io.vigil.model.event.Facts;
import io.vigil.model.policy.Held;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Outcome;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An example transaction, and what a rule set is expected to make of it.
 *
 * @param features the vector, float32 widened
 * @param score calibrated probability; NaN when the model did not score
 * @param effectiveTimeMs milliseconds since the epoch
 * @param hits ids of the rules that are to hold, in any order; null when any may
 * @param outcome what the rules and their points are to ask for; null when that does not matter
 * @param points what the weights are to add up to; null when that does not matter
 */
public record RuleCase(
    String name,
    Facts facts,
    double[] features,
    double score,
    long effectiveTimeMs,
    @Nullable List<String> hits,
    @Nullable Outcome outcome,
    @Nullable Integer points) {

  /** What the rule set makes of it. */
  public Held held(RuleSet rules, Lists lists) {
    return rules.evaluate(facts, features, score, lists, effectiveTimeMs);
  }

  /** Where that is not what was expected, in words; empty when it is. */
  public List<String> differences(Held held) {
    List<String> differences = new ArrayList<>();
    List<String> actual = held.hits().stream().map(Hit::rule).toList();
    if (hits != null && !new HashSet<>(hits).equals(new HashSet<>(actual))) {
      differences.add("hits: expected %s, got %s".formatted(listed(hits), listed(actual)));
    }
    if (outcome != null && outcome != held.asked()) {
      differences.add("outcome: expected %s, got %s".formatted(outcome.id(), held.asked().id()));
    }
    if (points != null && points != held.points()) {
      differences.add("points: expected %d, got %d".formatted(points, held.points()));
    }
    return differences;
  }

  private static String listed(List<String> rules) {
    return rules.isEmpty() ? "none" : String.join(", ", rules);
  }
}
