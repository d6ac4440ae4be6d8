package io.vigil.cli.features;

import io.vigil.schema.Transaction;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/**
 * A file of feature vectors; its name's ending says the format. It appears when it is whole, and
 * replaces one that was there. Not thread-safe.
 */
public final class VectorFile implements PointInTime.Receiver, Closeable {
  private static final int GZIP_BUFFER_BYTES = 1 << 16;
  private static final String CSV = ".csv";
  private static final String CSV_GZ = ".csv.gz";
  private static final String PARQUET = ".parquet";

  private final Path file;
  private final Path partial;
  private final VectorWriter writer;
  private boolean closed;

  private VectorFile(Path file, Path partial, VectorWriter writer) {
    this.file = file;
    this.partial = partial;
    this.writer = writer;
  }

  /** Whether the name ends as one of the formats does. */
  public static boolean knows(Path file) {
    return isParquet(file) || isCsv(file) || isGzip(file);
  }

  /** The endings, for messages. */
  public static String endings() {
    return CSV + ", " + CSV_GZ + " or " + PARQUET;
  }

  /**
   * Begins a file.
   *
   * @param names of the features, in the order of the vectors
   * @throws IllegalArgumentException when the name's ending is none of {@link #endings()}, or the
   *     format cannot hold a feature of such a name
   */
  public static VectorFile create(Path file, List<String> names) throws IOException {
    if (!knows(file)) {
      throw new IllegalArgumentException(
          "vectors: expected a file name ending in " + endings() + ", got " + file);
    }
    Path partial = file.resolveSibling(file.getFileName() + ".partial");
    Files.deleteIfExists(partial);
    return new VectorFile(file, partial, writer(file, partial, names));
  }

  private static VectorWriter writer(Path file, Path partial, List<String> names)
      throws IOException {
    if (isParquet(file)) {
      return new ParquetVectors(partial, names);
    }
    return new CsvVectors(
        isGzip(file)
            ? new GZIPOutputStream(Files.newOutputStream(partial), GZIP_BUFFER_BYTES)
            : Files.newOutputStream(partial),
        names);
  }

  @Override
  public void transaction(Transaction transaction, boolean fraud, float[] vector)
      throws IOException {
    writer.write(transaction, fraud, vector);
  }

  /** Ends the file and gives it its name. */
  public void finish() throws IOException {
    closed = true;
    writer.close();
    Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Leaves nothing behind of a file that was not finished. */
  @Override
  public void close() throws IOException {
    try {
      if (!closed) {
        closed = true;
        writer.close();
      }
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static boolean isParquet(Path file) {
    return file.toString().endsWith(PARQUET);
  }

  private static boolean isCsv(Path file) {
    return file.toString().endsWith(CSV);
  }

  private static boolean isGzip(Path file) {
    return file.toString().endsWith(CSV_GZ);
  }
}
