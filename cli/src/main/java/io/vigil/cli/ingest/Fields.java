package io.vigil.cli.ingest;

import io.vigil.schema.DeadLetter;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How what a mapping names is found in records of one form. One record is open at a time.
 * Thread-confined.
 *
 * @param <R> a record as its source gives it
 */
interface Fields<R> {

  /**
   * Where a source's values will be found.
   *
   * @param field what they become, for messages
   * @param person whether they identify people
   * @return what {@link #text} takes
   * @throws IngestException when there can be no such source
   */
  int bind(String field, Source.Column source, boolean person);

  /**
   * Makes a record the open one.
   *
   * @throws BadCellException when it is no record of this form
   */
  void open(R row) throws BadCellException;

  /**
   * The open record's value there; null when it has none, or an empty one.
   *
   * @throws BadCellException when what stands there is no text, number or other single value
   */
  @Nullable String text(String field, int index) throws BadCellException;

  /** The same as milliseconds since the epoch, when its type says that it is a time; else null. */
  default @Nullable Long instantMs(int index) {
    return null;
  }

  /** Places of the open record that no source names: columns, or JSON pointers to single values. */
  Set<String> unmapped();

  /** Where a record stands: a line, or an offset. */
  long position(R row);

  /** A record that could not be mapped, without what the mapping calls secret. */
  DeadLetter deadLetter(R row, BadCellException problem);
}
