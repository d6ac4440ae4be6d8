package io.vigil.cli.simulate;

/**
 * When each account pays next: a binary heap over fixed arrays, one entry for each account, ordered
 * by time, then by account. Not thread-safe.
 */
final class DueTimes {
  private final long[] times;
  private final int[] accounts;

  /** The times by account; the array becomes the heap's own. */
  DueTimes(long[] times) {
    this.times = times;
    accounts = new int[times.length];
    for (int i = 0; i < times.length; i++) {
      accounts[i] = i;
    }
    for (int at = times.length / 2 - 1; at >= 0; at--) {
      sink(at, times[at], accounts[at]);
    }
  }

  long earliestMs() {
    return times[0];
  }

  int account() {
    return accounts[0];
  }

  /** Gives the earliest account its next time. */
  void reschedule(long timeMs) {
    sink(0, timeMs, accounts[0]);
  }

  private void sink(int from, long time, int account) {
    int at = from;
    while (2 * at + 1 < times.length) {
      int child = 2 * at + 1;
      if (child + 1 < times.length
          && before(times[child + 1], accounts[child + 1], times[child], accounts[child])) {
        child++;
      }
      if (!before(times[child], accounts[child], time, account)) {
        break;
      }
      times[at] = times[child];
      accounts[at] = accounts[child];
      at = child;
    }
    times[at] = time;
    accounts[at] = account;
  }

  private static boolean before(long time, int account, long otherTime, int otherAccount) {
    return time < otherTime || (time == otherTime && account < otherAccount);
  }
}
