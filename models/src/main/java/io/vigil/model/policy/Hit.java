package io.vigil.model.policy;

/**
 * A rule that held.
 *
 * @param rule the rule's id within its rule set
 * @param reasonCode stable code from the reason dictionary
 * @param outcome what the rule asks for
 */
public record Hit(String rule, String reasonCode, Outcome outcome) {}
