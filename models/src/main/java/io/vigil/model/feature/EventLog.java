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

  /** Entries from here on are single events, whose sum is their least and greatest amount too. */
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

  // What was read, so that unchanged rows are copied as they are: the time that the first is told
  // from, where each begins and the last ends, and how many.
  private byte[] source = new byte[0];
  private long baseMs;
  private final int[] rowStarts = new int[Timeline.ENTRIES_MAX + 1];
  private int rowsRead;

  /** Whether rows before the last changed since. */
  private boolean changed;

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
    rowsRead = 0;
    changed = false;
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
      readDictionary(column, in);
    }
    baseMs = in.zigzag();
    long timeMs = baseMs;
    for (int entry = 0; entry < size; entry++) {
      rowStarts[entry] = in.at();
      timeMs += in.varint();
      timesMs[entry] = timeMs;
      if (entry < wide) {
        readWide(entry, in);
      } else {
        counts[entry] = 1;
        if (keepsAmount) {
          sums[entry] = in.zigzag();
        }
      }
      for (int[] column : texts) {
        column[entry] = (int) in.varint();
      }
    }
    rowStarts[size] = in.at();
    rowsRead = size;
    source = in.source();
  }

  private void readWide(int entry, ByteReader in) {
    counts[entry] = in.varint();
    if (keepsAmount) {
      sums[entry] = in.zigzag();
      mins[entry] = in.zigzag();
      maxs[entry] = in.zigzag();
    }
  }

  private void readDictionary(int column, ByteReader in) {
    long[] dictionary = dictionaries[column];
    int used = in.length(Timeline.ENTRIES_MAX + 1);
    int index = 0;
    for (int text = 0; text < used; text++) {
      int next = index + 1 + in.length(Timeline.ENTRIES_MAX);
      Arrays.fill(dictionary, index + 1, next, TextHash.MISSING);
      index = next;
      dictionary[index] = in.fixed();
    }
    dictionarySizes[column] = index;
  }

  void write(ByteWriter out) {
    out.varint(size - start);
    if (size == start) {
      return;
    }
    out.varint(Math.max(0, wide - start));
    for (int column = 0; column < columns; column++) {
      writeDictionary(column, out);
    }
    boolean copies = !changed && start < rowsRead;
    long previousMs = !copies ? timesMs[start] : start == 0 ? baseMs : timesMs[start - 1];
    out.zigzag(previousMs);
    int entry = start;
    if (copies) {
      out.all(source, rowStarts[start], rowStarts[rowsRead]);
      entry = rowsRead;
      previousMs = timesMs[entry - 1];
    }
    for (; entry < size; entry++) {
      writeRow(entry, previousMs, out);
      previousMs = timesMs[entry];
    }
  }

  private void writeRow(int entry, long previousMs, ByteWriter out) {
    out.varint(timesMs[entry] - previousMs);
    if (entry < wide) {
      out.varint(counts[entry]);
    }
    if (keepsAmount) {
      out.zigzag(sums[entry]);
      if (entry < wide) {
        out.zigzag(mins[entry]);
        out.zigzag(maxs[entry]);
      }
    }
    for (int column = 0; column < columns; column++) {
      out.varint(texts[column][entry]);
    }
  }

  /** Texts keep their index as long as an entry has them: rows can be copied as they are. */
  private void writeDictionary(int column, ByteWriter out) {
    long[] dictionary = dictionaries[column];
    out.varint(distinct(column, start, size));
    int previous = 0;
    for (int index = 1; index <= dictionarySizes[column]; index++) {
      if (metInPass[index] == pass) {
        out.varint(index - previous - 1);
        out.fixed(dictionary[index]);
        previous = index;
      }
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
      changed = true;
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
    int free = 0;
    for (int index = length; index >= 1; index--) {
      if (dictionary[index] == hash) {
        return index;
      }
      if (dictionary[index] == TextHash.MISSING) {
        free = index;
      }
    }
    if (free == 0) {
      free = length + 1;
      dictionarySizes[column] = free;
    }
    dictionary[free] = hash;
    return free;
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
      min = Math.min(min, entry < wide ? mins[entry] : sums[entry]);
    }
    return min;
  }

  /** Minor units, Long.MIN_VALUE for no entries. */
  long max(int from, int to) {
    long max = Long.MIN_VALUE;
    for (int entry = from; entry < to; entry++) {
      max = Math.max(max, entry < wide ? maxs[entry] : sums[entry]);
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

  /** How many other entries have the text of {@code current}, NaN when that one has none. */
  double seen(int column, int from, int to, int current) {
    int[] entries = texts[column];
    int wanted = entries[current];
    if (wanted == 0) {
      return Double.NaN;
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
    System.arraycopy(sums, wide, mins, wide, size - wide);
    System.arraycopy(sums, wide, maxs, wide, size - wide);
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
    while (wide > start && counts[wide - 1] == 1) {
      wide--;
    }
    changed = true;
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
