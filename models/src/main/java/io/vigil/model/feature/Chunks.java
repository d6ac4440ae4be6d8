package io.vigil.model.feature;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Packs chunks, and keeps the ones used last decoded: the chunk in which a window's edge lies is
 * asked for with every event of a busy entity. Of many more it keeps when they begin and what they
 * come to: of a chunk that lies in a window as a whole nothing else is asked, and reading thousands
 * of rows for that with every event would be most of what the event costs. A chunk never changes
 * under its number, so copies and sums are always right. Packed: four bytes id of the layout, then
 * the rows. Single-threaded.
 */
final class Chunks {
  private final Layout layout;
  private final int layoutId;
  private final Map<Integer, Layout> layouts;
  private final int rowsMax;

  /** Some 200 bytes each. */
  static final int SUMMARIES_MAX = 1 << 16;

  private final LinkedHashMap<Name, Rows> decoded = new LinkedHashMap<>(256, 0.75f, true);
  private final LinkedHashMap<Name, Summary> summaries = new LinkedHashMap<>(256, 0.75f, true);
  private long rows;
  private final ByteReader in = new ByteReader();
  private final ByteWriter out = new ByteWriter();

  private record Name(String entity, int number) {}

  /** When a chunk begins, and the totals that were asked for, by their selector. */
  private record Summary(long firstTimeMs, @Nullable Moments[] totals) {}

  /**
   * @param layouts every layout that a chunk may have been written in, by its id
   * @param rowsMax rows kept decoded at the most
   */
  Chunks(Layout layout, Map<Integer, Layout> layouts, int rowsMax) {
    this.layout = layout;
    this.layoutId = layout.id();
    this.layouts = layouts;
    this.rowsMax = rowsMax;
  }

  /** Empty rows with the columns of the layout. */
  Rows rows() {
    return rows(layout);
  }

  private static Rows rows(Layout layout) {
    return new Rows(layout.amount(), layout.conditions().size(), layout.texts().size());
  }

  /** Reads packed rows of a layout into rows with our columns. */
  @SuppressWarnings(
      "ReferenceEquality") // our own layout is always this object, and often asked for
  void readRows(ByteReader from, Layout theirs, Rows into) {
    if (theirs == layout) {
      into.read(from);
      return;
    }
    Rows old = rows(theirs);
    old.read(from);
    into.clear();
    into.appendAll(old, new CarryOver(theirs, layout));
  }

  void write(EntityStore store, int number, Rows rows) {
    out.clear();
    out.four(layoutId);
    rows.write(out);
    store.chunk(number, out.copy());
  }

  Rows read(EntityStore store, int number) {
    Name name = new Name(store.key(), number);
    Rows known = decoded.get(name);
    if (known != null) {
      return known;
    }
    byte[] packed = store.chunk(number);
    in.wrap(packed);
    Rows read = rows();
    readRows(in, layoutOf(in.four()), read);
    decoded.put(name, read.seal());
    rows += read.size();
    for (Iterator<Rows> eldest = decoded.values().iterator(); rows > rowsMax; ) {
      Rows gone = eldest.next();
      if (gone == read) {
        break;
      }
      rows -= gone.size();
      eldest.remove();
    }
    return read;
  }

  /** The time of a chunk's first row. */
  long firstTimeMs(EntityStore store, int number) {
    return summary(store, number).firstTimeMs;
  }

  /** What all rows of a chunk come to that are selected; not to be changed. */
  Moments total(EntityStore store, int number, int selector) {
    Summary summary = summary(store, number);
    Moments total = summary.totals[selector];
    if (total == null) {
      total = read(store, number).total(selector);
      summary.totals[selector] = total;
    }
    return total;
  }

  private Summary summary(EntityStore store, int number) {
    Name name = new Name(store.key(), number);
    Summary known = summaries.get(name);
    if (known == null) {
      known =
          new Summary(read(store, number).timeMs(0), new Moments[1 + layout.conditions().size()]);
      summaries.put(name, known);
      if (summaries.size() > SUMMARIES_MAX) {
        Iterator<Summary> eldest = summaries.values().iterator();
        eldest.next();
        eldest.remove();
      }
    }
    return known;
  }

  /**
   * @throws IllegalArgumentException when no plan in force so far has written it
   */
  Layout layoutOf(int id) {
    Layout known = id == layoutId ? layout : layouts.get(id);
    if (known == null) {
      throw new IllegalArgumentException(
          "state: expected a layout of this spec or of one before it, got %08x".formatted(id));
    }
    return known;
  }
}
