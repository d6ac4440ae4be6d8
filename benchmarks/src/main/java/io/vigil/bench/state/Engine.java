package io.vigil.bench.state;

import org.jspecify.annotations.Nullable;

/**
 * The feature engine as this benchmark calls it. One small class stands between, so that the
 * benchmark changes with the engine in one place.
 */
interface Engine {

  /** An entity's state: one hot value and numbered chunks that are written once. */
  interface Store {

    /** The hot value, null when the entity has none. The array is not modified. */
    byte @Nullable [] hot();

    /** Sets the hot value. */
    void hot(byte[] value);

    /** The chunk of that number, which was written and not dropped. */
    byte[] chunk(int number);

    /** Writes a new chunk. */
    void chunk(int number, byte[] value);

    /** Forgets a chunk. */
    void drop(int number);
  }

  /**
   * Applies a payment to its account.
   *
   * @param out receives the spec's features; NaN where there is no value
   */
  void apply(Store store, Payment payment, double[] out);

  /** Whether answers are right however many events an account has. */
  boolean exactForBusyAccounts();
}
