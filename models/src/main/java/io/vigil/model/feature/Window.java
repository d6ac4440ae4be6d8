package io.vigil.model.feature;

/**
 * Which of an entity's events an aggregate is taken over, in event time.
 *
 * @param kind what bounds it
 * @param lengthMs of a window in time, one minute to 90 days, milliseconds; 0 for the others
 * @param events of a window of the newest events, 1 to 256; 0 for the others
 * @param delayMs of a window in time, how long before the current event it ends: 0 to 90 days
 * @param includesCurrent whether the current event counts; without effect when there is a delay
 * @param resolutionMs width of the panes that a window in time is cut into, which moves its edges
 *     to theirs; 0 for exact edges
 */
public record Window(
    Kind kind,
    long lengthMs,
    int events,
    long delayMs,
    boolean includesCurrent,
    long resolutionMs) {
  public static final long MINUTE_MS = 60_000L;
  public static final long DAY_MS = 86_400_000L;
  public static final long MAX_MS = 90 * DAY_MS;
  public static final int EVENTS_MAX = 256;

  /** Panes that a window may be cut into. */
  public static final int PANES_MAX = 256;

  /** Panes that a window and its delay together may span, for all of them are kept. */
  public static final int PANES_KEPT_MAX = 4096;

  /** What bounds a window. */
  public enum Kind {
    /** The interval (t - delay - length, t - delay]. */
    TIME,
    /** The newest events up to and including t. */
    EVENTS,
    /** Everything that was applied so far. */
    LIFETIME
  }

  /**
   * @throws IllegalArgumentException when a length is out of its range
   */
  public Window {
    if (kind == Kind.TIME && (lengthMs < MINUTE_MS || lengthMs > MAX_MS)) {
      throw new IllegalArgumentException(
          "window: expected 1 minute to 90 days, got " + lengthMs + " ms");
    }
    if (kind == Kind.EVENTS && (events < 1 || events > EVENTS_MAX)) {
      throw new IllegalArgumentException("last: expected 1 to 256 events, got " + events);
    }
    if (delayMs < 0 || delayMs > MAX_MS || (delayMs > 0 && kind != Kind.TIME)) {
      throw new IllegalArgumentException(
          "delay: expected 0 to 90 days, of a window in time, got " + delayMs + " ms");
    }
    boolean panes = resolutionMs >= MINUTE_MS && kind == Kind.TIME;
    if (resolutionMs != 0
        && (!panes || lengthMs % resolutionMs != 0 || lengthMs / resolutionMs > PANES_MAX)) {
      throw new IllegalArgumentException(
          "resolution: expected at least 1 minute, and 1 to 256 panes in the window, got "
              + resolutionMs
              + " ms");
    }
    if (panes && (lengthMs + delayMs) / resolutionMs > PANES_KEPT_MAX) {
      throw new IllegalArgumentException(
          "resolution: expected at most 4096 panes in the window and its delay, got "
              + (lengthMs + delayMs) / resolutionMs);
    }
  }

  /** An exact window in time. */
  public static Window of(long lengthMs, long delayMs, boolean includesCurrent) {
    return new Window(Kind.TIME, lengthMs, 0, delayMs, includesCurrent, 0);
  }

  /** How far back from the current event the window reaches, milliseconds; 0 if not by time. */
  long reachMs() {
    return lengthMs + delayMs;
  }
}
