package io.vigil.cli.ingest;

import io.vigil.cli.ingest.FileRecords.Rows;
import io.vigil.schema.vault.TransactionSeal;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a file of any form, one at a time, with what a mapping makes of them.
 * Thread-confined.
 *
 * @param <R> a row as its form has it
 */
final class MappedFile<R> implements Closeable {
  private final Rows<R> rows;
  private final RowMapper<R> mapper;
  private @Nullable R row;

  private MappedFile(Rows<R> rows, RowMapper<R> mapper) {
    this.rows = rows;
    this.mapper = mapper;
  }

  /**
   * Opens a file in the form that the mapping names.
   *
   * @param seal takes people out of transactions; null without a vault
   * @throws IngestException when the file is missing, empty, of another form, or lacks a column
   */
  static MappedFile<?> open(
      Path file, Mapping mapping, Supplier<Tokeniser> tokeniser, @Nullable TransactionSeal seal)
      throws IOException {
    return open(FileRecords.open(file, mapping, "", seal != null), mapping, tokeniser, seal);
  }

  private static <R> MappedFile<R> open(
      FileRecords<R> records,
      Mapping mapping,
      Supplier<Tokeniser> tokeniser,
      @Nullable TransactionSeal seal) {
    return new MappedFile<>(
        records.rows(), new RowMapper<>(mapping, records.fields(), tokeniser, seal));
  }

  /** Goes to the next row; false at the end. */
  boolean advance() {
    row = rows.next();
    return row != null;
  }

  /** The row's event time alone, or the latest good one's when it cannot be read. */
  long timeMs() {
    return mapper.timeMs(current());
  }

  /** The row as a transaction, or as a dead letter that says why it is none. */
  Row map() {
    return mapper.map(current());
  }

  private R current() {
    if (row == null) {
      throw new IllegalStateException("there is no row");
    }
    return row;
  }

  @Override
  public void close() throws IOException {
    rows.close();
  }
}
