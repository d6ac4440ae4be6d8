package io.vigil.cli.ingest;

import de.siegmar.fastcsv.reader.CsvRecord;
import io.vigil.cli.ingest.Source.Tokenise;
import io.vigil.schema.DeadLetter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Columns of a CSV file, whose cells hold one char per byte. */
final class CsvFields implements Fields<CsvRecord> {
  private final CsvRows rows;
  private final String mappingOrigin;
  private final int columns;
  private final BadRows badRows;
  private final Set<Integer> bound = new HashSet<>();
  private @Nullable CsvRecord current;

  /**
   * @param knownOnly a dead letter shows only what is known to identify nobody: with a vault
   */
  CsvFields(CsvRows rows, RecordMapping mapping, String fileName, boolean knownOnly) {
    this.rows = rows;
    this.mappingOrigin = mapping.origin();
    this.columns = rows.header().size();
    this.badRows = new BadRows(fileName, mapping.separator(), columns, knownOnly);
  }

  @Override
  public int bind(String field, Source.Column source, boolean person) {
    int index = rows.column(source.column(), mappingOrigin, source.line());
    bound.add(index);
    if (source.tokenise() != Tokenise.NONE) {
      badRows.hide(index);
    }
    if (person) {
      badRows.person(index);
    } else {
      badRows.know(index);
    }
    return index;
  }

  @Override
  public void open(CsvRecord row) throws BadCellException {
    if (row.getFieldCount() != columns) {
      throw new BadCellException(
          "wrong_cell_count", "row: expected " + columns + " cells, got " + row.getFieldCount());
    }
    current = row;
  }

  @Override
  public @Nullable String text(String field, int index) throws BadCellException {
    if (current == null) {
      throw new IllegalStateException("no row is open");
    }
    String raw = current.getField(index);
    return raw.isEmpty() ? null : utf8(field, raw);
  }

  @Override
  public Set<String> unmapped() {
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < columns; i++) {
      if (!bound.contains(i)) {
        names.add(rows.header().get(i));
      }
    }
    return names;
  }

  @Override
  public long position(CsvRecord row) {
    return row.getStartingLineNumber();
  }

  @Override
  public DeadLetter deadLetter(CsvRecord row, BadCellException problem) {
    return badRows.deadLetter(row, problem);
  }

  private static String utf8(String field, String raw) throws BadCellException {
    for (int i = 0; i < raw.length(); i++) {
      if (raw.charAt(i) >= 0x80) {
        try {
          return StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(raw.getBytes(StandardCharsets.ISO_8859_1)))
              .toString();
        } catch (CharacterCodingException e) {
          throw new BadCellException("bad_encoding", field + ": expected UTF-8 text");
        }
      }
    }
    return raw;
  }
}
