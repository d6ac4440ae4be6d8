package io.vigil.model.feature;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A reused buffer for packed state. Single-threaded. */
final class ByteWriter {
  private static final int VARINT_MAX = 10;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes = new byte[1024];
  private int size;

  void clear() {
    size = 0;
  }

  byte[] copy() {
    return Arrays.copyOf(bytes, size);
  }

  /** Takes over the bytes {@code from} until {@code to} of an array. */
  void all(byte[] values, int from, int to) {
    reserve(to - from);
    System.arraycopy(values, from, bytes, size, to - from);
    size += to - from;
  }

  /** Four bytes, the highest first. */
  void four(int value) {
    reserve(Integer.BYTES);
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes[size++] = (byte) (value >>> shift);
    }
  }

  void fixed(long value) {
    reserve(Long.BYTES);
    LONGS.set(bytes, size, value);
    size += Long.BYTES;
  }

  void varint(long value) {
    reserve(VARINT_MAX);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** Small magnitudes of either sign take few bytes. */
  void zigzag(long value) {
    varint(value << 1 ^ value >> 63);
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, 2 * bytes.length));
    }
  }
}
