package io.vigil.model.policy;

import java.util.List;

/**
 * What a rule set says of a transaction.
 *
 * @param hits the rules that held, in the rule set's order
 * @param points the sum of their weights
 * @param byPoints what the rule set asks for because of that sum; {@link Outcome#APPROVE} when the
 *     sum asks for nothing
 */
public record Held(List<Hit> hits, int points, Outcome byPoints) {

  /** No rule held. */
  public static final Held NOTHING = new Held(List.of(), 0, Outcome.APPROVE);

  public Held {
    hits = List.copyOf(hits);
  }

  /** The strictest of what the rules and their points ask for. */
  public Outcome asked() {
    Outcome asked = byPoints;
    for (Hit hit : hits) {
      Outcome outcome = hit.outcome();
      asked = outcome == null ? asked : asked.orStricter(outcome);
    }
    return asked;
  }
}
