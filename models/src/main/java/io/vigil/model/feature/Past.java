package io.vigil.model.feature;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The single events that features look back at, found together once for all of them. Reused
 * scratch, single-threaded.
 */
final class Past {
  /** How many events back, ascending; with each also the event after it, but for the current. */
  private final int[] backs;

  private final @Nullable Rows[] pieces;
  private final int[] rows;
  private int found;

  private Past(int[] backs) {
    this.backs = backs;
    pieces = new Rows[backs.length];
    rows = new int[backs.length];
  }

  static Past of(List<Feature.Aggregated> features) {
    TreeSet<Integer> backs = new TreeSet<>();
    for (Feature.Aggregated feature : features) {
      int back = (int) feature.parameter();
      if (isBackward(feature.aggregate())) {
        backs.add(back);
      }
      if (feature.aggregate() == Aggregate.ELAPSED && back > 1) {
        backs.add(back - 1);
      }
    }
    return new Past(backs.stream().mapToInt(Integer::intValue).toArray());
  }

  static boolean isBackward(Aggregate aggregate) {
    return aggregate == Aggregate.LAST || aggregate == Aggregate.ELAPSED;
  }

  /** By what the event so many back is asked for below. */
  int index(int back) {
    return Arrays.binarySearch(backs, back);
  }

  /** Finds the events before that time and at it. */
  void find(EventLog events, long timeMs) {
    if (backs.length > 0) {
      found = events.find(events.firstAfter(timeMs), backs, pieces, rows);
    }
  }

  /** Whether there were so many events; the rest may only be asked where there were. */
  boolean has(int index) {
    return index < found;
  }

  long timeMs(int index) {
    return piece(index).timeMs(rows[index]);
  }

  /** The time of the event after it, which {@link #of} has seen to when an elapsed time is due. */
  long laterMs(int index, CurrentEvent current) {
    return backs[index] == 1 ? current.timeMs() : timeMs(index - 1);
  }

  long amountMinor(int index) {
    return piece(index).amountMinor(rows[index]);
  }

  boolean selected(int index, int selector) {
    return piece(index).selected(rows[index], selector);
  }

  /** The hash of a text, {@link TextHash#MISSING} for none. */
  long text(int index, int column) {
    return piece(index).text(column, rows[index]);
  }

  private Rows piece(int index) {
    return Objects.requireNonNull(pieces[index]);
  }
}
