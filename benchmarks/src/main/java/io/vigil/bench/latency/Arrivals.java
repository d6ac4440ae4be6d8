package io.vigil.bench.latency;

import java.util.Arrays;

/**
 * When the first answer to each transaction of a step came. One thread records; {@link #count} may
 * be asked by any, and who has seen a count sees at least as many times.
 */
public final class Arrivals {
  private static final long NONE = Long.MIN_VALUE;

  private final long[] atNs;
  private int recorded;
  private volatile int count;

  public Arrivals(int transactions) {
    atNs = new long[transactions];
    Arrays.fill(atNs, NONE);
  }

  /** Notes an answer; a repeat, and one to a transaction of another step, is left out. */
  void record(long index, long nowNs) {
    if (index >= 0 && index < atNs.length && atNs[(int) index] == NONE) {
      atNs[(int) index] = nowNs;
      count = ++recorded;
    }
  }

  /** How many transactions have an answer. */
  public int count() {
    return count;
  }

  public boolean has(int index) {
    return atNs[index] != NONE;
  }

  /** When the answer came, by the {@link RigClock}; only where {@link #has} holds. */
  public long atNs(int index) {
    return atNs[index];
  }
}
