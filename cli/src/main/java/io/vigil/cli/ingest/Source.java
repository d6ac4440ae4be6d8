package io.vigil.cli.ingest;

/** Where a field's value comes from. */
sealed interface Source {

  /** What is done to a cell that identifies a person. */
  enum Tokenise {
    NONE,
    /** HMAC-SHA-256 of the digits, without the spaces and dashes between them. */
    PAN,
    /** HMAC-SHA-256 of the address in lower case. */
    IP
  }

  /**
   * A column of the file.
   *
   * @param identifies whether an attribute identifies a person, and is sealed
   * @param time how a time is written; used for times alone
   * @param line line of the mapping file, for messages
   */
  record Column(String column, Tokenise tokenise, boolean identifies, TimeFormat time, int line)
      implements Source {}

  /** The same value for every row. */
  record Constant(String value) implements Source {}
}
