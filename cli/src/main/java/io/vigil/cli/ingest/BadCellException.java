package io.vigil.cli.ingest;

/** A row that cannot become a transaction. The message holds nothing that identifies a person. */
final class BadCellException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;

  /**
   * @param reason the stable code of the dead letter
   */
  BadCellException(String reason, String message) {
    super(message, null, false, false); // Data, not a fault of the program: no stack.
    this.reason = reason;
  }

  String reason() {
    return reason;
  }
}
