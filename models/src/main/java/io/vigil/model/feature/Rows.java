package io.vigil.model.feature;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Single events in columns, sorted by event time; among equal times the one applied later stands
 * later. Packed: varint n; if n is not 0, for each text column varint k and k eight-byte hashes;
 * zigzag the first time; n rows of varint milliseconds since the row before (0 for the first),
 * zigzag amount if kept, varint bits of the conditions if there are any, and for each text column
 * the varint position of its hash from 1, 0 for none.
 *
 * <p>Mutable and single-threaded; what a chunk was decoded into is not changed any more, so its
 * totals are computed once.
 */
final class Rows {
  /** Rows of which an edge that falls into a chunk reads one by one, at either end. */
  private static final int BLOCK_ROWS = 64;

  /** From so many texts on they are looked up by their hash. */
  private static final int LONG_DICTIONARY = 32;

  private final boolean amount;
  private final int conditions;
  private final int columns;

  private int size;
  private long[] timesMs = new long[16];
  private long[] amounts;
  private int[] masks;
  private final int[][] texts;
  private final long[][] dictionaries;
  private final int[] dictionarySizes;

  /** By hash the places in a long dictionary, empty until one is looked up in to be added to. */
  private final int[][] places;

  // What was read, so that rows that stay as they are need not be packed again.
  private byte[] source = new byte[0];
  private int sourceFrom;
  private int sourceTo;
  private boolean changed;
  private int appendedFrom;

  /** Set once nothing will be added: totals are then worth keeping. */
  private boolean sealed;

  private @Nullable Moments @Nullable [] totals;
  private Moments @Nullable [] @Nullable [] blocks;
  private byte @Nullable [] @Nullable [] sketches;

  Rows(boolean amount, int conditions, int columns) {
    this.amount = amount;
    this.conditions = conditions;
    this.columns = columns;
    amounts = new long[amount ? 16 : 0];
    masks = new int[conditions > 0 ? 16 : 0];
    texts = new int[columns][16];
    dictionaries = new long[columns][8];
    dictionarySizes = new int[columns];
    places = new int[columns][0];
  }

  int size() {
    return size;
  }

  long timeMs(int row) {
    return timesMs[row];
  }

  /** 0 when amounts are not kept. */
  long amountMinor(int row) {
    return amount ? amounts[row] : 0;
  }

  boolean selected(int row, int selector) {
    return selector == Layout.ALL || (masks[row] >>> (selector - 1) & 1) != 0;
  }

  /** The text's hash, {@link TextHash#MISSING} for none. */
  long text(int column, int row) {
    int index = texts[column][row];
    return index == 0 ? TextHash.MISSING : dictionaries[column][index - 1];
  }

  void clear() {
    size = 0;
    Arrays.fill(dictionarySizes, 0);
    Arrays.fill(places, new int[0]);
    source = new byte[0];
    changed = true;
    appendedFrom = 0;
    totals = null;
    blocks = null;
    sketches = null;
  }

  /** Reads what {@link #write} wrote with as many columns. */
  void read(ByteReader in) {
    clear();
    size = in.length(Integer.MAX_VALUE >>> 4);
    if (size == 0) {
      return;
    }
    reserve(size);
    for (int column = 0; column < columns; column++) {
      int used = in.length(size);
      dictionarySizes[column] = used;
      if (dictionaries[column].length < used) {
        dictionaries[column] = new long[used + 8];
      }
      for (int index = 0; index < used; index++) {
        dictionaries[column][index] = in.fixed();
      }
    }
    long timeMs = in.zigzag();
    sourceFrom = in.at();
    for (int row = 0; row < size; row++) {
      timeMs += in.varint();
      timesMs[row] = timeMs;
      if (amount) {
        amounts[row] = in.zigzag();
      }
      if (conditions > 0) {
        masks[row] = (int) in.varint();
      }
      for (int[] column : texts) {
        column[row] = (int) in.varint();
      }
    }
    source = in.source();
    sourceTo = in.at();
    changed = false;
    appendedFrom = size;
  }

  void write(ByteWriter out) {
    out.varint(size);
    if (size == 0) {
      return;
    }
    for (int column = 0; column < columns; column++) {
      out.varint(dictionarySizes[column]);
      for (int index = 0; index < dictionarySizes[column]; index++) {
        out.fixed(dictionaries[column][index]);
      }
    }
    out.zigzag(timesMs[0]);
    int row = 0;
    if (!changed && appendedFrom > 0) {
      out.all(source, sourceFrom, sourceTo);
      row = appendedFrom;
    }
    for (; row < size; row++) {
      out.varint(row == 0 ? 0 : timesMs[row] - timesMs[row - 1]);
      if (amount) {
        out.zigzag(amounts[row]);
      }
      if (conditions > 0) {
        out.varint(masks[row]);
      }
      for (int[] column : texts) {
        out.varint(column[row]);
      }
    }
  }

