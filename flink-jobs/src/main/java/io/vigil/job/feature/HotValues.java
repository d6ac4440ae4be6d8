package io.vigil.job.feature;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The values that were touched last, kept off RocksDB: busy entities are read and written many
 * times in a short while, and every rewrite of a value costs RocksDB far more than it costs us.
 * Write-back, least recently used goes first, bounded in entries and bytes. How many may be
 * unwritten is bounded on its own: a checkpoint has to write them all before it goes on. Not
 * thread-safe.
 */
public final class HotValues {
  private final Store store;
  private final int entriesMax;
  private final long bytesMax;
  private final int unwrittenMax;

  /** A value is in one of the two. */
  private final Map<String, byte @Nullable []> written = leastRecentlyUsedFirst();

  private final Map<String, byte[]> unwritten = leastRecentlyUsedFirst();
  private long bytes;
  private long hits;
  private long misses;

  /** Where values live in the end. */
  public interface Store {
    byte @Nullable [] read(String key) throws Exception;

    void write(String key, byte[] value) throws Exception;
  }

  /**
   * @param entriesMax values kept at the most, 0 or more; 0 keeps none
   * @param bytesMax bytes of values kept at the most, 0 or more
   * @param unwrittenMax values that the store does not have yet at the most, 0 or more
   */
  public HotValues(Store store, int entriesMax, long bytesMax, int unwrittenMax) {
    this.store = store;
    this.entriesMax = entriesMax;
    this.bytesMax = bytesMax;
    this.unwrittenMax = unwrittenMax;
  }

  /** The key's value, or null when it has none. */
  public byte @Nullable [] get(String key) throws Exception {
    byte[] value = unwritten.get(key);
    if (value != null) {
      hits++;
      return value;
    }
    value = written.get(key);
    if (value != null || written.containsKey(key)) {
      hits++;
    } else {
      misses++;
      value = store.read(key);
      bytes += length(value);
      written.put(key, value);
    }
    return value;
  }

  /** Sets the value of a key that was just read. */
  public void put(String key, byte[] value) throws Exception {
    bytes += value.length - length(written.remove(key)) - length(unwritten.put(key, value));
    if (unwritten.size() > unwrittenMax) {
      writeEldest();
    }
    while (written.size() + unwritten.size() > entriesMax || bytes > bytesMax) {
      if (written.isEmpty()) {
        writeEldest();
      }
      bytes -= length(removeEldest(written).getValue());
    }
  }

  /** Keeps nothing of a key any more, and writes nothing of it. */
  void forget(String key) {
    bytes -= length(written.remove(key)) + length(unwritten.remove(key));
  }

  /** Values that were asked for and kept. */
  long hits() {
    return hits;
  }

  /** Values that were asked for and read from the store. */
  long misses() {
    return misses;
  }

  /** Values that are kept. */
  int entries() {
    return written.size() + unwritten.size();
  }

  /** Bytes of the values that are kept. */
  long bytes() {
    return bytes;
  }

  /** Values that the store does not have yet. */
  int unwritten() {
    return unwritten.size();
  }

  /** Writes everything that changed; the values stay. */
  public void flush() throws Exception {
    while (!unwritten.isEmpty()) {
      writeEldest();
    }
  }

  private void writeEldest() throws Exception {
    Map.Entry<String, byte[]> eldest = removeEldest(unwritten);
    store.write(eldest.getKey(), eldest.getValue());
    written.put(eldest.getKey(), eldest.getValue());
  }

  private static <V extends @Nullable Object> Map.Entry<String, V> removeEldest(
      Map<String, V> values) {
    Iterator<Map.Entry<String, V>> eldestFirst = values.entrySet().iterator();
    Map.Entry<String, V> eldest = eldestFirst.next();
    eldestFirst.remove();
    return eldest;
  }

  private static <V extends @Nullable Object> Map<String, V> leastRecentlyUsedFirst() {
    return new LinkedHashMap<>(1024, 0.75f, true);
  }

  private static int length(byte @Nullable [] value) {
    return value == null ? 0 : value.length;
  }
}
