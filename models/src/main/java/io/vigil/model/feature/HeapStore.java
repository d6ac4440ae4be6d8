package io.vigil.model.feature;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An entity's state on the heap, for offline runs and tests. Not thread-safe. */
public final class HeapStore implements EntityStore {
  private final String key;
  private byte @Nullable [] hot;
  private @Nullable Map<Integer, byte[]> chunks;

  /**
   * @param key tells the entity from all others of its plan
   */
  public HeapStore(String key) {
    this.key = key;
  }

  /** Another store of the same content; what is written to one is not seen in the other. */
  public HeapStore copy() {
    HeapStore copy = new HeapStore(key);
    // Values are replaced, never changed in place.
    copy.hot = hot;
    copy.chunks = chunks == null ? null : new HashMap<>(chunks);
    return copy;
  }

  @Override
  public String key() {
    return key;
  }

  @Override
  public byte @Nullable [] hot() {
    return hot;
  }

  @Override
  public void hot(byte[] value) {
    hot = value;
  }

  @Override
  public byte[] chunk(int number) {
    byte[] value = chunks == null ? null : chunks.get(number);
    if (value == null) {
      throw new IllegalArgumentException(
          "chunk of " + key + ": expected one that was written, got " + number);
    }
    return value;
  }

  @Override
  public void chunk(int number, byte[] value) {
    if (chunks == null) {
      chunks = new HashMap<>();
    }
    chunks.put(number, value);
  }

  @Override
  public void drop(int number) {
    if (chunks != null) {
      chunks.remove(number);
    }
  }

  /** The chunks by number, in order; not to be changed. */
  public SortedMap<Integer, byte[]> chunks() {
    return chunks == null ? new TreeMap<>() : new TreeMap<>(chunks);
  }

  /** Bytes of the hot value and all chunks. */
  public long bytes() {
    long bytes = hot == null ? 0 : hot.length;
    if (chunks != null) {
      for (byte[] chunk : chunks.values()) {
        bytes += chunk.length;
      }
    }
    return bytes;
  }
}
