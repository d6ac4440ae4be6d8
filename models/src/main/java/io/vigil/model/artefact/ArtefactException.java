package io.vigil.model.artefact;

/** An artefact that cannot be read: where, which key, what was expected, and what came. */
public final class ArtefactException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;

  /**
   * @param origin where the artefact came from
   * @param line at fault, the first is 1
   * @param problem what was expected, and what came
   */
  public ArtefactException(String origin, int line, String problem) {
    super(origin + ":" + line + ": " + problem);
    this.line = line;
  }

  /** The line at fault, the first is 1. */
  public int line() {
    return line;
  }
}
