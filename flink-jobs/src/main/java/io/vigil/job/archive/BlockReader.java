package io.vigil.job.archive;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileConstants;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileSystem;

/** Reads the blocks of an Avro object container file with their places in it. Not thread-safe. */
final class BlockReader implements Closeable {
  private static final int HEAD_BYTES = 20;

  private final String name;
  private final long bytes;
  private final DataFileReader<Object> reader;
  private ByteBuffer block = ByteBuffer.allocate(0);
  private long position;
  private long records;

  private BlockReader(String name, long bytes, DataFileReader<Object> reader) {
    this.name = name;
    this.bytes = bytes;
    this.reader = reader;
  }

  /** Opens a file of a given length. */
  static BlockReader open(FileSystem files, ArchiveDay.Part part) throws IOException {
    String name = part.path().toString();
    FSDataInputStream in = files.open(part.path());
    try {
      return new BlockReader(
          name,
          part.bytes(),
          new DataFileReader<>(
              new StoredInput(in, part.bytes(), null), new GenericDatumReader<>()));
    } catch (IOException | AvroRuntimeException e) {
      in.close();
      throw new IOException(name + ": expected an Avro file: " + e.getMessage(), e);
    }
  }

  /**
   * Counts the records of a file from the heads of its blocks; what is in them is not read.
   *
   * @throws IOException when the file was cut
   */
  static long count(FileSystem files, ArchiveDay.Part part) throws IOException {
    long place;
    try (BlockReader reader = open(files, part)) {
      place = reader.reader.previousSync();
    }
    long records = 0;
    try (FSDataInputStream in = files.open(part.path())) {
      while (place < part.bytes()) {
        in.seek(place);
        // Two numbers of at most ten bytes; a direct decoder takes no byte more.
        CountingInput head = new CountingInput(in.readNBytes(HEAD_BYTES));
        BinaryDecoder decoder = DecoderFactory.get().directBinaryDecoder(head, null);
        records += decoder.readLong();
        long length = decoder.readLong();
        place += head.taken() + length + DataFileConstants.SYNC_SIZE;
      }
    }
    if (place != part.bytes()) {
      throw new IOException(
          "%s: expected its last block to end at %d, got %d"
              .formatted(part.path(), part.bytes(), place));
    }
    return records;
  }

  /** Says how much of it was read. */
  private static final class CountingInput extends ByteArrayInputStream {
    CountingInput(byte[] bytes) {
      super(bytes);
    }

    int taken() {
      return pos;
    }
  }

  /** The schema that its records were written with. */
  Schema schema() {
    return reader.getSchema();
  }

  /** What the file's header says, the writer's schema included, but for how blocks are packed. */
  Map<String, String> meta() {
    Map<String, String> meta = new TreeMap<>();
    for (String key : reader.getMetaKeys()) {
      if (!key.equals(DataFileConstants.CODEC)) {
        meta.put(key, reader.getMetaString(key));
      }
    }
    return meta;
  }

  /** Goes to a block's place, as {@link #position} told it. */
  void seek(long place) throws IOException {
    try {
      reader.seek(place);
    } catch (IOException e) {
      throw new IOException(name + ": no block at " + place + ": " + e.getMessage(), e);
    }
  }

  /** Reads the next block; false at the end. */
  boolean next() throws IOException {
    try {
      position = reader.previousSync();
      if (!reader.hasNext()) {
        if (position != bytes) { // Avro takes a file that was cut for one that has ended.
          throw new IOException(
              "expected its last block to end at %d, got %d".formatted(bytes, position));
        }
        return false;
      }
      records = reader.getBlockCount();
      block = reader.nextBlock();
      return true;
    } catch (IOException | AvroRuntimeException e) {
      throw new IOException(name + ": cannot be read to its end: " + e.getMessage(), e);
    }
  }

  /** Where the block begins in the file. */
  long position() {
    return position;
  }

  /** Records in the block. */
  long records() {
    return records;
  }

  /** The bodies of the block's records, one after the other, from {@link #from} on. */
  byte[] bytes() {
    return block.array();
  }

  int from() {
    return block.arrayOffset() + block.position();
  }

  int length() {
    return block.remaining();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
