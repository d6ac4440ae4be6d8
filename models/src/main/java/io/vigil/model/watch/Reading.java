package io.vigil.model.watch;

/**
 * How a limit stands.
 *
 * @param observed a ratio, an index or a share; of {@link Signal#LATENCY} the share of rows that
 *     took longer; NaN while nothing is known
 * @param text for people: what was expected, and what came
 */
public record Reading(WatchPlan.Limit limit, double observed, State state, String text) {

  /** What is held against what was observed, in the same unit. */
  public double bound() {
    return limit.signal() == Signal.LATENCY ? WatchJudge.SLOW_SHARE : limit.bound();
  }

  /** What a reading says. */
  public enum State {
    /** Too little was seen. Never to be read as kept. */
    NOT_YET,
    KEPT,
    BROKEN
  }
}
