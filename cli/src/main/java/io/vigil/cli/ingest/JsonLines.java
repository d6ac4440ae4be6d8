package io.vigil.cli.ingest;

import io.vigil.cli.ingest.FileRecords.Rows;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A file of JSON objects, one a line, plain or gzip, as if they were records of a topic: the line
 * is the offset, counted from 1. Blank lines are passed over. Thread-confined.
 */
final class JsonLines implements Rows<ConsumerRecord<byte[], byte[]>> {
  private static final int LINE_BYTES_MAX = 1 << 24;

  private final Path file;
  private final InputStream in;
  private long line;

  /**
   * @throws IngestException when there is no such file
   */
  JsonLines(Path file) throws IOException {
    this.file = file;
    this.in = new BufferedInputStream(CsvRows.open(file, "JSON lines"), 1 << 16);
  }

  @Override
  public @Nullable ConsumerRecord<byte[], byte[]> next() {
    try {
      for (byte[] text = line(); text != null; text = line()) {
        for (byte each : text) {
          if (each > ' ' || each < 0) {
            return record(file, line, text);
          }
        }
      }
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": unreadable after line " + line, e);
    }
  }

  static ConsumerRecord<byte[], byte[]> record(Path file, long position, byte[] value) {
    String name = String.valueOf(file.getFileName());
    return new ConsumerRecord<>(name, 0, position, new byte[0], value);
  }

  private byte @Nullable [] line() throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    int next = in.read();
    if (next < 0) {
      return null;
    }
    line++;
    for (; next >= 0 && next != '\n'; next = in.read()) {
      if (text.size() == LINE_BYTES_MAX) {
        throw new IngestException(
            "%s:%d: expected a line of at most %d bytes".formatted(file, line, LINE_BYTES_MAX));
      }
      text.write(next);
    }
    return text.toByteArray();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
