package io.vigil.bench.soak;

import java.util.BitSet;

/**
 * Which of the transactions sent last have a decision: a run of any length in bounded memory. One
 * that is still without a decision when {@code capacity} more were sent is given up, and counts as
 * missing whatever comes later. Thread-safe.
 */
final class Outstanding {
  private final int capacity;
  private final BitSet decided;
  private long sent;
  private long answered;

  /**
   * @param capacity how many are waited for, at least 1
   */
  Outstanding(int capacity) {
    this.capacity = capacity;
    decided = new BitSet(capacity);
  }

  /** Expects an answer to the next transaction; its index is that of the one before + 1. */
  synchronized void expect() {
    decided.clear((int) (sent % capacity));
    sent++;
  }

  /**
   * Notes an answer.
   *
   * @return false for a repeat, for one that was given up, and for one that was never sent
   */
  synchronized boolean answer(long index) {
    if (index < Math.max(0, sent - capacity) || index >= sent) {
      return false;
    }
    int slot = (int) (index % capacity);
    if (decided.get(slot)) {
      return false;
    }
    decided.set(slot);
    answered++;
    return true;
  }

  /** How many answers were expected so far. */
  synchronized long sent() {
    return sent;
  }

  /** How many of them came. */
  synchronized long answered() {
    return answered;
  }
}
