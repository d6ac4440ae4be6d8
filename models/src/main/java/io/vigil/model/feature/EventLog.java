package io.vigil.model.feature;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An entity's events by event time: the newest in the hot value, older ones in chunks. Positions
 * count from the oldest row kept. A full tail gives its oldest rows to a chunk of 64, eight chunks
 * of a size become one of eight times that size, and a chunk goes when all of it is out of reach:
 * so a row is packed a few times in its life, not with every event. An event that comes late into a
 * great chunk splits it, so that the next ones there find a small one.
 *
 * <p>Packed: the tail's rows, zigzag the next chunk's number, varint number of chunks, and for each
 * its number (zigzag, from the one before), zigzag last time from the one before, varint rows.
 * Reused scratch, single-threaded.
 */
final class EventLog {
  /** Rows that are decoded and packed with every event, at the most. */
  static final int TAIL_ROWS_MAX = 80;

  /**
   * Rows kept at the most: 65,536 and what the oldest chunk holds beyond. What a window would find
   * further back is gone.
   */
  static final int ROWS_MAX = 1 << 16;

  private static final int CHUNK_ROWS = 64;

  /** Rows out of reach that are worth packing the tail anew for. */
  private static final int EXPIRED_ROWS = 8;

  private static final int CHUNKS_MERGED = 8;
  private static final int TIERS = 3;

  private final Chunks chunks;
  private final Rows tail;
  private final List<Chunk> directory = new ArrayList<>();
  private int chunked;
  private int nextNumber;

  /** Set by {@link #clear}, before which there is nothing to read. */
  private @Nullable EntityStore store;

  /** A chunk, and where it stands. */
  private record Chunk(int number, long lastTimeMs, int rows) {
    int tier() {
      return EventLog.tier(rows);
    }
  }

  private static int tier(int rows) {
    int greater = CHUNK_ROWS * CHUNKS_MERGED;
    return rows < greater ? 0 : rows < greater * CHUNKS_MERGED ? 1 : 2;
  }

  EventLog(Chunks chunks) {
    this.chunks = chunks;
    this.tail = chunks.rows();
  }

  /** Rows that are kept. */
  int size() {
    return chunked + tail.size();
  }

