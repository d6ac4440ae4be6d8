package io.vigil.cli.ingest;

import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.vigil.cli.ingest.FileRecords.Rows;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a CSV file, plain or gzip, one at a time.
 *
 * <p>The cells hold one char per byte (ISO 8859-1): so a row that is not UTF-8 spoils nothing but
 * itself, and its bytes can be given back as they were.
 */
final class CsvRows implements Rows<CsvRecord> {
  private static final int BUFFER_BYTES = 1 << 16;

  /** A longer cell is an open quote that swallows the file. */
  private static final int CELL_CHARS_MAX = 1 << 20;

  private static final String BYTE_ORDER_MARK = "\u00EF\u00BB\u00BF";

  private final Path file;
  private final InputStream in;
  private final CloseableIterator<CsvRecord> records;
  private final List<String> header;
  private long line = 1;

  /**
   * @throws IngestException when there is no such file, or no header
   */
  CsvRows(Path file, char separator) throws IOException {
    this.file = file;
    in = open(file, "CSV");
    records =
        CsvReader.builder()
            .fieldSeparator(separator)
            .maxBufferSize(CELL_CHARS_MAX)
            .ofCsvRecord(in, StandardCharsets.ISO_8859_1)
            .iterator();
    CsvRecord first = next();
    if (first == null) {
      close();
      throw new IngestException(file + ": expected a header line, got an empty file");
    }
    header = new ArrayList<>();
    for (String name : first.getFields()) {
      String bare = header.isEmpty() && name.startsWith(BYTE_ORDER_MARK) ? name.substring(3) : name;
      header.add(
          new String(bare.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8).strip());
    }
  }

  /** The columns, in the order of the file. */
  List<String> header() {
    return header;
  }

  /**
   * Index of a column. Its case matters only when columns differ by it.
   *
   * @throws IngestException naming the mapping's line and the columns that exist
   */
  int column(String name, String mappingOrigin, int mappingLine) {
    int index = header.indexOf(name);
    if (index < 0) {
      for (int i = 0; i < header.size(); i++) {
        if (header.get(i).toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
          index = i;
          break;
        }
      }
    }
    if (index < 0) {
      throw new IngestException(
          "%s:%d: no column '%s' in %s, which has %s"
              .formatted(mappingOrigin, mappingLine, name, file, String.join(", ", header)));
    }
    return index;
  }

  @Override
  public @Nullable CsvRecord next() {
    try {
      if (!records.hasNext()) {
        return null;
      }
      CsvRecord row = records.next();
      line = row.getStartingLineNumber();
      return row;
    } catch (CsvParseException e) {
      throw new IngestException(
          file + ": expected CSV after line " + line + ": " + e.getMessage(), e);
    } catch (UncheckedIOException e) {
      throw new IngestException(
          file + ": unreadable after line " + line + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    records.close();
    in.close();
  }

  /**
   * Opens a file, plain or gzip.
   *
   * @param form what it holds, for messages
   * @throws IngestException when there is no such file
   */
  static InputStream open(Path file, String form) throws IOException {
    try {
      return decompressed(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES));
    } catch (NoSuchFileException e) {
      throw new IngestException(
          "input: expected a file of " + form + ", got " + file + ", which is missing", e);
    }
  }

  private static InputStream decompressed(InputStream in) throws IOException {
    in.mark(2);
    boolean gzip = in.read() == 0x1F && in.read() == 0x8B;
    in.reset();
    return gzip ? new GZIPInputStream(in, BUFFER_BYTES) : in;
  }
}
