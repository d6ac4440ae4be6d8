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

/** Makes dead letters of a file's bad rows, without what the mapping calls secret. */
final class BadRows {
  private final String fileName;
  private final char separator;
  private final int columns;
  private final BitSet hidden = new BitSet();

  BadRows(String fileName, char separator, int columns) {
    this.fileName = fileName;
    this.separator = separator;
    this.columns = columns;
  }

  /** Overwrites the cells of a column from now on. */
  void hide(int column) {
    hidden.set(column);
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
        .setMessage(String.valueOf(problem.getMessage()))
        .build();
  }

  private List<String> withoutSecrets(CsvRecord row) {
    String[] cells = row.getFields().toArray(String[]::new);
    for (int i = 0; !hidden.isEmpty() && i < cells.length; i++) {
      if (cells.length != columns) {
        // Nobody knows which cell is which: no digit is safe.
        cells[i] = cells[i].replaceAll("[0-9]", "*");
      } else if (hidden.get(i)) {
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
