package io.vigil.cli.audit;

/** Where it is said that something in an archive is not as it should be. */
@FunctionalInterface
interface Trouble {
  /**
   * Takes what was found; may throw to end the work.
   *
   * @param what a stable code
   * @param where file, batch, or topic-partition@offset
   */
  void found(String what, String where, String expected, String got);
}
