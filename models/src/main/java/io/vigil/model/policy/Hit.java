package io.vigil.model.policy;

import org.jspecify.annotations.Nullable;

/**
 * A rule that held.
 *
 * @param rule the rule's id within its rule set
 * @param reasonCode stable code from the reason dictionary
 * @param outcome what the rule asks for; null when it asks for nothing and only weighs
 * @param weight points that it adds to the sum by which its rule set asks, -1000 to 1000
 */
public record Hit(String rule, String reasonCode, @Nullable Outcome outcome, int weight) {

  /** A rule that does not weigh. */
  public Hit(String rule, String reasonCode, Outcome outcome) {
    this(rule, reasonCode, outcome, 0);
  }
}
