package io.vigil.job.archive;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * A day's index as it is read: by 40 bits of a key's hash the blocks that may hold it. Rows are
 * longs, 40 bits of hash and 24 of a block's number, sorted as unsigned; hashes are spread evenly,
 * so that a search guesses where they lie, and reads once or twice however long the index is.
 *
 * <p>All numbers are big endian: the magic, the header's length (4 bytes), blocks and rows (8
 * each), files (4), each a name (2 bytes and modified UTF-8) and its length (8); then a row of 12
 * bytes for each block, its file's number and its place in it; then the rows of 8. Immutable.
 */
final class IndexFile {
  static final long MAGIC = 0x5649_474C_4944_5831L; // VIGLIDX1
  static final int HASH_BITS = 40;
  static final int BLOCK_BITS = 24;
  static final int BLOCK_ROW_BYTES = Integer.BYTES + Long.BYTES;

  private static final int WINDOW = 2048;
  private static final int HEADER_MAX = 1 << 28;

  private final FileSystem fileSystem;
  private final Path path;
  private final List<ArchiveDay.Part> files;
  private final long blocksAt;
  private final long blocks;
  private final long rowsAt;
  private final long rows;

  /** Where a block begins. */
  record Place(ArchiveDay.Part file, long position) {}

  private IndexFile(FileSystem fileSystem, ArchiveDay day, InputStream in, long length)
      throws IOException {
    this.fileSystem = fileSystem;
    this.path = day.index();
    DataInputStream data = new DataInputStream(in);
    if (length < Long.BYTES + Integer.BYTES || data.readLong() != MAGIC) {
      throw new IOException("expected an index of version 1, got other bytes");
    }
    int headerBytes = data.readInt();
    if (headerBytes < 0 || headerBytes > HEADER_MAX) {
      throw new IOException("expected a header, got a length of " + headerBytes);
    }
    byte[] header = new byte[headerBytes];
    data.readFully(header);
    DataInputStream fields = new DataInputStream(new ByteArrayInputStream(header));
    blocks = fields.readLong();
    rows = fields.readLong();
    files = new ArrayList<>();
    for (int i = fields.readInt(); i > 0; i--) {
      String file = fields.readUTF();
      files.add(new ArchiveDay.Part(new Path(day.folder(), file), fields.readLong()));
    }
    blocksAt = (long) Long.BYTES + Integer.BYTES + headerBytes;
    rowsAt = blocksAt + blocks * BLOCK_ROW_BYTES;
    if (rowsAt + rows * Long.BYTES != length) {
      throw new IOException(
          "expected %d blocks and %d rows in %d bytes, got %d bytes"
              .formatted(blocks, rows, rowsAt + rows * Long.BYTES, length));
    }
  }

  /**
   * Reads what a day's index is made from; the file is not kept open.
   *
   * @throws IOException when it is damaged
   */
  static IndexFile open(FileSystem files, ArchiveDay day) throws IOException {
    Path path = day.index();
    long length = files.getFileStatus(path).getLen();
    try (InputStream in = new BufferedInputStream(files.open(path))) {
      return new IndexFile(files, day, in, length);
    } catch (IOException | RuntimeException e) {
      throw new IOException(path + ": index damaged, write it anew: " + e.getMessage(), e);
    }
  }

  /** The files that it was made from, with their lengths then. */
  List<ArchiveDay.Part> files() {
    return files;
  }

  /** Rows: pairs of a key and a block that holds it. */
  long rows() {
    return rows;
  }

  /** The blocks that may hold the key of these bits, in the order of files and places. */
  List<Place> find(long bits) throws IOException {
    List<Place> places = new ArrayList<>();
    try (FSDataInputStream in = fileSystem.open(path)) {
      Rows read = new Rows(in);
      for (long row = read.lowerBound(bits); row < rows; row++) {
        long value = read.row(row);
        if (value >>> BLOCK_BITS != bits) {
          break;
        }
        places.add(place(in, value & ((1L << BLOCK_BITS) - 1)));
      }
    }
    return places;
  }

  private Place place(FSDataInputStream in, long block) throws IOException {
    if (block >= blocks) {
      throw new IOException(path + ": expected a block below " + blocks + ", got " + block);
    }
    in.seek(blocksAt + block * BLOCK_ROW_BYTES);
    ByteBuffer row = ByteBuffer.wrap(in.readNBytes(BLOCK_ROW_BYTES));
    return new Place(files.get(row.getInt()), row.getLong());
  }

  /** The rows as one lookup reads them, a window at a time. */
  private final class Rows {
    private final FSDataInputStream in;
    private long[] window = new long[0];
    private long windowFrom;

    Rows(FSDataInputStream in) {
      this.in = in;
    }

    /** The first row whose bits are not smaller. */
    private long lowerBound(long bits) throws IOException {
      long low = 0;
      long high = rows;
      double lowBits = 0;
      double highBits = 1L << HASH_BITS;
      for (int step = 1; low < high; step++) {
        // Keys that many blocks hold lie unevenly, so that every third step halves what is left.
        double share = step % 3 == 0 ? 0.5 : (bits - lowBits) / Math.max(1, highBits - lowBits);
        long guess = low + (long) ((high - low) * share) - WINDOW / 2;
        long from = Math.max(low, Math.min(guess, high - WINDOW));
        long to = Math.min(high, from + WINDOW);
        read(from, to);
        long first = row(from) >>> BLOCK_BITS;
        long last = row(to - 1) >>> BLOCK_BITS;
        if (first >= bits) {
          high = from;
          highBits = first;
        } else if (last < bits) {
          low = to;
          lowBits = last;
        } else {
          return lowerBound(bits, from + 1, to - 1);
        }
      }
      return low;
    }

    /** As above, among rows that were read, when the row before is smaller and the last is not. */
    private long lowerBound(long bits, long from, long last) throws IOException {
      long low = from;
      long high = last;
      while (low < high) {
        long middle = (low + high) >>> 1;
        if (row(middle) >>> BLOCK_BITS < bits) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }

    private long row(long row) throws IOException {
      if (row < windowFrom || row >= windowFrom + window.length) {
        read(row, Math.min(rows, row + WINDOW));
      }
      return window[(int) (row - windowFrom)];
    }

    private void read(long from, long to) throws IOException {
      in.seek(rowsAt + from * Long.BYTES);
      byte[] bytes = in.readNBytes((int) (to - from) * Long.BYTES);
      window = new long[bytes.length / Long.BYTES];
      ByteBuffer.wrap(bytes).asLongBuffer().get(window);
      windowFrom = from;
    }
  }
}
