package io.vigil.model.feature;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The totals of a ring or a lifetime. A plan that asks more of them than the one before begins a
 * new segment, and what was added up until then stays beside it: a count goes on, while a standard
 * deviation knows the events since. There are never two segments that can tell the same, so at most
 * as many as plans were in force.
 *
 * <p>The newest segment is packed with the state. The older ones, if there are any: varint n; n
 * times varint what it can tell, and its totals. Reused scratch, single-threaded.
 */
final class Segments<T extends Totals<T>> {
  private final Supplier<T> maker;
  private final long told;
  private final List<Older<T>> older = new ArrayList<>();

  /** Of events since this plan, or one that asked for as much, was in force. */
  final T newest;

  /**
   * Of events before that.
   *
   * @param told what it can tell, fewer bits than the newest
   */
  record Older<T>(long told, T totals) {
    /** Whether it can tell all that a feature needs. */
    boolean tells(long need) {
      return (need & ~told) == 0;
    }
  }

  /**
   * @param told what is asked of the totals, see {@link Layout#told}
   */
  Segments(long told, Supplier<T> maker) {
    this.told = told;
    this.maker = maker;
    newest = maker.get();
  }

  List<Older<T>> older() {
    return older;
  }

  void clear() {
    newest.clear();
    older.clear();
  }

  /** Drops older segments in which nothing is left. */
  void tidy() {
    older.removeIf(segment -> segment.totals.isEmpty());
  }

  /** Takes over a segment that another plan added up. */
  void carry(long canTell, T totals) {
    if (totals.isEmpty()) {
      return;
    }
    if (canTell == told) {
      newest.add(totals);
      return;
    }
    for (Older<T> segment : older) {
      if (segment.told == canTell) {
        segment.totals.add(totals);
        return;
      }
    }
    older.add(new Older<>(canTell, totals));
  }

  /** Adds the older segments that {@link #writeOlder} wrote, in the same layout. */
  void readOlder(ByteReader in) {
    int count = in.length(Integer.MAX_VALUE);
    for (int segment = 0; segment < count; segment++) {
      long canTell = in.varint();
      T totals = maker.get();
      totals.read(in, (int) canTell & Moments.PARTS);
      older.add(new Older<>(canTell, totals));
    }
  }

  void writeOlder(ByteWriter out) {
    out.varint(older.size());
    for (Older<T> segment : older) {
      out.varint(segment.told);
      segment.totals.write(out, (int) segment.told & Moments.PARTS);
    }
  }
}
