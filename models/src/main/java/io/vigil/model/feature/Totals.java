package io.vigil.model.feature;

/** What events come to: a mutable sum that can be packed. */
interface Totals<T extends Totals<T>> {

  void clear();

  /** Whether no event is in it. */
  boolean isEmpty();

  /** Adds what another has. */
  void add(T other);

  /**
   * Replaces everything by what was written with the same parts.
   *
   * @param parts see {@link Moments}
   */
  void read(ByteReader in, int parts);

  void write(ByteWriter out, int parts);
}
