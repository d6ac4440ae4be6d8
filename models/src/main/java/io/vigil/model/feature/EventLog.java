package io.vigil.model.feature;

import java.util.Arrays;

/**
 * An entity's events, decoded into columns sorted by event time; among equal times the one applied
 * later stands later. An entry is one event, or several that were merged because the log was full:
 * count, sum, least and greatest amount of all, time and texts of the newest.
 *
 * <p>Reused scratch: decoding replaces what was there, and at most one {@link #insert} may follow.
 * Single-threaded.
 */
final class EventLog {
  private final boolean keepsAmount;
  private final int columns;

  /** The first entry that is still kept; 0 unless {@link #expire} or {@link #shrink} moved it. */
  private int start;

  private int size;

  /** Entries from here on are single events. */
  private int wide;

  private final long[] timesMs = Timeline.column();
  private final long[] counts = Timeline.column();
  private final long[] sums = Timeline.column();
  private final long[] mins = Timeline.column();
  private final long[] maxs = Timeline.column();

  /** By text column and entry, the index in the column's dictionary; 0 when missing. */
  private final int[][] texts;

  private final long[][] dictionaries;
  private final int[] dictionarySizes;

  /** By dictionary index, the last pass that met it: a set that needs no clearing. */
  private final int[] metInPass = new int[Timeline.ENTRIES_MAX + 2];

  private int pass;

  // A dictionary as it is written: the new index by the old one, and the old by the new.
  private final int[] renumbered = new int[Timeline.ENTRIES_MAX + 2];
  private final int[] used = new int[Timeline.ENTRIES_MAX + 2];

  EventLog(boolean keepsAmount, int columns) {
    this.keepsAmount = keepsAmount;
    this.columns = columns;
    texts = new int[columns][Timeline.ENTRIES_MAX + 1];
    dictionaries = new long[columns][Timeline.ENTRIES_MAX + 2];
    dictionarySizes = new int[columns];
  }

  int size() {
    return size;
  }

  long timeMs(int entry) {
    return timesMs[entry];
  }

  void clear() {
    start = 0;
    size = 0;
    wide = 0;
    Arrays.fill(dictionarySizes, 0);
  }

  void read(ByteReader in) {
    clear();
    size = in.length(Timeline.ENTRIES_MAX);
    if (size == 0) {
      return;
    }
    wide = in.length(size);
    for (int column = 0; column < columns; column++) {
      int length = in.length(size);
      dictionarySizes[column] = length;
      long[] dictionary = dictionaries[column];
      for (int index = 1; index <= length; index++) {
        dictionary[index] = in.fixed();
      }
    }
    long timeMs = in.zigzag();
    for (int entry = 0; entry < size; entry++) {
      timeMs += entry == 0 ? 0 : in.varint();
      timesMs[entry] = timeMs;
      counts[entry] = entry < wide ? in.varint() : 1;
      if (keepsAmount) {
        long sum = in.zigzag();
        sums[entry] = sum;
        mins[entry] = entry < wide ? in.zigzag() : sum;
        maxs[entry] = entry < wide ? in.zigzag() : sum;
      }
      for (int column = 0; column < columns; column++) {
        texts[column][entry] = (int) in.varint();
      }
    }
  }

  void write(ByteWriter out) {
    out.varint(size - start);
    if (size == start) {
      return;
    }
    int firstSingle = wide;
    while (firstSingle > start && counts[firstSingle - 1] == 1) {
      firstSingle--;
    }
    out.varint(Math.max(0, firstSingle - start));
    for (int column = 0; column < columns; column++) {
      writeDictionary(column, out);
    }
    out.zigzag(timesMs[start]);
    for (int entry = start; entry < size; entry++) {
      if (entry > start) {
        out.varint(timesMs[entry] - timesMs[entry - 1]);
      }
      if (entry < firstSingle) {
        out.varint(counts[entry]);
      }
      if (keepsAmount) {
        out.zigzag(sums[entry]);
        if (entry < firstSingle) {
          out.zigzag(mins[entry]);
          out.zigzag(maxs[entry]);
        }
      }
      for (int column = 0; column < columns; column++) {
        out.varint(texts[column][entry]);
      }
    }
  }

  /** Keeps the texts still in use, in the order of their first entry, and renumbers the entries. */
  private void writeDictionary(int column, ByteWriter out) {
    int[] entries = texts[column];
    long[] dictionary = dictionaries[column];
    Arrays.fill(renumbered, 0, dictionarySizes[column] + 1, 0);
    int length = 0;
    for (int entry = start; entry < size; entry++) {
      int index = entries[entry];
      if (index > 0) {
        if (renumbered[index] == 0) {
          renumbered[index] = ++length;
          used[length] = index;
        }
        entries[entry] = renumbered[index];
      }
    }
    out.varint(length);
    for (int index = 1; index <= length; index++) {
      out.fixed(dictionary[used[index]]);
    }
  }

