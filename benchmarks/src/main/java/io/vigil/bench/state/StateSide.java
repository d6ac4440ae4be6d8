package io.vigil.bench.state;

import java.util.function.Consumer;
import org.apache.flink.api.common.state.KeyedStateStore;

/** One way to keep the state of the spec's features. Single-threaded. */
interface StateSide {

  /**
   * Called once, before all else.
   *
   * @param store Flink's keyed state
   * @param key makes another key the current one
   * @param operations is told what is asked of the state
   */
  void open(KeyedStateStore store, Consumer<String> key, Operations operations) throws Exception;

  /**
   * Applies a payment to its account, which is the current key.
   *
   * @param out receives the features, this payment included; NaN where there is no value
   */
  void apply(Payment payment, double[] out) throws Exception;

  /**
   * Applies the first payment of an account, which has no state: leaves what {@link #apply} leaves,
   * but need not look for what is not there.
   *
   * @param out may be written to, and means nothing after it
   */
  default void first(Payment payment, double[] out) throws Exception {
    apply(payment, out);
  }

  /** Writes what it still holds back, as before a checkpoint. */
  default void flush() throws Exception {}
}
