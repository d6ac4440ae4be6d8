package io.vigil.cli;

/**
 * A failure that a person can act on: its message is the one line printed on stderr, and the
 * command exits with 1.
 */
public final class CliException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public CliException(String message) {
    super(message);
  }

  public CliException(String message, Throwable cause) {
    super(message, cause);
  }
}
