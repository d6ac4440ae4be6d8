package io.vigil.job.archive;

import io.vigil.schema.codec.SingleObject;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.file.Codec;
import org.apache.avro.file.ZstandardCodec;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * An Avro object container file as it stands, block by block: for those who need the very bytes of
 * the records, and for files that nobody trusts. Unlike Avro's own reader it never allocates more
 * for a block than the file has left.
 *
 * <p>Source: Avro specification 1.12, "Object container files". Thread-confined.
 */
public final class RawFile implements Closeable {
  private static final byte[] MAGIC = {'O', 'b', 'j', 1};
  private static final int SYNC_BYTES = 16;
  private static final int BUFFER_BYTES = 1 << 16;

  private final String name;
  private final long length;
  private final CountingStream in;
  private final long fingerprint;
  private final boolean packed;
  private final byte[] sync;
  private final Codec zstd = new ZstandardCodec(0, false, false);

  /**
   * A block.
   *
   * @param count records in it
   * @param bytes their bodies one behind the other
   */
  public record Block(long count, byte[] bytes) {}

  private RawFile(String name, long length, InputStream file) throws IOException {
    this.name = name;
    this.length = length;
    this.in = new CountingStream(new BufferedInputStream(file, BUFFER_BYTES));
    if (!Arrays.equals(bytes(MAGIC.length), MAGIC)) {
      throw broken("the magic of an Avro container");
    }
    Map<String, byte[]> meta = new HashMap<>();
    for (long count = number(); count != 0; count = number()) {
      if (count < 0) {
        count = -count;
        number();
      }
      for (long i = 0; i < count; i++) {
        String key = new String(bytes(number()), StandardCharsets.UTF_8);
        meta.put(key, bytes(number()));
      }
    }
    sync = bytes(SYNC_BYTES);
    fingerprint = fingerprint(meta.get("avro.schema"));
    String codec = text(meta.getOrDefault("avro.codec", new byte[0]));
    packed = codec.equals("zstandard");
    if (!packed && !codec.isEmpty() && !codec.equals("null")) {
      throw broken("the codec zstandard or none");
    }
  }

  /**
   * Opens a file and reads its header.
   *
   * @throws IOException naming the file when it is none, or cannot be read
   */
  public static RawFile open(FileSystem files, Path path) throws IOException {
    FileStatus status = files.getFileStatus(path);
    InputStream in = files.open(path);
    try {
      return new RawFile(path.toString(), status.getLen(), in);
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e instanceof IOException io ? io : new IOException(path + ": " + e.getMessage(), e);
    }
  }

  /** CRC-64-AVRO of the writer's schema. */
  public long fingerprint() {
    return fingerprint;
  }

  /**
   * The next block, or null after the last.
   *
   * @throws IOException naming the file when there is something else
   */
  public @Nullable Block next() throws IOException {
    if (in.position == length) {
      return null;
    }
    long count = number();
    byte[] bytes = bytes(number());
    if (count < 0 || !Arrays.equals(bytes(SYNC_BYTES), sync)) {
      throw broken("a count of records, their bytes, and the file's sync marker");
    }
    return new Block(count, packed ? unpack(bytes) : bytes);
  }

  private byte[] unpack(byte[] bytes) throws IOException {
    try {
      ByteBuffer all = zstd.decompress(ByteBuffer.wrap(bytes));
      byte[] unpacked = new byte[all.remaining()];
      all.get(unpacked);
      return unpacked;
    } catch (IOException | RuntimeException e) {
      throw new IOException(name + ": a block cannot be unpacked: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private long fingerprint(byte @Nullable [] schema) throws IOException {
    if (schema == null) {
      throw broken("a schema");
    }
    try {
      return SingleObject.fingerprint(new Schema.Parser().parse(text(schema)));
    } catch (AvroRuntimeException | IllegalArgumentException e) {
      throw new IOException(name + ": expected an Avro schema, got something else", e);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private byte[] bytes(long count) throws IOException {
    if (count < 0 || count > length - in.position) {
      throw broken("lengths within the file");
    }
    byte[] bytes = new byte[(int) count];
    new DataInputStream(in).readFully(bytes);
    return bytes;
  }

  /** A zig-zag number of at most 64 bits. */
  private long number() throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException(name + ": expected a number, got the file's end");
      }
      value |= (long) (next & 0x7F) << shift;
      if (next < 0x80) {
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw broken("numbers of at most 64 bits");
  }

  private IOException broken(String expected) {
    return new IOException(
        name + ": expected " + expected + ", got something else before byte " + in.position);
  }

  private static final class CountingStream extends java.io.FilterInputStream {
    private long position;

    CountingStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int next = super.read();
      if (next >= 0) {
        position++;
      }
      return next;
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
      int read = super.read(bytes, from, count);
      if (read > 0) {
        position += read;
      }
      return read;
    }
  }
}
