package io.vigil.cli.ingest;

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

  /**
   * The rows of a file.
   *
   * @param <R> a row as its form has it
   */
  interface Rows<R> extends Closeable {
    /**
     * The next row, or null at the end.
     *
     * @throws IngestException when the rest of the file cannot be read
     */
    @Nullable R next();
  }

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
    boolean knownOnly = seal != null;
    return switch (mapping.from()) {
      case CSV -> {
        CsvRows rows = new CsvRows(file, mapping.separator());
        String name = String.valueOf(file.getFileName());
        CsvFields fields = new CsvFields(rows, mapping, name, knownOnly);
        yield new MappedFile<>(rows, new RowMapper<>(mapping, fields, tokeniser, seal));
      }
      case JSON -> {
        JsonLines rows = new JsonLines(file);
        TopicFields fields = new TopicFields(new JsonBody(), mapping, knownOnly);
        yield new MappedFile<>(rows, new RowMapper<>(mapping, fields, tokeniser, seal));
      }
      case AVRO -> {
        AvroFile rows = new AvroFile(file);
        TopicFields fields = new TopicFields(rows.body(), mapping, knownOnly);
        yield new MappedFile<>(rows, new RowMapper<>(mapping, fields, tokeniser, seal));
      }
    };
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

  /** What makes the transactions, to ask it about the row that was mapped last. */
  RowMapper<R> mapper() {
    return mapper;
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
