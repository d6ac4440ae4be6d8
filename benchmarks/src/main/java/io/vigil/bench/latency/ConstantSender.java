package io.vigil.bench.latency;

import java.util.Arrays;

/**
 * Sends by the schedule and waits for nothing else: after a stall all that is due goes out at once,
 * and its latency still counts from when it was due. Not thread-safe.
 */
final class ConstantSender {
  /** Shorter naps would cost a core that the job needs; what they add is in the latency. */
  private static final long NAP_MIN_NS = 1_000_000;

  private final RigClock clock;

  /** Where transactions go. */
  @FunctionalInterface
  interface Outlet {
    /**
     * Hands over the transaction of that index.
     *
     * @return false when it is the last
     */
    boolean send(int index);
  }

  ConstantSender(RigClock clock) {
    this.clock = clock;
  }

  /** Hears of what was sent. */
  @FunctionalInterface
  interface Handed {
    /** The transaction of that index was handed over then, by the {@link RigClock}. */
    void at(int index, long nowNs);
  }

  /**
   * Sends transactions 0 to count - 1, or fewer when the outlet says so.
   *
   * @return when each had been handed over, by the {@link RigClock}
   */
  long[] run(Schedule schedule, int count, Outlet outlet) throws InterruptedException {
    long[] sentNs = new long[count];
    int sent = run(schedule, count, outlet, (index, nowNs) -> sentNs[index] = nowNs);
    return sent == count ? sentNs : Arrays.copyOf(sentNs, sent);
  }

  /**
   * The same without keeping the times.
   *
   * @return how many were sent
   */
  int run(Schedule schedule, int count, Outlet outlet, Handed handed) throws InterruptedException {
    long nowNs = clock.nowNs();
    for (int i = 0; i < count; i++) {
      long intendedNs = schedule.intendedNs(i);
      while (nowNs < intendedNs) {
        clock.sleepNs(Math.max(NAP_MIN_NS, intendedNs - nowNs));
        nowNs = clock.nowNs();
      }
      boolean more = outlet.send(i);
      nowNs = clock.nowNs();
      handed.at(i, nowNs);
      if (!more) {
        return i + 1;
      }
    }
    return count;
  }
}
