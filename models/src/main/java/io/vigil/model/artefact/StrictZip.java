package io.vigil.model.artefact;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads zip files that leave nothing to interpretation. Readers differ in whether they believe the
 * local headers or the central directory, so here both must say the same, the entries must fill the
 * file without a gap or an overlap, and every byte must be accounted for. Names are plain relative
 * paths and differ by more than case; links, encryption, comments and sizes that need zip64 are
 * refused. Stateless.
 *
 * <p>Layout: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
 */
public final class StrictZip {
  private static final int LOCAL = 0x04034b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int END_64 = 0x06064b50;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int DESCRIPTOR = 0x08074b50;
  private static final int LOCAL_BYTES = 30;
  private static final int CENTRAL_BYTES = 46;
  private static final int END_BYTES = 22;
  private static final int END_64_BYTES = 56;
  private static final int LOCATOR_64_BYTES = 20;
  private static final int DESCRIPTOR_BYTES = 16;
  private static final int HAS_DESCRIPTOR = 8;
  // What deflate's levels (1 and 2), descriptors and UTF-8 names set.
  private static final int KNOWN_FLAGS = 2 | 4 | HAS_DESCRIPTOR | 0x800;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;
  private static final int EXTRA_ZIP64 = 1;
  private static final int EXTRA_UNICODE_PATH = 0x7075;
  private static final int SMALL = 64 << 10;
  private static final int RATIO_MAX = 100;
  private static final int NAME_MAX = 256;

  private StrictZip() {}

  /**
   * What a file may cost to read.
   *
   * @param entries at most
   * @param entryBytes of one entry, unpacked
   * @param deflatedBytes of all entries that are compressed, unpacked
   */
  public record Limits(int entries, int entryBytes, int deflatedBytes) {}

  /**
   * An entry.
   *
   * @param name relative path with {@code /}; a folder's ends with it
   * @param content read-only, unpacked, its checksum verified
   */
  public record Entry(String name, ByteBuffer content) {
    /** A copy of the content. */
    public byte[] bytes() {
      byte[] bytes = new byte[content.remaining()];
      content.duplicate().get(bytes);
      return bytes;
    }

    /** Whether it is a folder. */
    public boolean folder() {
      return name.endsWith("/");
    }
  }

  /** What the central directory says of an entry. */
  private record Header(
      String name,
      byte[] rawName,
      int flags,
      int method,
      int crc,
      int packed,
      int size,
      int offset) {}

