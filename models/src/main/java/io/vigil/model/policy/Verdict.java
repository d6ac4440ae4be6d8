package io.vigil.model.policy;

/**
 * What a policy makes of a score and the rules that held.
 *
 * @param alert whether a person is to look at it
 * @param expectedLossMinor probability times exposure, minor units of the base currency; the
 *     priority of an alert
 */
public record Verdict(Outcome outcome, boolean alert, long expectedLossMinor) {}
