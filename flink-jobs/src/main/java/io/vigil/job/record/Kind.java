package io.vigil.job.record;

/** What a record of an input topic is. */
public enum Kind {
  LABEL('l'),
  EVENT('e'),
  PROFILE('p'),
  DEPLOYMENT('d'),
  TRANSACTION('t'),
  TICK('c');

  private final char code;

  Kind(char code) {
    this.code = code;
  }

  /** Stands for the kind in records and state; must never change. */
  int code() {
    return code;
  }

  static Kind of(int code) {
    return switch (code) {
      case 'l' -> LABEL;
      case 'e' -> EVENT;
      case 'p' -> PROFILE;
      case 'd' -> DEPLOYMENT;
      case 't' -> TRANSACTION;
      case 'c' -> TICK;
      default ->
          throw new IllegalArgumentException("kind: expected one of l, e, p, d, t, c, got " + code);
    };
  }
}
