package io.vigil.bench.measure;

/** One of the ways that are compared. */
public interface Side {

  /** Lower case, as it stands in results. */
  String name();

  /** Does the items {@code from} until {@code to}; every side is asked for all of them in order. */
  void run(int from, int to) throws Exception;

  /**
   * How often a call of {@link #run} does its items: a fast side does them several times over, so
   * that it is long for the clock. At least 1.
   */
  default int repeats() {
    return 1;
  }
}
