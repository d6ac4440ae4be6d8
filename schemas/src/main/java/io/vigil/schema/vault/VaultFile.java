package io.vigil.schema.vault;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A file of records in batches. A batch is there as a whole or not at all, whenever the process or
 * the machine stops; records of earlier batches can be overwritten where they stand.
 *
 * <p>A header of 16 bytes, then records: payload length (4), type (1), payload, CRC-32C of all that
 * (4), big endian. Each batch ends with a record of type 0 that holds its number. A batch is on the
 * disk before the next one is written, so what a crash tore can only be the last: it is cut off,
 * and damage elsewhere is refused. The caller holds the vault's lock. Not thread-safe.
 */
final class VaultFile implements Closeable {
  /** Where a record stands: the first byte of its frame, and how many bytes the frame has. */
  record Place(long offset, int length) {}

  /** Takes the records of finished batches in their order. */
  @FunctionalInterface
  interface Reader {
    void read(int type, byte[] payload, Place place);
  }

  private record Found(int type, byte[] payload, Place place) {}

  static final int TYPE_MIN = 2;

  private static final int END = 0;
  private static final int HOLE = 1;
  private static final int HEADER_BYTES = 16;
  private static final int FRAME_BYTES = 9;
  private static final int PAYLOAD_BYTES_MAX = 1 << 24;
  private static final int WINDOW_BYTES = 1 << 20;
  private static final long MAGIC = 0x564947494C564C54L; // VIGILVLT
  private static final int FORMAT = 1;

  private final Path path;
  private final int kind;
  private final FileChannel channel;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private long end;
  private long batches;
  private ByteBuffer window = ByteBuffer.allocate(0);
  private long windowAt;

  private VaultFile(Path path, int kind, FileChannel channel) {
    this.path = path;
    this.kind = kind;
    this.channel = channel;
  }

