package io.vigil.model.watch;

import java.util.Locale;

/** What a limit looks at. */
public enum Signal {
  /** The candidate's share of alerts / the reference's, at the most. */
  ALERT_RATE("max_ratio", 1, 1_000, "min_decisions"),
  /** The same, at the least: a model that stopped to see anything. */
  ALERT_RATE_DROP("min_ratio", 0, 1, "min_decisions"),
  /** Population stability index of the calibrated scores, candidate against reference. */
  SCORE_SHIFT("max_index", 0, 10, "min_decisions"),
  /** Milliseconds within which the candidate scores 99 of 100 rows; a missing score is slower. */
  LATENCY("p99_ms", 0.1, 60_000, "min_decisions"),
  /** Share of decisions that lack what the candidate owed them: its score, or its reasons. */
  FALLBACKS("max_share", 0, 1, "min_decisions"),
  /** Share of frauds among the candidate's alerts that were labelled, at the least. */
  PRECISION("min_share", 0, 1, "min_labels");

  final String boundKey;
  final double lowest;
  final double highest;
  final String countKey;

  Signal(String boundKey, double lowest, double highest, String countKey) {
    this.boundKey = boundKey;
    this.lowest = lowest;
    this.highest = highest;
    this.countKey = countKey;
  }

  /** The name that files and reasons use. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
