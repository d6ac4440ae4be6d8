package io.vigil.model.feature;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Reads what {@link ByteWriter} wrote. Single-threaded. */
final class ByteReader {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes = new byte[0];
  private int at;

  void wrap(byte[] source) {
    bytes = source;
    at = 0;
  }

  byte[] source() {
    return bytes;
  }

  /** The position of the next byte. */
  int at() {
    return at;
  }

  boolean hasMore() {
    return at < bytes.length;
  }

  long fixed() {
    long value = (long) LONGS.get(bytes, at);
    at += Long.BYTES;
    return value;
  }

  /** Four bytes, the highest first. */
  int four() {
    int value = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
      value |= (bytes[at++] & 0xFF) << shift;
    }
    return value;
  }

  /** An unsigned number, seven bits a byte, the lowest first. */
  long varint() {
    byte next = bytes[at++];
    if (next >= 0) {
      return next;
    }
    long value = next & 0x7F;
    for (int shift = 7; ; shift += 7) {
      next = bytes[at++];
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  long zigzag() {
    long value = varint();
    return value >>> 1 ^ -(value & 1);
  }

  /**
   * A number of entries.
   *
   * @throws IllegalArgumentException when it is above {@code max}
   */
  int length(int max) {
    long length = varint();
    if (length < 0 || length > max) {
      throw new IllegalArgumentException("state: expected at most " + max + ", got " + length);
    }
    return (int) length;
  }
}
