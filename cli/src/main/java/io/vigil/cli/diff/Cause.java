package io.vigil.cli.diff;

import java.util.Locale;

/**
 * Why two decisions about a transaction differ: where on a decision's way they part first. In the
 * order of that way, so that an earlier one explains a later one.
 */
public enum Cause {
  /** One side has no decision. */
  PRESENCE("only one side has it"),
  /** Another record of the log: topic, partition, offset, or append time. */
  ORIGIN("read from another place in the log"),
  /** The transaction itself. */
  INPUT("the transaction differs"),
  /** When it took effect, so that others stood before it. */
  ORDER("it took effect at another time"),
  /** The feature spec: its fingerprint, and what it makes of features that both have. */
  FEATURE_SPEC("another feature spec"),
  /** The exchange rates. */
  RATES("other exchange rates"),
  /** Values of features of the same spec: another history. */
  FEATURES("other values of the same features"),
  /** The score is missing on one side, or on both for other causes. */
  FALLBACK("the score is missing"),
  /** The model, its engine class, or its raw output. */
  MODEL("another model, or other raw output"),
  /** The probability that is made of the same raw output. */
  SCORE("another calibration"),
  /** Rule set, lists, or rules that held. */
  RULES("other rules or lists"),
  /** Policy, outcome, alert, or expected loss. */
  POLICY("another policy"),
  /** Reasons or a challenger's score are missing on one side, or on both for other causes. */
  INCOMPLETE("reasons or a challenger's score are missing"),
  /** The reasons alone. */
  REASONS("other reasons"),
  /** What decides nothing: warming features, challengers' scores, the engine's version. */
  METADATA("only what decides nothing");

  private final String words;

  Cause(String words) {
    this.words = words;
  }

  /** What to tell a person: a few words. */
  public String words() {
    return words;
  }

  /** Its name in results for machines: lower case, words by underscores. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
