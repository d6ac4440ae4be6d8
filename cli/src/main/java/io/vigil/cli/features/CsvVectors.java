package io.vigil.cli.features;

import io.vigil.schema.Transaction;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes CSV: the transaction's id, then the features. A number reads back to the very bits of its
 * float32; whole numbers have no decimal point. Not thread-safe.
 */
final class CsvVectors implements VectorWriter {
  private static final int BUFFER_BYTES = 1 << 16;

  /** Up to 2^24 every whole number has its own float32. */
  private static final float WHOLE_MAX = 1 << 24;

  private static final int NEGATIVE_ZERO = Float.floatToRawIntBits(-0.0f);

  private final OutputStream out;
  private final StringBuilder line = new StringBuilder(512);
  private byte[] buffer = new byte[BUFFER_BYTES];
  private int buffered;

  CsvVectors(OutputStream out, List<String> names) throws IOException {
    this.out = out;
    line.append("transaction_id");
    for (String name : names) {
      line.append(',').append(name);
    }
    endLine();
  }

  @Override
  public void write(Transaction transaction, boolean fraud, float[] vector) throws IOException {
    appendCell(line, transaction.getTransactionId());
    for (float value : vector) {
      line.append(',');
      append(line, value);
    }
    endLine();
  }

  static void append(StringBuilder line, float value) {
    int whole = (int) value;
    if (whole == value
        && Math.abs(value) <= WHOLE_MAX
        && Float.floatToRawIntBits(value) != NEGATIVE_ZERO) {
      line.append(whole);
    } else {
      line.append(value);
    }
  }

  private static void appendCell(StringBuilder line, String text) {
    boolean plain = true;
    for (int i = 0; i < text.length() && plain; i++) {
      char c = text.charAt(i);
      plain = c != ',' && c != '"' && c != '\n' && c != '\r';
    }
    if (plain) {
      line.append(text);
    } else {
      line.append('"').append(text.replace("\"", "\"\"")).append('"');
    }
  }

  private void endLine() throws IOException {
    byte[] bytes = line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    line.setLength(0);
    if (buffered + bytes.length > buffer.length) {
      flush();
      if (bytes.length > buffer.length) {
        buffer = new byte[bytes.length];
      }
    }
    System.arraycopy(bytes, 0, buffer, buffered, bytes.length);
    buffered += bytes.length;
  }

  private void flush() throws IOException {
    out.write(buffer, 0, buffered);
    buffered = 0;
  }

  @Override
  public void close() throws IOException {
    try (out) {
      flush();
    }
  }
}
