package io.vigil.model.feature;

/**
 * A span of event time that ends {@code delayMs} before the current event at t: the interval (t -
 * delay - length, t - delay].
 *
 * @param lengthMs one minute to 90 days, milliseconds
 * @param delayMs 0 to 90 days, milliseconds
 * @param includesCurrent whether the current event counts; without effect when there is a delay
 */
public record Window(long lengthMs, long delayMs, boolean includesCurrent) {
  static final long MINUTE_MS = 60_000L;
  static final long DAY_MS = 86_400_000L;
  static final long MAX_MS = 90 * DAY_MS;

  /**
   * @throws IllegalArgumentException when a length is out of its range
   */
  public Window {
    if (lengthMs < MINUTE_MS || lengthMs > MAX_MS) {
      throw new IllegalArgumentException(
          "window: expected 1 minute to 90 days, got " + lengthMs + " ms");
    }
    if (delayMs < 0 || delayMs > MAX_MS) {
      throw new IllegalArgumentException("delay: expected 0 to 90 days, got " + delayMs + " ms");
    }
  }

  /** How far back from the current event the window reaches, milliseconds. */
  long reachMs() {
    return lengthMs + delayMs;
  }
}