  /** Nothing will be added any more. */
  Rows seal() {
    sealed = true;
    return this;
  }

  /**
   * Adds all rows of another plan's columns: what both keep is taken over. The rest is 0 or
   * missing, and {@link KnownSince} says that it means nothing.
   */
  void appendAll(Rows other, CarryOver over) {
    long[] hashes = new long[columns];
    int[] columnOf = IntStream.range(0, columns).map(over::text).toArray();
    int[] selectorOf =
        IntStream.range(0, conditions).map(condition -> 1 + over.condition(condition)).toArray();
    for (int row = 0; row < other.size; row++) {
      int mask = 0;
      for (int condition = 0; condition < conditions; condition++) {
        boolean known = selectorOf[condition] != Layout.ALL;
        mask |= known && other.selected(row, selectorOf[condition]) ? 1 << condition : 0;
      }
      for (int column = 0; column < columns; column++) {
        hashes[column] =
            columnOf[column] < 0 ? TextHash.MISSING : other.text(columnOf[column], row);
      }
      insert(other.timesMs[row], other.amountMinor(row), mask, hashes, 0);
    }
  }

  /** The position of the first row after that time. */
  int firstAfter(long timeMs) {
    return Timeline.firstAfter(timesMs, size, timeMs);
  }

  /** Adds an event behind all that are not later. */
  void insert(long eventTimeMs, long amountMinor, int mask, long[] hashes, int hashesFrom) {
    int at = firstAfter(eventTimeMs);
    open(at);
    timesMs[at] = eventTimeMs;
    if (amount) {
      amounts[at] = amountMinor;
    }
    if (conditions > 0) {
      masks[at] = mask;
    }
    for (int column = 0; column < columns; column++) {
      texts[column][at] = index(column, hashes[hashesFrom + column]);
    }
  }

  /** Adds rows of another, whose columns are the same, behind all rows. */
  void append(Rows other, int from, int to) {
    int[][] ours = new int[columns][];
    for (int column = 0; column < columns; column++) {
      ours[column] = new int[1 + other.dictionarySizes[column]];
    }
    for (int row = from; row < to; row++) {
      int at = size;
      open(at);
      timesMs[at] = other.timesMs[row];
      if (amount) {
        amounts[at] = other.amounts[row];
      }
      if (conditions > 0) {
        masks[at] = other.masks[row];
      }
      for (int column = 0; column < columns; column++) {
        int theirs = other.texts[column][row];
        if (theirs > 0 && ours[column][theirs] == 0) {
          ours[column][theirs] = index(column, other.text(column, row));
        }
        texts[column][at] = ours[column][theirs];
      }
    }
  }

  private void open(int at) {
    reserve(size + 1);
    if (at < size) {
      changed = true;
      int moved = size - at;
      System.arraycopy(timesMs, at, timesMs, at + 1, moved);
      if (amount) {
        System.arraycopy(amounts, at, amounts, at + 1, moved);
      }
      if (conditions > 0) {
        System.arraycopy(masks, at, masks, at + 1, moved);
      }
      for (int[] column : texts) {
        System.arraycopy(column, at, column, at + 1, moved);
      }
    }
    size++;
  }

  /** Forgets the rows before {@code from}, and the texts that only they had. */
  void dropBefore(int from) {
    if (from == 0) {
      return;
    }
    Rows kept = new Rows(amount, conditions, columns);
    kept.append(this, from, size);
    clear();
    append(kept, 0, kept.size);
  }

  private void reserve(int rows) {
    if (timesMs.length >= rows) {
      return;
    }
    int length = Math.max(rows, timesMs.length * 2);
    timesMs = Arrays.copyOf(timesMs, length);
    if (amount) {
      amounts = Arrays.copyOf(amounts, length);
    }
    if (conditions > 0) {
      masks = Arrays.copyOf(masks, length);
    }
    for (int column = 0; column < columns; column++) {
      texts[column] = Arrays.copyOf(texts[column], length);
    }
  }