  /**
   * Opens a file, which is made when it is missing; {@link #refresh} reads it.
   *
   * @param kind what the file is, so that none is taken for another
   */
  static VaultFile open(Path path, int kind) throws IOException {
    Set<PosixFilePermission> owner = PosixFilePermissions.fromString("rw-------");
    FileAttribute<Set<PosixFilePermission>> attribute = PosixFilePermissions.asFileAttribute(owner);
    FileChannel channel =
        FileChannel.open(
            path,
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE),
            attribute);
    VaultFile file = new VaultFile(path, kind, channel);
    try {
      file.header();
      return file;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void header() throws IOException {
    ByteBuffer expected =
        ByteBuffer.allocate(HEADER_BYTES).putLong(MAGIC).putInt(FORMAT).putInt(kind).flip();
    if (channel.size() < HEADER_BYTES) {
      channel.truncate(0);
      write(expected.duplicate(), 0);
      channel.force(true);
      forceFolderOf(path);
    }
    ByteBuffer header = read(0, HEADER_BYTES);
    if (!header.equals(expected)) {
      throw new VaultException(path + ": expected a vault's file of format 1, got another file");
    }
    end = HEADER_BYTES;
  }

  /**
   * Reads the batches that were added since the last time, by whomever, and cuts off a torn one.
   *
   * @throws VaultException when the file is damaged, and not by a crash
   */
  void refresh(Reader reader) throws IOException {
    long size = channel.size();
    if (size == end) {
      return;
    }
    if (size < end) {
      throw new VaultException(
          "%s: expected at least %d bytes, got %d: it was cut".formatted(path, end, size));
    }
    List<Found> batch = new ArrayList<>();
    long at = end;
    while (at < size) {
      Found found = frame(at, size);
      if (found == null) {
        break;
      }
      at += found.place.length;
      if (found.type != END) {
        batch.add(found);
        continue;
      }
      long number = ByteBuffer.wrap(found.payload).getLong();
      if (number != batches) {
        throw damaged(found.place.offset);
      }
      batches++;
      end = at;
      batch.stream()
          .filter(each -> each.type != HOLE)
          .forEach(each -> reader.read(each.type, each.payload, each.place));
      batch.clear();
    }
    if (end < size) {
      refuseDamage(size);
      channel.truncate(end);
      channel.force(true);
    }
    window = ByteBuffer.allocate(0);
  }

  /** The next {@link #refresh} reads everything again. */
  void rewind() {
    end = HEADER_BYTES;
    batches = 0;
  }

  /** A later batch was begun only after this one was safe: then no crash tore this one. */
  private void refuseDamage(long size) throws IOException {
    int length = FRAME_BYTES + Long.BYTES;
    ByteBuffer mark = ByteBuffer.wrap(new byte[] {0, 0, 0, Long.BYTES, END});
    for (long at = end; at + length <= size; at++) {
      if (ahead(at, Integer.BYTES + 1, size).equals(mark)) {
        Found found = frame(at, size);
        if (found != null && ByteBuffer.wrap(found.payload).getLong() > batches) {
          throw damaged(end);
        }
      }
    }
  }

  private VaultException damaged(long offset) {
    return new VaultException("%s: damaged in the batch at byte %d".formatted(path, offset));
  }

  /** The record there, or null when there is none that is whole. */
  private @Nullable Found frame(long at, long size) throws IOException {
    if (at + FRAME_BYTES > size) {
      return null;
    }
    int payload = ahead(at, Integer.BYTES, size).getInt();
    if (payload < 0 || payload > PAYLOAD_BYTES_MAX || at + FRAME_BYTES + payload > size) {
      return null;
    }
    byte[] frame = new byte[FRAME_BYTES + payload];
    ahead(at, frame.length, size).get(frame);
    int crc = ByteBuffer.wrap(frame).getInt(frame.length - Integer.BYTES);
    if (crc != crc(frame)) {
      return null;
    }
    int type = frame[Integer.BYTES];
    byte[] bytes = new byte[payload];
    System.arraycopy(frame, Integer.BYTES + 1, bytes, 0, payload);
    return type == END && payload != Long.BYTES
        ? null
        : new Found(type, bytes, new Place(at, frame.length));
  }

  /** What stands there, read with much of what follows. */
  private ByteBuffer ahead(long at, int length, long size) throws IOException {
    if (at < windowAt || at + length > windowAt + window.limit()) {
      window = read(at, (int) Math.min(size - at, Math.max(length, WINDOW_BYTES)));
      windowAt = at;
    }
    return window.slice((int) (at - windowAt), length);
  }

  /** Adds a record to the batch that {@link #commit} writes; says where it will stand. */
  Place append(int type, byte[] payload) {
    if (type < TYPE_MIN || payload.length > PAYLOAD_BYTES_MAX) {
      throw new IllegalArgumentException(type + ": " + payload.length + " bytes");
    }
    long offset = end + pending.size();
    byte[] frame = framed(type, payload);
    pending.writeBytes(frame);
    return new Place(offset, frame.length);
  }

  /** Forgets the batch that was not committed. */
  void discard() {
    pending.reset();
  }

  /** Writes the batch, if there is one, and returns when it is on the disk. */
  void commit() throws IOException {
    if (pending.size() == 0) {
      return;
    }
    pending.writeBytes(framed(END, ByteBuffer.allocate(Long.BYTES).putLong(batches).array()));
    byte[] batch = pending.toByteArray();
    pending.reset();
    write(ByteBuffer.wrap(batch), end);
    channel.force(false);
    end += batch.length;
    batches++;
  }

  /** The payload of a record. */
  byte[] payload(Place place) throws IOException {
    byte[] bytes = new byte[place.length - FRAME_BYTES];
    read(place.offset, place.length).position(Integer.BYTES + 1).get(bytes);
    return bytes;
  }

  /** Overwrites records where they stand, and returns when that is on the disk. Can be repeated. */
  void erase(List<Place> places) throws IOException {
    for (Place place : places) {
      write(ByteBuffer.wrap(framed(HOLE, new byte[place.length - FRAME_BYTES])), place.offset);
    }
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static byte[] framed(int type, byte[] payload) {
    byte[] frame = new byte[FRAME_BYTES + payload.length];
    ByteBuffer out = ByteBuffer.wrap(frame).putInt(payload.length).put((byte) type).put(payload);
    out.putInt(crc(frame));
    return frame;
  }

  /** Of a frame without its last four bytes. */
  private static int crc(byte[] frame) {
    CRC32C crc = new CRC32C();
    crc.update(frame, 0, frame.length - Integer.BYTES);
    return (int) crc.getValue();
  }

  private void write(ByteBuffer bytes, long offset) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  private ByteBuffer read(long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, offset + bytes.position()) < 0) {
        throw new VaultException(
            "%s: expected %d bytes at byte %d, got %d"
                .formatted(path, length, offset, bytes.position()));
      }
    }
    return bytes.flip();
  }

  static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** So that a file's name is on the disk, too. */
  static void forceFolderOf(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(folder(file), StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  static Path folder(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IllegalArgumentException(file + " is no file");
    }
    return folder;
  }
}
