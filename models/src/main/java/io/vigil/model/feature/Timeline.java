package io.vigil.model.feature;

/**
 * What the logs of an entity share: columns sorted by time, and what a full log merges.
 *
 * <p>Merged are neighbours whose weights together are small beside the weight of everything newer:
 * at most one part in {@link #divisor}, which is as great as the room allows. A window's edge falls
 * into one entry, so that is also how much of the weight after the edge it may misjudge. The least
 * divisor met was 64 for 100,000 events in reach and 32 for 20 million. The idea is the exponential
 * histogram of Datar, Gionis, Indyk and Motwani, "Maintaining stream statistics over sliding
 * windows", SIAM J. Comput. 31(6), 2002. It is a pure function of the weights, so a replay merges
 * alike.
 */
final class Timeline {
  /** Entries a log may hold. */
  static final int ENTRIES_MAX = 1024;

  /** Entries a full log is brought down to, so that it is not full again at once. */
  private static final int ENTRIES_KEPT = 896;

  private static final int DIVISOR_MAX = 512;

  private Timeline() {}

  /** The position of the first time after {@code timeMs}, among ascending times. */
  static int firstAfter(long[] timesMs, int size, long timeMs) {
    if (size == 0 || timesMs[size - 1] <= timeMs) {
      return size;
    }
    int low = 0;
    int high = size - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (timesMs[middle] <= timeMs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Opens a gap at {@code at} of an array that holds {@code size} values. */
  static void open(long[] values, int at, int size) {
    System.arraycopy(values, at, values, at + 1, size - at);
  }

  /**
   * The greatest power of two by which merging brings the log down far enough.
   *
   * @param weights of the entries, oldest first; signs are ignored
   */
  static long divisor(long[] weights, int size) {
    for (long divisor = DIVISOR_MAX; divisor > 1; divisor >>= 1) {
      if (entriesLeft(weights, size, divisor) <= ENTRIES_KEPT) {
        return divisor;
      }
    }
    // With 1, two neighbours stay apart only where the weight doubles: at most 63 times.
    return 1;
  }

  /** Whether the entry and the one before it may become one, {@code newer} the weight after it. */
  static boolean mergeable(long[] weights, int entry, long newer, long divisor) {
    return entry > 0 && Math.abs(weights[entry]) + Math.abs(weights[entry - 1]) <= newer / divisor;
  }

  private static int entriesLeft(long[] weights, int size, long divisor) {
    int entries = 0;
    long newer = 0;
    for (int entry = size - 1; entry >= 0; entry--) {
      if (mergeable(weights, entry, newer, divisor)) {
        newer += Math.abs(weights[entry]);
        entry--;
      }
      newer += Math.abs(weights[entry]);
      entries++;
    }
    return entries;
  }

  /** Longs for a full log and the entry that makes it overflow. */
  static long[] column() {
    return new long[ENTRIES_MAX + 1];
  }
}
