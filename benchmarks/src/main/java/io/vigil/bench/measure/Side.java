package io.vigil.bench.measure;

/** One of the ways that are compared. */
public interface Side {

  /** Lower case, as it stands in results. */
  String name();

  /** Does the items {@code from} until {@code to}; every side is asked for all of them in order. */
  void run(int from, int to) throws Exception;
}
