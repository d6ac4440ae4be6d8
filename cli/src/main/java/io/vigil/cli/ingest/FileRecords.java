package io.vigil.cli.ingest;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file of any form: its rows, and how a mapping's sources are found in them.
 *
 * @param <R> a row as its form has it
 */
record FileRecords<R>(Rows<R> rows, Fields<R> fields) {

  /**
   * The rows of a file, one at a time.
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

  /**
   * Opens a file in the form that the mapping names.
   *
   * @param prefix of the file's name in dead letters
   * @param knownOnly a dead letter shows only what is known to identify nobody: with a vault
   * @throws IngestException when the file is missing, empty, or of another form
   */
  static FileRecords<?> open(Path file, RecordMapping mapping, String prefix, boolean knownOnly)
      throws IOException {
    return switch (mapping.from()) {
      case CSV -> {
        CsvRows rows = new CsvRows(file, mapping.separator());
        yield new FileRecords<>(
            rows, new CsvFields(rows, mapping, prefix + file.getFileName(), knownOnly));
      }
      case JSON -> {
        JsonLines rows = new JsonLines(file);
        yield new FileRecords<>(rows, new TopicFields(new JsonBody(), mapping, prefix, knownOnly));
      }
      case AVRO -> {
        AvroFile rows = new AvroFile(file);
        yield new FileRecords<>(rows, new TopicFields(rows.body(), mapping, prefix, knownOnly));
      }
    };
  }
}
