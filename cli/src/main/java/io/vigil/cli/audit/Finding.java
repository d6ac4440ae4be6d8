package io.vigil.cli.audit;

/**
 * Something that is not as it was logged.
 *
 * @param what a stable code
 * @param where file, batch, or topic-partition@offset
 * @param expected what should be there
 * @param got what is there
 */
public record Finding(String what, String where, String expected, String got) {

  /** In one line. */
  public String text() {
    return "%s  %s: expected %s, got %s".formatted(what, where, expected, got);
  }
}
