package io.vigil.model.feature;

/** A spec that cannot be read: where, which key, what was expected, and what came. */
public final class SpecException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;

  SpecException(String origin, int line, String key, String problem) {
    super(origin + ":" + line + ": " + key + ": " + problem);
    this.line = line;
  }

  /** The line of the spec at fault, the first is 1. */
  public int line() {
    return line;
  }
}