  /**
   * Adds an event behind all that are not later.
   *
   * @param inputs the amount in minor units if the log keeps it, then a hash for each text column
   * @return the position of the new entry
   */
  int insert(long eventTimeMs, long[] inputs) {
    int at = firstAfter(eventTimeMs);
    if (at < size) {
      Timeline.open(timesMs, at, size);
      Timeline.open(counts, at, size);
      Timeline.open(sums, at, size);
      Timeline.open(mins, at, size);
      Timeline.open(maxs, at, size);
      for (int[] column : texts) {
        System.arraycopy(column, at, column, at + 1, size - at);
      }
    }
    size++;
    if (at < wide) {
      wide++;
    }
    timesMs[at] = eventTimeMs;
    counts[at] = 1;
    int input = 0;
    if (keepsAmount) {
      long amountMinor = inputs[input++];
      sums[at] = amountMinor;
      mins[at] = amountMinor;
      maxs[at] = amountMinor;
    }
    for (int column = 0; column < columns; column++) {
      texts[column][at] = index(column, inputs[input++]);
    }
    return at;
  }

  private int index(int column, long hash) {
    if (hash == TextHash.MISSING) {
      return 0;
    }
    long[] dictionary = dictionaries[column];
    int length = dictionarySizes[column];
    for (int index = 1; index <= length; index++) {
      if (dictionary[index] == hash) {
        return index;
      }
    }
    dictionarySizes[column] = length + 1;
    dictionary[length + 1] = hash;
    return length + 1;
  }

  /** The position of the first entry after that time. */
  int firstAfter(long timeMs) {
    return Timeline.firstAfter(timesMs, size, timeMs);
  }

  /** Events in entries {@code from} until {@code to}. */
  long count(int from, int to) {
    long count = Math.max(0, to - from);
    for (int entry = from; entry < Math.min(wide, to); entry++) {
      count += counts[entry] - 1;
    }
    return count;
  }

  /** Minor units, held at the ends of the range of long. */
  long sum(int from, int to) {
    long sum = 0;
    for (int entry = from; entry < to; entry++) {
      sum = saturatedSum(sum, sums[entry]);
    }
    return sum;
  }

  /** Minor units, Long.MAX_VALUE for no entries. */
  long min(int from, int to) {
    long min = Long.MAX_VALUE;
    for (int entry = from; entry < to; entry++) {
      min = Math.min(min, mins[entry]);
    }
    return min;
  }

  /** Minor units, Long.MIN_VALUE for no entries. */
  long max(int from, int to) {
    long max = Long.MIN_VALUE;
    for (int entry = from; entry < to; entry++) {
      max = Math.max(max, maxs[entry]);
    }
    return max;
  }

  int distinct(int column, int from, int to) {
    int[] entries = texts[column];
    if (++pass == Integer.MAX_VALUE) {
      Arrays.fill(metInPass, 0);
      pass = 1;
    }
    int distinct = 0;
    for (int entry = from; entry < to; entry++) {
      int index = entries[entry];
      if (index > 0 && metInPass[index] != pass) {
        metInPass[index] = pass;
        distinct++;
      }
    }
    return distinct;
  }

  /** How many entries have the text of {@code current}, -1 when that one has none. */
  int seen(int column, int from, int to, int current) {
    int[] entries = texts[column];
    int wanted = entries[current];
    if (wanted == 0) {
      return -1;
    }
    int seen = 0;
    for (int entry = from; entry < to; entry++) {
      if (entries[entry] == wanted && entry != current) {
        seen++;
      }
    }
    return seen;
  }

  /**
   * Drops what is at or before {@code horizonMs}, but keeps the newest entry at or before {@code
   * previousMs}: a late event may ask for its predecessor.
   */
  void expire(long horizonMs, long previousMs) {
    start = Math.min(firstAfter(horizonMs), Math.max(0, firstAfter(previousMs) - 1));
  }

  /** Merges old entries when there are more than a log may hold; see {@link Timeline}. */
  void shrink() {
    if (size - start <= Timeline.ENTRIES_MAX) {
      return;
    }
    // Only a log that was full before the insertion gets here, so nothing expired: start is 0.
    long divisor = Timeline.divisor(counts, size);
    int kept = size;
    long newer = 0;
    for (int entry = size - 1; entry >= 0; entry--) {
      boolean merges = Timeline.mergeable(counts, entry, newer, divisor);
      kept--;
      move(entry, kept);
      if (merges) {
        entry--;
        absorb(entry, kept);
      }
      newer += counts[kept];
    }
    start = kept;
    wide = size;
  }

  private void move(int from, int to) {
    timesMs[to] = timesMs[from];
    counts[to] = counts[from];
    sums[to] = sums[from];
    mins[to] = mins[from];
    maxs[to] = maxs[from];
    for (int[] column : texts) {
      column[to] = column[from];
    }
  }

  private void absorb(int older, int into) {
    counts[into] += counts[older];
    sums[into] = saturatedSum(sums[into], sums[older]);
    mins[into] = Math.min(mins[into], mins[older]);
    maxs[into] = Math.max(maxs[into], maxs[older]);
  }

  private static long saturatedSum(long a, long b) {
    long sum = a + b;
    if (((a ^ sum) & (b ^ sum)) < 0) {
      return a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    return sum;
  }
}
