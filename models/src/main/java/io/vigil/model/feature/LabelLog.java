package io.vigil.model.feature;

/**
 * An entity's labels, sorted by the time at which they count, that of the transaction or their own:
 * at each time the number of transactions now held to be fraud. Times that come to nothing are
 * dropped, so that a withdrawn label leaves no trace. Reused scratch, single-threaded.
 */
final class LabelLog {
  private int start;
  private int size;
  private final long[] timesMs = Timeline.column();
  private final long[] frauds = Timeline.column();

  void clear() {
    start = 0;
    size = 0;
  }

  void read(ByteReader in) {
    clear();
    size = in.length(Timeline.ENTRIES_MAX);
    long timeMs = size == 0 ? 0 : in.zigzag();
    for (int entry = 0; entry < size; entry++) {
      timeMs += entry == 0 ? 0 : in.varint();
      timesMs[entry] = timeMs;
      frauds[entry] = in.zigzag();
    }
  }

  void write(ByteWriter out) {
    out.varint(size - start);
    for (int entry = start; entry < size; entry++) {
      if (entry == start) {
        out.zigzag(timesMs[entry]);
      } else {
        out.varint(timesMs[entry] - timesMs[entry - 1]);
      }
      out.zigzag(frauds[entry]);
    }
  }

  void add(long timeMs, int delta) {
    int after = Timeline.firstAfter(timesMs, size, timeMs);
    if (after > 0 && timesMs[after - 1] == timeMs) {
      frauds[after - 1] += delta;
      if (frauds[after - 1] == 0) {
        System.arraycopy(timesMs, after, timesMs, after - 1, size - after);
        System.arraycopy(frauds, after, frauds, after - 1, size - after);
        size--;
      }
      return;
    }
    Timeline.open(timesMs, after, size);
    Timeline.open(frauds, after, size);
    size++;
    timesMs[after] = timeMs;
    frauds[after] = delta;
  }

  /** Frauds that count after {@code afterMs} and not after {@code untilMs}. */
  long frauds(long afterMs, long untilMs) {
    long sum = 0;
    int to = Timeline.firstAfter(timesMs, size, untilMs);
    for (int entry = Timeline.firstAfter(timesMs, size, afterMs); entry < to; entry++) {
      sum += frauds[entry];
    }
    return sum;
  }

  /** Drops what is at or before {@code horizonMs}. */
  void expire(long horizonMs) {
    start = Timeline.firstAfter(timesMs, size, horizonMs);
  }

  /** Merges old entries when there are more than a log may hold; see {@link Timeline}. */
  void shrink() {
    if (size - start <= Timeline.ENTRIES_MAX) {
      return;
    }
    // Only a log that was full before the addition gets here, so nothing expired: start is 0.
    long divisor = Timeline.divisor(frauds, size);
    int kept = size;
    long newer = 0;
    for (int entry = size - 1; entry >= 0; entry--) {
      boolean merges = Timeline.mergeable(frauds, entry, newer, divisor);
      kept--;
      timesMs[kept] = timesMs[entry];
      frauds[kept] = frauds[entry];
      newer += Math.abs(frauds[entry]);
      if (merges) {
        entry--;
        frauds[kept] += frauds[entry];
        newer += Math.abs(frauds[entry]);
      }
    }
    start = kept;
  }
}
