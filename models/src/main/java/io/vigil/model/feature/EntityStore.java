package io.vigil.model.feature;

import org.jspecify.annotations.Nullable;

/**
 * Where the state of one entity lives: a hot value that every event reads and rewrites, and
 * numbered chunks of older events. A chunk is never rewritten: what replaces it has another number,
 * so copies of chunks may be kept as long as one likes.
 */
public interface EntityStore {

  /** What tells the entity from all others, such as its state key. */
  String key();

  /** The hot value, null when the entity has none. The array is not modified. */
  byte @Nullable [] hot();

  /** Sets the hot value. */
  void hot(byte[] value);

  /** The chunk of that number; only numbers that were written and not dropped are asked for. */
  byte[] chunk(int number);

  /** Writes a new chunk. */
  void chunk(int number, byte[] value);

  /** Forgets a chunk. */
  void drop(int number);
}
