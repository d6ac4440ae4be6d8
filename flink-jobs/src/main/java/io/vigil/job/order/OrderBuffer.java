package io.vigil.job.order;

import io.vigil.model.order.Ordered;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records that wait for their turn: a binary heap in {@link Ordered#EFFECTIVE_ORDER}. The effective
 * times stand in an array of their own, because most comparisons end there: looking into the
 * records instead misses the processor's caches, and sorting is a good part of what order costs.
 * Not thread-safe.
 */
public final class OrderBuffer<T extends Ordered> {
  private long[] timesMs = new long[1024];
  private @Nullable Ordered[] records = new Ordered[1024];
  private int size;

  /** How many wait. */
  public int size() {
    return size;
  }

  /** Adds a record. */
  public void add(T record) {
    if (size == timesMs.length) {
      timesMs = Arrays.copyOf(timesMs, size * 2);
      records = Arrays.copyOf(records, size * 2);
    }
    long timeMs = record.effectiveTimeMs();
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (!before(timeMs, record, parent)) {
        break;
      }
      move(parent, at);
      at = parent;
    }
    timesMs[at] = timeMs;
    records[at] = record;
  }

  /** Takes out the first record if it takes effect at {@code untilMs} or before, or else null. */
  @SuppressWarnings("unchecked") // only records of type T are ever put in
  public @Nullable T poll(long untilMs) {
    if (size == 0 || timesMs[0] > untilMs) {
      return null;
    }
    T first = (T) records[0];
    size--;
    Ordered last = records[size];
    records[size] = null;
    if (size > 0 && last != null) {
      sink(timesMs[size], last);
    }
    return first;
  }

  /** All that waits, in no particular order. */
  @SuppressWarnings("unchecked") // as above
  List<T> waiting() {
    List<T> all = new ArrayList<>(size);
    for (int at = 0; at < size; at++) {
      all.add((T) records[at]);
    }
    return all;
  }

  private void sink(long timeMs, Ordered record) {
    int at = 0;
    int child = 1;
    while (child < size) {
      Ordered right = child + 1 < size ? records[child + 1] : null;
      if (right != null && before(timesMs[child + 1], right, child)) {
        child++;
      }
      if (before(timeMs, record, child)) {
        break;
      }
      move(child, at);
      at = child;
      child = 2 * at + 1;
    }
    timesMs[at] = timeMs;
    records[at] = record;
  }

  private boolean before(long timeMs, Ordered record, int other) {
    if (timeMs != timesMs[other]) {
      return timeMs < timesMs[other];
    }
    return Ordered.EFFECTIVE_ORDER.compare(record, records[other]) < 0;
  }

  private void move(int from, int to) {
    timesMs[to] = timesMs[from];
    records[to] = records[from];
  }
}
