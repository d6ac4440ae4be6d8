package io.vigil.model.feature;

import java.util.Arrays;

/**
 * Since when the rows of a log have each column: a plan that keeps a column which the one before
 * did not finds older rows without it. They are outside the windows of features that need it.
 *
 * <p>Packed, for the amount, each condition and each text, of those that the layout keeps: varint 0
 * when all rows have it, else one more than the milliseconds from the last time without it until
 * the newest event. Mutable, single-threaded.
 */
final class KnownSince {
  private final Layout layout;

  /** By column the last time at which a row may lack it, or {@link EntityState#NEVER_MS}. */
  private final long[] lackedMs;

  KnownSince(Layout layout) {
    this.layout = layout;
    lackedMs = new long[1 + layout.conditions().size() + layout.texts().size()];
    clear();
  }

  void clear() {
    Arrays.fill(lackedMs, EntityState.NEVER_MS);
  }

  /** Whether every row has every column. */
  boolean isAlways() {
    for (long ms : lackedMs) {
      if (ms != EntityState.NEVER_MS) {
        return false;
      }
    }
    return true;
  }

  void read(ByteReader in, long newestMs) {
    for (int column = 0; column < lackedMs.length; column++) {
      long distance = in.varint();
      lackedMs[column] = distance == 0 ? EntityState.NEVER_MS : newestMs - (distance - 1);
    }
  }

  void write(ByteWriter out, long newestMs) {
    for (long ms : lackedMs) {
      out.varint(ms == EntityState.NEVER_MS ? 0 : newestMs - ms + 1);
    }
  }

  /** Takes over what another plan knew; what it did not keep is known from now on. */
  void carry(CarryOver over, KnownSince theirs, long newestMs) {
    int conditions = layout.conditions().size();
    if (layout.amount()) {
      lackedMs[0] = over.amount() ? theirs.lackedMs[0] : newestMs;
    }
    for (int condition = 0; condition < conditions; condition++) {
      int their = over.condition(condition);
      lackedMs[1 + condition] = their == CarryOver.NONE ? newestMs : theirs.lackedMs[1 + their];
    }
    int theirTexts = 1 + theirs.layout.conditions().size();
    for (int column = 0; column < layout.texts().size(); column++) {
      int their = over.text(column);
      lackedMs[1 + conditions + column] =
          their == CarryOver.NONE ? newestMs : theirs.lackedMs[theirTexts + their];
    }
  }

  /** Forgets what is before every row. */
  void expire(EventLog events) {
    for (int column = 0; column < lackedMs.length; column++) {
      if (lackedMs[column] != EntityState.NEVER_MS && events.beginsAfter(lackedMs[column])) {
        lackedMs[column] = EntityState.NEVER_MS;
      }
    }
  }

  /**
   * The last time at which a row may lack its amount; it and the others {@code NEVER_MS} for none.
   */
  long amountMs() {
    return lackedMs[0];
  }

  /** The last time at which a row may not tell whether a condition held. */
  long selectorMs(int selector) {
    return selector == Layout.ALL ? EntityState.NEVER_MS : lackedMs[selector];
  }

  /** The last time at which a row may lack a text. */
  long textMs(int column) {
    return lackedMs[1 + layout.conditions().size() + column];
  }
}
