package io.vigil.bench.state;

/**
 * A window in time.
 *
 * @param lengthMs how long, milliseconds
 * @param resolutionMs width of its panes, a divisor of the length; 0 for exact edges
 */
record Span(long lengthMs, long resolutionMs) {
  static final long MINUTE_MS = 60_000L;
  static final long HOUR_MS = 60 * MINUTE_MS;
  static final long DAY_MS = 24 * HOUR_MS;

  Span {
    if (lengthMs < 1 || resolutionMs < 0 || (resolutionMs > 0 && lengthMs % resolutionMs != 0)) {
      throw new IllegalArgumentException(
          "span: expected a resolution that divides the length, got %d ms of %d ms"
              .formatted(resolutionMs, lengthMs));
    }
  }

  Span exact() {
    return new Span(lengthMs, 0);
  }

  int panes() {
    return (int) (lengthMs / resolutionMs);
  }

  /** The first millisecond that is in the window of an event at that time. */
  long firstMs(long timeMs) {
    return resolutionMs == 0
        ? timeMs - lengthMs + 1
        : (timeMs / resolutionMs - panes() + 1) * resolutionMs;
  }

  /** As specs write it. */
  static String text(long ms) {
    if (ms % DAY_MS == 0 && ms > DAY_MS) {
      return ms / DAY_MS + "d";
    }
    return ms % HOUR_MS == 0 ? ms / HOUR_MS + "h" : ms / MINUTE_MS + "m";
  }
}