  private int index(int column, long hash) {
    if (hash == TextHash.MISSING) {
      return 0;
    }
    boolean many = dictionarySizes[column] >= LONG_DICTIONARY;
    int slot = many ? slot(column, hash) : 0;
    int known = many ? places[column][slot] : find(column, hash);
    if (known > 0) {
      return known;
    }
    int used = dictionarySizes[column]++;
    if (used == dictionaries[column].length) {
      dictionaries[column] = Arrays.copyOf(dictionaries[column], used * 2);
    }
    dictionaries[column][used] = hash;
    if (many) {
      places[column][slot] = used + 1;
    }
    return used + 1;
  }

  /** Where a hash is in the places of a dictionary, or where it would be: there is 0. */
  private int slot(int column, long hash) {
    int size = dictionarySizes[column];
    if (places[column].length < 2 * (size + 1)) {
      places[column] = new int[Integer.highestOneBit(size + 1) * 4];
      for (int place = 1; place <= size; place++) {
        places[column][free(column, dictionaries[column][place - 1])] = place;
      }
    }
    return free(column, hash);
  }

  private int free(int column, long hash) {
    int[] table = places[column];
    int slot = (int) (hash ^ hash >>> 32) & table.length - 1;
    while (table[slot] != 0 && dictionaries[column][table[slot] - 1] != hash) {
      slot = slot + 1 & table.length - 1;
    }
    return slot;
  }

  /** The newest first: what an entity does is what it did lately. */
  private int find(int column, long hash) {
    long[] dictionary = dictionaries[column];
    for (int index = dictionarySizes[column] - 1; index >= 0; index--) {
      if (dictionary[index] == hash) {
        return index + 1;
      }
    }
    return 0;
  }

  /** Adds the amounts of the selected rows. */
  void addTo(Moments moments, int selector, int from, int to) {
    if (sealed && from == 0 && to == size) {
      moments.add(total(selector));
      return;
    }
    int block = (from + BLOCK_ROWS - 1) / BLOCK_ROWS;
    int endBlock = sealed ? to / BLOCK_ROWS : 0;
    if (block >= endBlock) {
      addRows(moments, selector, from, to);
      return;
    }
    addRows(moments, selector, from, block * BLOCK_ROWS);
    for (Moments[] known = blocks(selector); block < endBlock; block++) {
      moments.add(known[block]);
    }
    addRows(moments, selector, endBlock * BLOCK_ROWS, to);
  }

  private void addRows(Moments moments, int selector, int from, int to) {
    for (int row = from; row < to; row++) {
      if (selected(row, selector)) {
        moments.add(amountMinor(row));
      }
    }
  }

  /** Of the whole blocks of rows that stay as they are, what they come to. */
  private Moments[] blocks(int selector) {
    if (blocks == null) {
      blocks = new Moments[1 + conditions][];
    }
    Moments[] known = blocks[selector];
    if (known == null) {
      known = new Moments[size / BLOCK_ROWS];
      for (int block = 0; block < known.length; block++) {
        known[block] = new Moments();
        addRows(known[block], selector, block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS);
      }
      blocks[selector] = known;
    }
    return known;
  }

  /** Whether any row may be selected. */
  boolean hasAny(int selector) {
    return !sealed || selector == Layout.ALL || total(selector).count > 0;
  }

  /** What all of them come to that are selected; kept, so only of rows that stay as they are. */
  Moments total(int selector) {
    if (totals == null) {
      totals = new Moments[1 + conditions];
    }
    Moments total = totals[selector];
    if (total == null) {
      total = new Moments();
      addRows(total, selector, 0, size);
      totals[selector] = total;
    }
    return total;
  }

  /** Rows with that text. */
  int count(int column, long hash, int from, int to) {
    int wanted = find(column, hash);
    if (wanted == 0) {
      return 0;
    }
    int[] indexes = texts[column];
    int count = 0;
    for (int row = from; row < to; row++) {
      count += indexes[row] == wanted ? 1 : 0;
    }
    return count;
  }

  /** Adds the texts of the rows to a sketch. */
  void addTo(DistinctSketch sketch, int column, int from, int to) {
    if (sealed && from == 0 && to == size) {
      if (sketches == null) {
        sketches = new byte[columns][];
      }
      byte[] known = sketches[column];
      if (known == null) {
        DistinctSketch own = new DistinctSketch();
        addRows(own, column, 0, size);
        known = own.registers();
        sketches[column] = known;
      }
      sketch.merge(known);
      return;
    }
    addRows(sketch, column, from, to);
  }

  private void addRows(DistinctSketch sketch, int column, int from, int to) {
    for (int row = from; row < to; row++) {
      long hash = text(column, row);
      if (hash != TextHash.MISSING) {
        sketch.add(hash);
      }
    }
  }
}