  /**
   * Reads all entries, in the order of the file.
   *
   * @throws IllegalArgumentException naming the entry and what is wrong with it
   */
  public static List<Entry> read(byte[] zip, Limits limits) {
    ByteBuffer in = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN).asReadOnlyBuffer();
    in.order(ByteOrder.LITTLE_ENDIAN);
    try {
      return entries(in, headers(in, limits), limits);
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalArgumentException("the zip is cut off or its offsets lead outside", e);
    }
  }

  private static List<Header> headers(ByteBuffer in, Limits limits) {
    int end = in.limit() - END_BYTES;
    if (end < 0 || in.getInt(end) != END) {
      throw new IllegalArgumentException(
          "expected a zip that ends with its end record, without a comment or anything after it");
    }
    int count = in.getShort(end + 10) & 0xffff;
    int size = in.getInt(end + 12);
    int start = in.getInt(end + 16);
    boolean plain =
        in.getShort(end + 4) == 0
            && in.getShort(end + 6) == 0
            && (in.getShort(end + 8) & 0xffff) == count
            && in.getShort(end + 20) == 0;
    if (!plain || size < 0 || start < 0 || count == 0xffff) {
      throw new IllegalArgumentException(
          "the end record must name one disk, no comment and nothing that needs zip64");
    }
    if (count < 1 || count > limits.entries()) {
      throw new IllegalArgumentException(
          "expected 1 to %d entries, the end record says %d".formatted(limits.entries(), count));
    }
    int after = start + size;
    if (after != end) {
      requireRedundantZip64(in, after, end, count, size, start);
    }
    List<Header> headers = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    int at = start;
    for (int i = 0; i < count; i++) {
      if (in.getInt(at) != CENTRAL) {
        throw new IllegalArgumentException("central header " + (i + 1) + " is not one");
      }
      int nameLength = in.getShort(at + 28) & 0xffff;
      int extraLength = in.getShort(at + 30) & 0xffff;
      Header header = header(in, at, nameLength);
      requireExtras(in, at + CENTRAL_BYTES + nameLength, extraLength, header.name());
      if (in.getShort(at + 32) != 0 || in.getShort(at + 34) != 0) {
        throw problem(header.name(), "has a comment or another disk");
      }
      requirePlainFile(in.get(at + 5), in.getInt(at + 38), header.name());
      if (!seen.add(header.name().toLowerCase(Locale.ROOT))) {
        throw problem(header.name(), "stands twice, upper and lower case being the same");
      }
      if (header.size() < 0 || header.size() > limits.entryBytes() || header.packed() < 0) {
        throw problem(
            header.name(),
            "must have at most %d bytes, says %d"
                .formatted(limits.entryBytes(), Integer.toUnsignedLong(header.size())));
      }
      headers.add(header);
      at += CENTRAL_BYTES + nameLength + extraLength;
    }
    if (at != after) {
      throw new IllegalArgumentException("the central directory must end with its last header");
    }
    headers.sort(Comparator.comparingInt(Header::offset));
    return headers;
  }

  /** PyTorch writes the end record of zip64 always; it must only repeat what the other one says. */
  private static void requireRedundantZip64(
      ByteBuffer in, int from, int end, int count, int size, int start) {
    boolean same =
        end - from == END_64_BYTES + LOCATOR_64_BYTES
            && in.getInt(from) == END_64
            && in.getLong(from + 4) == END_64_BYTES - 12
            && in.getLong(from + 16) == 0
            && in.getLong(from + 24) == count
            && in.getLong(from + 32) == count
            && in.getLong(from + 40) == size
            && in.getLong(from + 48) == start
            && in.getInt(from + END_64_BYTES) == LOCATOR_64
            && in.getInt(from + END_64_BYTES + 4) == 0
            && in.getLong(from + END_64_BYTES + 8) == from
            && in.getInt(from + END_64_BYTES + 16) == 1;
    if (!same) {
      throw new IllegalArgumentException(
          "what stands between the central directory and the end record must be zip64's end"
              + " record, saying the same");
    }
  }

  private static Header header(ByteBuffer in, int at, int nameLength) {
    byte[] raw = new byte[nameLength];
    in.get(at + CENTRAL_BYTES, raw);
    return new Header(
        name(raw),
        raw,
        in.getShort(at + 8) & 0xffff,
        in.getShort(at + 10) & 0xffff,
        in.getInt(at + 16),
        in.getInt(at + 20),
        in.getInt(at + 24),
        in.getInt(at + 42));
  }

  private static String name(byte[] raw) {
    String name;
    try {
      name = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a name is not UTF-8", e);
    }
    boolean legal = !name.isEmpty() && name.length() <= NAME_MAX && name.matches("[\\x20-\\x7e]+");
    for (String part : name.split("/", -1)) {
      legal &= !part.equals("..") && !part.equals(".");
    }
    boolean emptyPart = name.startsWith("/") || name.contains("//");
    if (!legal || emptyPart || name.contains("\\") || name.contains(":")) {
      throw problem(
          name.replaceAll("[^\\x20-\\x7e]", "?"),
          "must be a relative path of printable ASCII, without '..', '\\' or ':'");
    }
    return name;
  }

  private static void requirePlainFile(byte madeBy, int attributes, String name) {
    // Unix puts the file's mode into the upper half, whatever system the header claims to be from.
    int type = attributes >>> 28;
    boolean regular = type == 0 || type == 8;
    boolean folder = type == 4 && name.endsWith("/");
    if (!regular && !folder) {
      throw problem(
          name,
          "must be a plain file, not a link or device (made by %d, mode %o)"
              .formatted(madeBy, attributes >>> 16));
    }
  }

  private static void requireExtras(ByteBuffer in, int from, int length, String name) {
    int at = from;
    while (at < from + length) {
      int id = in.getShort(at) & 0xffff;
      if (id == EXTRA_ZIP64 || id == EXTRA_UNICODE_PATH) {
        throw problem(
            name, "has an extra field %04x, which says its size or name anew".formatted(id));
      }
      at += 4 + (in.getShort(at + 2) & 0xffff);
    }
    if (at != from + length) {
      throw problem(name, "has an extra field that is cut off");
    }
  }

  private static List<Entry> entries(ByteBuffer in, List<Header> headers, Limits limits) {
    List<Entry> entries = new ArrayList<>();
    int at = 0;
    long deflated = 0;
    for (Header header : headers) {
      if (header.offset() != at) {
        throw problem(
            header.name(),
            "must begin where the entry before it ends, at %d, begins at %d"
                .formatted(at, Integer.toUnsignedLong(header.offset())));
      }
      int data = requireLocal(in, header);
      int end = Math.addExact(data, header.packed());
      if (header.method() == DEFLATED) {
        deflated += header.size();
        if (deflated > limits.deflatedBytes()) {
          throw problem(
              header.name(),
              "brings what is compressed to more than %d bytes".formatted(limits.deflatedBytes()));
        }
      }
      ByteBuffer content = content(in, header, data);
      if (header.name().endsWith("/") && content.hasRemaining()) {
        throw problem(header.name(), "is a folder with content");
      }
      entries.add(new Entry(header.name(), content));
      at = (header.flags() & HAS_DESCRIPTOR) == 0 ? end : requireDescriptor(in, header, end);
    }
    if (in.getInt(at) != CENTRAL) {
      throw new IllegalArgumentException(
          "the central directory must begin where the last entry ends, at " + at);
    }
    return entries;
  }

  /** Where the data begins. */
  private static int requireLocal(ByteBuffer in, Header header) {
    int at = header.offset();
    if (in.getInt(at) != LOCAL) {
      throw problem(header.name(), "has no local header where the directory says");
    }
    byte[] name = new byte[in.getShort(at + 26) & 0xffff];
    in.get(at + LOCAL_BYTES, name);
    int flags = in.getShort(at + 6) & 0xffff;
    int crc = in.getInt(at + 14);
    int packed = in.getInt(at + 18);
    int size = in.getInt(at + 22);
    boolean later = (flags & HAS_DESCRIPTOR) != 0;
    boolean sizes =
        (crc == header.crc() && packed == header.packed() && size == header.size())
            || (later && crc == 0 && packed == 0 && size == 0);
    boolean same =
        Arrays.equals(name, header.rawName())
            && flags == header.flags()
            && (in.getShort(at + 8) & 0xffff) == header.method()
            && sizes;
    if (!same) {
      throw problem(header.name(), "has a local header that says something else");
    }
    if ((flags & ~KNOWN_FLAGS) != 0) {
      throw problem(header.name(), "has the flags %04x: encrypted or unknown".formatted(flags));
    }
    int extraLength = in.getShort(at + 28) & 0xffff;
    requireExtras(in, at + LOCAL_BYTES + name.length, extraLength, header.name());
    return at + LOCAL_BYTES + name.length + extraLength;
  }

  private static int requireDescriptor(ByteBuffer in, Header header, int at) {
    boolean same =
        in.getInt(at) == DESCRIPTOR
            && in.getInt(at + 4) == header.crc()
            && in.getInt(at + 8) == header.packed()
            && in.getInt(at + 12) == header.size();
    if (!same) {
      throw problem(header.name(), "has a data descriptor that says something else");
    }
    return at + DESCRIPTOR_BYTES;
  }

  private static ByteBuffer content(ByteBuffer in, Header header, int data) {
    ByteBuffer packed = in.slice(data, header.packed());
    ByteBuffer content;
    if (header.method() == STORED) {
      if (header.packed() != header.size()) {
        throw problem(header.name(), "is stored, but says two sizes");
      }
      content = packed;
    } else if (header.method() == DEFLATED) {
      if (header.size() > SMALL && header.size() / RATIO_MAX > header.packed()) {
        throw problem(
            header.name(),
            "grows from %d to %d bytes: at most %d times is believed"
                .formatted(header.packed(), header.size(), RATIO_MAX));
      }
      content = inflate(packed, header);
    } else {
      throw problem(header.name(), "must be stored or deflated, is " + header.method());
    }
    CRC32 crc = new CRC32();
    crc.update(content.duplicate());
    if ((int) crc.getValue() != header.crc()) {
      throw problem(header.name(), "does not have its checksum");
    }
    return content;
  }

  private static ByteBuffer inflate(ByteBuffer packed, Header header) {
    // One byte more, so that what grows beyond its size is seen to.
    byte[] content = new byte[header.size() + 1];
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(packed);
      int length = 0;
      while (!inflater.finished() && length < content.length) {
        int count = inflater.inflate(content, length, content.length - length);
        if (count == 0 && !inflater.finished()) {
          break;
        }
        length += count;
      }
      if (!inflater.finished() || length != header.size() || inflater.getRemaining() > 0) {
        throw problem(
            header.name(),
            "must unpack to exactly the %d bytes that it says".formatted(header.size()));
      }
      return ByteBuffer.wrap(content, 0, length).slice().asReadOnlyBuffer();
    } catch (DataFormatException e) {
      throw new IllegalArgumentException("entry '" + header.name() + "' is not deflated data", e);
    } finally {
      inflater.end();
    }
  }

  private static IllegalArgumentException problem(String name, String what) {
    return new IllegalArgumentException("entry '" + name + "' " + what);
  }
}
