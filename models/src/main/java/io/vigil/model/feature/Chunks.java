package io.vigil.model.feature;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Packs chunks, and keeps the ones used last decoded: the chunk in which a window's edge lies is
 * asked for with every event of a busy entity. A chunk never changes under its number, so a copy is
 * always right. Packed: four bytes id of the layout, then the rows. Single-threaded.
 */
final class Chunks {
  private final Layout layout;
  private final int layoutId;
  private final Map<Integer, Layout> layouts;
  private final int rowsMax;
  private final LinkedHashMap<Name, Rows> decoded = new LinkedHashMap<>(256, 0.75f, true);
  private long rows;
  private final ByteReader in = new ByteReader();
  private final ByteWriter out = new ByteWriter();

  private record Name(String entity, int number) {}

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
