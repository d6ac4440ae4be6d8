package io.vigil.job.control;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is in force, by digests, between two changes. Immutable.
 *
 * @param champion the model that decides
 * @param challenger the model that decides for its share of the accounts; null without one
 * @param shadows models that score without deciding, in the order of their digests
 * @param ruleSet the rules
 * @param policy the policy
 * @param lists the lists, in the order of their names
 */
public record Standing(
    Change champion,
    @Nullable Change challenger,
    List<Change> shadows,
    Change ruleSet,
    Change policy,
    List<Change> lists) {
  public Standing {
    shadows = List.copyOf(shadows);
    lists = List.copyOf(lists);
  }

  /** What decides for all: the newest of model, rules and policy. */
  public Change promoted() {
    return Stream.of(champion, ruleSet, policy).max(Change.ORDER).orElseThrow();
  }

  /** All of it. */
  public List<Change> all() {
    List<Change> all = new ArrayList<>(shadows);
    all.addAll(lists);
    all.addAll(List.of(champion, ruleSet, policy));
    if (challenger != null) {
      all.add(challenger);
    }
    return all;
  }
}
