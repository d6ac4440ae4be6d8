package io.vigil.job.record;

/** What a record of an input topic is. */
public enum Kind {
  LABEL,
  DEPLOYMENT,
  TRANSACTION,
  TICK;

  private static final Kind[] VALUES = values();

  static Kind of(int ordinal) {
    return VALUES[ordinal];
  }
}