  void clear(EntityStore where) {
    store = where;
    tail.clear();
    directory.clear();
    chunked = 0;
    nextNumber = 0;
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param layout in which it was written
   */
  void read(ByteReader in, EntityStore where, Layout layout) {
    clear(where);
    chunks.readRows(in, layout, tail);
    nextNumber = (int) in.zigzag();
    int count = in.length(1 << 16);
    int number = nextNumber;
    long lastTimeMs = 0;
    for (int chunk = 0; chunk < count; chunk++) {
      number += (int) in.zigzag();
      lastTimeMs += in.zigzag();
      int rows = in.length(Integer.MAX_VALUE);
      directory.add(new Chunk(number, lastTimeMs, rows));
      chunked += rows;
    }
  }

  void write(ByteWriter out) {
    tail.write(out);
    out.zigzag(nextNumber);
    out.varint(directory.size());
    int number = nextNumber;
    long lastTimeMs = 0;
    for (Chunk chunk : directory) {
      out.zigzag(chunk.number - number);
      out.zigzag(chunk.lastTimeMs - lastTimeMs);
      out.varint(chunk.rows);
      number = chunk.number;
      lastTimeMs = chunk.lastTimeMs;
    }
  }

  /** The position of the first row after that time. */
  int firstAfter(long timeMs) {
    int base = 0;
    for (Chunk chunk : directory) {
      if (chunk.lastTimeMs > timeMs) {
        return firstTimeMs(chunk) > timeMs ? base : base + rows(chunk).firstAfter(timeMs);
      }
      base += chunk.rows;
    }
    return base + tail.firstAfter(timeMs);
  }

  /** Whether every row is after that time. */
  boolean beginsAfter(long timeMs) {
    if (directory.isEmpty()) {
      return tail.firstAfter(timeMs) == 0;
    }
    Chunk oldest = directory.get(0);
    return firstTimeMs(oldest) > timeMs;
  }

  /** Forgets everything, the chunks too. */
  void dropAll() {
    while (!directory.isEmpty()) {
      drop(0);
    }
    tail.clear();
  }

  /** Adds an event behind all that are not later. */
  void insert(long eventTimeMs, long amountMinor, int mask, long[] hashes, int hashesFrom) {
    for (int at = 0; at < directory.size(); at++) {
      Chunk chunk = directory.get(at);
      if (chunk.lastTimeMs > eventTimeMs) {
        Rows old = rows(chunk);
        int from = 0;
        int to = chunk.rows;
        if (chunk.rows >= 2 * CHUNK_ROWS) {
          from = Math.min(old.firstAfter(eventTimeMs), to - 1) / CHUNK_ROWS * CHUNK_ROWS;
          from = to - from < CHUNK_ROWS ? from - CHUNK_ROWS : from;
          to = to - from < 2 * CHUNK_ROWS ? to : from + CHUNK_ROWS;
        }
        Rows rows = piece(old, from, to);
        rows.insert(eventTimeMs, amountMinor, mask, hashes, hashesFrom);
        replace(at, at + 1, rows);
        if (to < chunk.rows) {
          replace(at + 1, at + 1, piece(old, to, chunk.rows));
        }
        if (from > 0) {
          replace(at, at, piece(old, 0, from));
        }
        if (chunk.tier() == 0 && chunk.rows >= 2 * CHUNK_ROWS) {
          merge(); // one small chunk more, as when the tail gives one
        }
        return;
      }
    }
    tail.insert(eventTimeMs, amountMinor, mask, hashes, hashesFrom);
  }

  private Rows piece(Rows rows, int from, int to) {
    Rows piece = chunks.rows();
    piece.append(rows, from, to);
    return piece;
  }

  /**
   * Drops what is at or before {@code horizonMs}, but keeps the newest {@code newest} rows at or
   * before {@code lateMs}: a late event may ask for its predecessors. Then moves what is too much
   * for the tail.
   */
  void tidy(long horizonMs, long lateMs, int newest) {
    while (!directory.isEmpty() && expired(directory.get(0), horizonMs, lateMs, newest)) {
      drop(0);
    }
    if (directory.isEmpty()) {
      int gone =
          Math.min(tail.firstAfter(horizonMs), Math.max(0, tail.firstAfter(lateMs) - newest));
      if (gone >= EXPIRED_ROWS) {
        tail.dropBefore(gone);
      }
    }
    if (tail.size() > TAIL_ROWS_MAX) {
      Rows moved = piece(tail, 0, CHUNK_ROWS);
      tail.dropBefore(CHUNK_ROWS);
      replace(directory.size(), directory.size(), moved);
      merge();
    }
    while (!directory.isEmpty() && size() - directory.get(0).rows >= ROWS_MAX) {
      drop(0);
    }
  }

  private boolean expired(Chunk oldest, long horizonMs, long lateMs, int newest) {
    if (oldest.lastTimeMs > horizonMs) {
      return false;
    }
    int later = tail.firstAfter(lateMs);
    for (int at = 1; at < directory.size() && later < newest; at++) {
      later += directory.get(at).lastTimeMs <= lateMs ? directory.get(at).rows : 0;
    }
    return later >= newest;
  }

  /** Makes greater chunks where there are enough of a size; most often there are not. */
  private void merge() {
    int tier = 0;
    while (tier < TIERS - 1 && merge(tier)) {
      tier++;
    }
  }

  /** Makes one chunk of the next tier, of the oldest of the newest chunks up to a tier. */
  private boolean merge(int tier) {
    int from = directory.size();
    while (from > 0 && directory.get(from - 1).tier() <= tier) {
      from--;
    }
    if (directory.size() - from < CHUNKS_MERGED) {
      return false;
    }
    Rows merged = chunks.rows();
    int to = from;
    while (to < directory.size() && tier(merged.size()) <= tier) {
      Chunk chunk = directory.get(to++);
      merged.append(rows(chunk), 0, chunk.rows);
    }
    replace(from, to, merged);
    return true;
  }

  private void replace(int from, int to, Rows rows) {
    for (int at = from; at < to; at++) {
      drop(from);
    }
    long lastTimeMs = rows.timeMs(rows.size() - 1);
    if (nextNumber == 0) {
      // Should the entity ever be forgotten and begin anew, its chunks have other numbers.
      nextNumber = (int) (lastTimeMs / 1000) | 1;
    }
    int number = nextNumber++;
    chunks.write(store(), number, rows);
    directory.add(from, new Chunk(number, lastTimeMs, rows.size()));
    chunked += rows.size();
  }

  private void drop(int at) {
    Chunk dropped = directory.remove(at);
    chunked -= dropped.rows;
    store().drop(dropped.number);
  }

  private Rows rows(Chunk chunk) {
    return chunks.read(store(), chunk.number);
  }

  private long firstTimeMs(Chunk chunk) {
    return chunks.firstTimeMs(store(), chunk.number);
  }

  private EntityStore store() {
    return Objects.requireNonNull(store, "state: no entity was loaded");
  }

  /** What is done with rows {@code from} until {@code to} of one piece of the log. */
  private interface Visitor {
    void visit(Rows rows, int from, int to);
  }

  private void visit(int from, int to, Visitor visitor) {
    int base = 0;
    for (Chunk chunk : directory) {
      if (base >= to) {
        return;
      }
      int end = base + chunk.rows;
      if (end > from) {
        visitor.visit(rows(chunk), Math.max(from, base) - base, Math.min(to, end) - base);
      }
      base = end;
    }
    if (to > base) {
      visitor.visit(tail, Math.max(from, base) - base, to - base);
    }
  }

  /** Adds the selected amounts of the rows {@code from} until {@code to}. */
  void addTo(Moments moments, int selector, int from, int to) {
    int base = 0;
    for (Chunk chunk : directory) {
      if (base >= to) {
        return;
      }
      int end = base + chunk.rows;
      if (from <= base && end <= to) {
        moments.add(chunks.total(store(), chunk.number, selector));
      } else if (end > from) {
        rows(chunk).addTo(moments, selector, Math.max(from, base) - base, Math.min(to, end) - base);
      }
      base = end;
    }
    if (to > base) {
      tail.addTo(moments, selector, Math.max(from, base) - base, to - base);
    }
  }

  /** How many of the rows have the text. */
  long count(int column, long hash, int from, int to) {
    long[] count = new long[1];
    visit(from, to, (rows, first, end) -> count[0] += rows.count(column, hash, first, end));
    return count[0];
  }

  /** Adds the texts of the rows. */
  void addTo(DistinctSketch sketch, int column, int from, int to) {
    visit(from, to, (rows, first, end) -> rows.addTo(sketch, column, first, end));
  }

  /** Adds the texts of the rows. */
  void addTo(DistinctSet set, int column, int from, int to) {
    visit(
        from,
        to,
        (rows, first, end) -> {
          for (int row = first; row < end; row++) {
            set.add(rows.text(column, row));
          }
        });
  }

  /**
   * Copies the newest selected amounts of the rows, as many as there is room for behind the first
   * {@code size}. Chunks that have none of them are passed over.
   *
   * @return how many amounts there are then
   */
  int newestAmounts(int selector, int from, int to, long[] into, int size) {
    int filled = size;
    int base = chunked;
    int older = directory.size();
    for (Rows piece = tail; filled < into.length; piece = rows(directory.get(older))) {
      int first = Math.max(0, from - base);
      int end = Math.min(piece.size(), to - base);
      boolean any = end > first && piece.hasAny(selector);
      for (int row = end - 1; any && row >= first && filled < into.length; row--) {
        if (piece.selected(row, selector)) {
          into[filled++] = piece.amountMinor(row);
        }
      }
      if (base <= from || older == 0) {
        break;
      }
      base -= directory.get(--older).rows;
    }
    return filled;
  }

  /**
   * Finds the rows so many before {@code to}, in one walk from the newest to the oldest. Pieces
   * without any of them are not read.
   *
   * @param backs from 1, ascending
   * @param pieces receives in which piece each lies, valid until the log changes
   * @param rows receives where it lies there
   * @return how many there are: those of the first {@code backs}
   */
  int find(int to, int[] backs, @Nullable Rows[] pieces, int[] rows) {
    int older = directory.size();
    int base = chunked;
    Rows piece = tail;
    for (int at = 0; at < backs.length; at++) {
      int position = to - backs[at];
      if (position < 0) {
        return at;
      }
      if (position < base) {
        do {
          base -= directory.get(--older).rows;
        } while (position < base);
        piece = rows(directory.get(older));
      }
      pieces[at] = piece;
      rows[at] = position - base;
    }
    return backs.length;
  }

  /** How many rows before {@code to}, counted back from it, are selected without a break. */
  int streak(int selector, int to, int max) {
    int streak = 0;
    while (streak < max && streak < to) {
      boolean[] holds = new boolean[1];
      int at = to - 1 - streak;
      visit(at, at + 1, (rows, first, end) -> holds[0] = rows.selected(first, selector));
      if (!holds[0]) {
        break;
      }
      streak++;
    }
    return streak;
  }

  /** A set of hashes that is cleared in no time; the missing one is never in it. */
  static final class DistinctSet {
    static final int MAX = 1024;
    private final long[] hashes = new long[MAX * 4];
    private final int[] metInPass = new int[MAX * 4];
    private int pass;
    private int size;

    void clear() {
      size = 0;
      if (++pass == Integer.MAX_VALUE) {
        Arrays.fill(metInPass, 0);
        pass = 1;
      }
    }

    int size() {
      return size;
    }

    void add(long hash) {
      if (hash == TextHash.MISSING) {
        return;
      }
      int slot = (int) (hash ^ hash >>> 32) & hashes.length - 1;
      while (metInPass[slot] == pass) {
        if (hashes[slot] == hash) {
          return;
        }
        slot = slot + 1 & hashes.length - 1;
      }
      metInPass[slot] = pass;
      hashes[slot] = hash;
      size++;
    }
  }
}
