package io.vigil.bench.latency;

/**
 * When each transaction of a step is due: fixed before the first is sent, and moved by nothing.
 *
 * @param startNs when the first is due, by the {@link RigClock}
 * @param startMs the same instant, milliseconds since the epoch
 * @param rate transactions a second, at least 1
 */
public record Schedule(long startNs, long startMs, int rate) {
  public static final long SECOND_NS = 1_000_000_000L;
  private static final long SECOND_MS = 1_000;

  public Schedule {
    if (rate < 1) {
      throw new IllegalArgumentException("rate: expected at least 1 a second, got " + rate);
    }
  }

  /**
   * When a transaction is due, by the {@link RigClock}.
   *
   * @param index from 0, below 9 billion
   */
  public long intendedNs(long index) {
    return startNs + index * SECOND_NS / rate;
  }

  /** The same as an event time: milliseconds since the epoch, cut off. */
  public long eventTimeMs(long index) {
    return startMs + index * SECOND_MS / rate;
  }
}
