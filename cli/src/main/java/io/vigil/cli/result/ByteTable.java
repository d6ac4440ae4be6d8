package io.vigil.cli.result;

import java.util.Arrays;

/**
 * A set of byte-string keys, each with a fixed number of bytes beside it: an arena and an open hash
 * table of offsets into it, about 12 bytes a key on top of the key and what stands beside it.
 *
 * <p>A key's <i>handle</i> stays valid for the life of the table. Holds up to 8 GiB of entries.
 * Keys are at most 65,535 bytes. Not thread-safe.
 */
final class ByteTable {

  private static final int CHUNK_BITS = 20;
  private static final int CHUNK = 1 << CHUNK_BITS;
  private static final int CHUNK_MASK = CHUNK - 1;

  /** Entries begin at multiples of four bytes, so that an int can address 8 GiB. */
  private static final int ALIGN_BITS = 2;

  private static final int LENGTH_BYTES = 2;
  private static final int EMPTY = -1;

  private final int valueBytes;
  private byte[][] chunks = new byte[1][];
  private int chunk;
  private int position;
  private int[] slots = new int[1 << 10];
  private int size;

  /**
   * Makes an empty table.
   *
   * @param valueBytes how many bytes stand beside each key, 0 or more
   */
  ByteTable(int valueBytes) {
    this.valueBytes = valueBytes;
    chunks[0] = new byte[CHUNK];
    Arrays.fill(slots, EMPTY);
  }

  /** The number of keys. */
  int size() {
    return size;
  }

  /**
   * Finds a key, or adds it with zeros beside it.
   *
   * @return the key's handle when it was new, the complement of the handle (negative) otherwise
   */
  int add(byte[] key, int offset, int length) {
    if (length > 0xFFFF) {
      throw new IllegalArgumentException("key of " + length + " bytes, expected at most 65535");
    }
    if (size * 2L >= slots.length) {
      grow();
    }
    int slot = hash(key, offset, length) & (slots.length - 1);
    while (slots[slot] != EMPTY) {
      if (equal(slots[slot], key, offset, length)) {
        return ~slots[slot];
      }
      slot = (slot + 1) & (slots.length - 1);
    }
    int handle = append(key, offset, length);
    slots[slot] = handle;
    size++;
    return handle;
  }

  /** The array that holds the entry; its positions are given by the other methods. */
  byte[] chunkOf(int handle) {
    return chunks[handle >>> (CHUNK_BITS - ALIGN_BITS)];
  }

  /** Where the bytes beside the key begin in {@link #chunkOf}. */
  int valueAt(int handle) {
    return ((handle << ALIGN_BITS) & CHUNK_MASK) + LENGTH_BYTES;
  }

  /** Where the key begins in {@link #chunkOf}. */
  int keyAt(int handle) {
    return valueAt(handle) + valueBytes;
  }

  /** Bytes of the key. */
  int keyLength(int handle) {
    byte[] bytes = chunkOf(handle);
    int at = (handle << ALIGN_BITS) & CHUNK_MASK;
    return (bytes[at] & 0xFF) << 8 | (bytes[at + 1] & 0xFF);
  }

  /** The handles of all keys, in shortlex order: shorter keys first, then by unsigned byte. */
  int[] shortlex() {
    int[] handles = new int[size];
    int n = 0;
    for (int slot : slots) {
      if (slot != EMPTY) {
        handles[n++] = slot;
      }
    }
    new ShortlexSort(this).sort(handles);
    return handles;
  }

  private int append(byte[] key, int offset, int length) {
    int bytes = LENGTH_BYTES + valueBytes + length;
    if (position + bytes > CHUNK) {
      if (bytes > CHUNK) {
        throw new IllegalArgumentException("entry of " + bytes + " bytes");
      }
      chunk++;
      if (chunk >= 1 << (Integer.SIZE - 1 + ALIGN_BITS - CHUNK_BITS)) {
        throw new IllegalStateException("more than 8 GiB of keys");
      }
      if (chunk == chunks.length) {
        chunks = Arrays.copyOf(chunks, chunk * 2);
      }
      chunks[chunk] = new byte[CHUNK];
      position = 0;
    }
    byte[] into = chunks[chunk];
    int handle = (chunk << (CHUNK_BITS - ALIGN_BITS)) | (position >>> ALIGN_BITS);
    into[position] = (byte) (length >>> 8);
    into[position + 1] = (byte) length;
    System.arraycopy(key, offset, into, position + LENGTH_BYTES + valueBytes, length);
    int align = (1 << ALIGN_BITS) - 1;
    position = (position + bytes + align) & ~align;
    return handle;
  }

  private boolean equal(int handle, byte[] key, int offset, int length) {
    int at = keyAt(handle);
    return keyLength(handle) == length
        && Arrays.equals(chunkOf(handle), at, at + length, key, offset, offset + length);
  }

  private void grow() {
    int[] old = slots;
    slots = new int[old.length * 2];
    Arrays.fill(slots, EMPTY);
    for (int handle : old) {
      if (handle != EMPTY) {
        int slot = hash(chunkOf(handle), keyAt(handle), keyLength(handle)) & (slots.length - 1);
        while (slots[slot] != EMPTY) {
          slot = (slot + 1) & (slots.length - 1);
        }
        slots[slot] = handle;
      }
    }
  }

  /** FNV-1a, then the finaliser of MurmurHash3: consecutive numbers must not cluster. */
  private static int hash(byte[] key, int offset, int length) {
    int hash = 0x811C9DC5;
    for (int i = offset; i < offset + length; i++) {
      hash = (hash ^ key[i]) * 0x01000193;
    }
    hash = (hash ^ (hash >>> 16)) * 0x85EBCA6B;
    hash = (hash ^ (hash >>> 13)) * 0xC2B2AE35;
    return hash ^ (hash >>> 16);
  }
}
