package io.vigil.cli.ingest;

import de.siegmar.fastcsv.reader.CsvRecord;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Stage;
import io.vigil.schema.codec.PanMask;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Pattern;

/** Makes dead letters of a file's bad rows, without what the mapping calls secret. */
final class BadRows {
  private static final Pattern VALUE = Pattern.compile("'.*'", Pattern.DOTALL);

  private final String fileName;
  private final char separator;
  private final int columns;
  private final boolean knownOnly;
  private final BitSet hidden = new BitSet();
  private final BitSet people = new BitSet();
  private final BitSet known = new BitSet();

  /**
   * @param knownOnly shows only what is known to identify nobody: with a vault
   */
  BadRows(String fileName, char separator, int columns, boolean knownOnly) {
    this.fileName = fileName;
    this.separator = separator;
    this.columns = columns;
    this.knownOnly = knownOnly;
  }

  /** Overwrites the cells of a column from now on. */
  void hide(int column) {
    hidden.set(column);
  }

  /** The cells of a column identify people, whatever else they are. */
  void person(int column) {
    people.set(column);
  }

  /** The cells of a column are mapped to what identifies nobody. */
  void know(int column) {
    known.set(column);
  }

  DeadLetter deadLetter(CsvRecord row, BadCellException problem) {
    byte[] original = written(row.getFields());
    byte[] masked = PanMask.mask(written(withoutSecrets(row)));
    return DeadLetter.newBuilder()
        .setSourceTopic(fileName)
        .setSourcePartition(0)
        .setSourceOffset(row.getStartingLineNumber())
        .setAppendTime(0) // No log has taken it yet, and no clock may make two imports differ.
        .setValue(ByteBuffer.wrap(masked))
        .setMasked(!Arrays.equals(original, masked))
        .setStage(Stage.IMPORT)
        .setReason(problem.reason())
        .setMessage(message(problem, knownOnly))
        .build();
  }

  /** A cell in the wrong column may identify somebody, so with a vault its text is left out. */
  static String message(BadCellException problem, boolean knownOnly) {
    String message = String.valueOf(problem.getMessage());
    return knownOnly ? VALUE.matcher(message).replaceAll("another value") : message;
  }

  private List<String> withoutSecrets(CsvRecord row) {
    String[] cells = row.getFields().toArray(String[]::new);
    for (int i = 0; (knownOnly || !hidden.isEmpty()) && i < cells.length; i++) {
      if (cells.length != columns && !knownOnly) {
        // Nobody knows which cell is which: no digit is safe.
        cells[i] = cells[i].replaceAll("[0-9]", "*");
      } else if (cells.length != columns
          || hidden.get(i)
          || (knownOnly && (people.get(i) || !known.get(i)))) {
        cells[i] = "*".repeat(cells[i].length());
      }
    }
    return Arrays.asList(cells);
  }

  /** The row as CSV: its own bytes, but for quotes that were not needed. */
  private byte[] written(List<String> cells) {
    StringBuilder line = new StringBuilder();
    String before = "";
    for (String cell : cells) {
      line.append(before);
      before = String.valueOf(separator);
      boolean quoted =
          cell.chars().anyMatch(c -> c == separator || c == '"' || c == '\n' || c == '\r');
      line.append(quoted ? '"' + cell.replace("\"", "\"\"") + '"' : cell);
    }
    return line.toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
