package io.vigil.cli.ingest;

/** How the bytes of a record become values in records and lists. */
interface RecordBody {

  /**
   * Reads a record.
   *
   * @return the outermost value: a map of names to values, a list, a text, a number, a boolean, a
   *     time of {@code java.time}, or bytes; within them also null
   * @throws BadCellException when the bytes are none
   * @throws RegistryException when the schema cannot be had now, and may be later
   */
  Object read(byte[] bytes) throws BadCellException;

  /**
   * What may be shown of bytes that could not be read.
   *
   * @param secrets whether anything in a record of this kind is replaced by a token
   */
  byte[] unreadable(byte[] bytes, boolean secrets);
}
