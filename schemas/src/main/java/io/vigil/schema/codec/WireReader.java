package io.vigil.schema.codec;

import io.vigil.schema.codec.DecodeException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.io.Decoder;
import org.apache.avro.util.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * Reads Avro's binary encoding from an array. Unlike Avro's own decoder it never allocates more
 * than what remains of the input, so corrupt lengths cannot exhaust the heap, and it refuses text
 * that is not UTF-8: two different ids must not read as the same replacement characters.
 *
 * <p>Thread-confined. Every fault of the input is a {@link DecodeException}.
 */
final class WireReader extends Decoder {
  private static final char REPLACEMENT = '\uFFFD';

  private byte[] bytes = new byte[0];
  private int position;

  /** Starts at an offset of an array, which is read until its end and never changed. */
  WireReader at(byte[] bytes, int offset) {
    this.bytes = bytes;
    this.position = offset;
    return this;
  }

  /** The place behind what was read. */
  int position() {
    return position;
  }

  /** Throws {@code trailing_bytes} unless everything was read. */
  void end() throws DecodeException {
    if (position != bytes.length) {
      throw new DecodeException(
          Reason.TRAILING_BYTES,
          "the record ends at byte " + position + " of " + bytes.length + " bytes");
    }
  }

  @Override
  public void readNull() {}

  @Override
  public boolean readBoolean() throws DecodeException {
    need(1);
    byte value = bytes[position++];
    if (value != 0 && value != 1) {
      throw malformed("a boolean of 0 or 1", value);
    }
    return value == 1;
  }

  @Override
  public int readInt() throws DecodeException {
    long value = readLong();
    if (value != (int) value) {
      throw malformed("a number of 32 bits", value);
    }
    return (int) value;
  }

  @Override
  public long readLong() throws DecodeException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position >= bytes.length) {
        throw truncated(1);
      }
      byte next = bytes[position++];
      if (shift == 63 && (next & 0xFE) != 0) {
        break;
      }
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw new DecodeException(
        Reason.MALFORMED, "expected a number of at most 64 bits before byte " + position);
  }

  @Override
  public float readFloat() throws DecodeException {
    need(4);
    int bits = 0;
    for (int i = 3; i >= 0; i--) {
      bits = bits << 8 | (bytes[position + i] & 0xFF);
    }
    position += 4;
    return Float.intBitsToFloat(bits);
  }

  @Override
  public double readDouble() throws DecodeException {
    need(8);
    long bits = 0;
    for (int i = 7; i >= 0; i--) {
      bits = bits << 8 | (bytes[position + i] & 0xFF);
    }
    position += 8;
    return Double.longBitsToDouble(bits);
  }

  @Override
  public String readString() throws DecodeException {
    int length = length();
    int start = position;
    position += length;
    String text = new String(bytes, start, length, StandardCharsets.UTF_8);
    // The JDK replaces what is not UTF-8. The search costs nothing for Latin text.
    if (text.indexOf(REPLACEMENT) >= 0) {
      try {
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, start, length));
      } catch (CharacterCodingException e) {
        throw new DecodeException(
            Reason.MALFORMED, "expected UTF-8 text of " + length + " bytes at byte " + start, e);
      }
    }
    return text;
  }

  @Override
  public Utf8 readString(@Nullable Utf8 old) throws DecodeException {
    return new Utf8(readString());
  }

  @Override
  public void skipString() throws DecodeException {
    int length = length(); // Moves the position itself.
    position += length;
  }

  @Override
  public ByteBuffer readBytes(@Nullable ByteBuffer old) throws DecodeException {
    int length = length();
    byte[] copy = new byte[length];
    System.arraycopy(bytes, position, copy, 0, length);
    position += length;
    return ByteBuffer.wrap(copy);
  }

  @Override
  public void skipBytes() throws DecodeException {
    int length = length(); // Moves the position itself.
    position += length;
  }

  @Override
  public void readFixed(byte[] target, int start, int length) throws DecodeException {
    need(length);
    System.arraycopy(bytes, position, target, start, length);
    position += length;
  }

  @Override
  public void skipFixed(int length) throws DecodeException {
    need(length);
    position += length;
  }

  @Override
  public int readEnum() throws DecodeException {
    return readInt();
  }

  @Override
  public int readIndex() throws DecodeException {
    return readInt();
  }

  @Override
  public long readArrayStart() throws DecodeException {
    return blockCount();
  }

  @Override
  public long arrayNext() throws DecodeException {
    return blockCount();
  }

  @Override
  public long skipArray() throws DecodeException {
    return blockCount();
  }

  @Override
  public long readMapStart() throws DecodeException {
    return blockCount();
  }

  @Override
  public long mapNext() throws DecodeException {
    return blockCount();
  }

  @Override
  public long skipMap() throws DecodeException {
    return blockCount();
  }

  /** Items of the next block. No contract has items of zero bytes, so each takes at least one. */
  private long blockCount() throws DecodeException {
    long count = readLong();
    if (count < 0) {
      length(); // A negative count is followed by the block's size in bytes.
      count = -count;
    }
    if (count < 0 || count > bytes.length - position) {
      throw truncated(count);
    }
    return count;
  }

  private int length() throws DecodeException {
    long length = readLong();
    if (length < 0) {
      throw malformed("a length of 0 or more", length);
    }
    need(length);
    return (int) length;
  }

  private void need(long length) throws DecodeException {
    if (length > bytes.length - position) {
      throw truncated(length);
    }
  }

  private DecodeException truncated(long length) {
    return new DecodeException(
        Reason.TRUNCATED,
        "expected "
            + Long.toUnsignedString(length)
            + " more bytes or items at byte "
            + position
            + ", got "
            + (bytes.length - position));
  }

  DecodeException malformed(String expected, long actual) {
    return new DecodeException(
        Reason.MALFORMED, "expected " + expected + " before byte " + position + ", got " + actual);
  }
}
