package io.vigil.job.feature;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The values that were touched last, kept off RocksDB until they are evicted or a checkpoint comes:
 * busy entities are read and written many times between two checkpoints, and every rewrite of a
 * value costs RocksDB far more than it costs us. Write-back, least recently used goes first,
 * bounded in entries and bytes. Not thread-safe.
 */
public final class HotValues {
  private final Store store;
  private final int entriesMax;
  private final long bytesMax;
  private final LinkedHashMap<String, Entry> entries = new LinkedHashMap<>(1024, 0.75f, true);
  private long bytes;

  /** Where values live in the end. */
  public interface Store {
    byte @Nullable [] read(String key) throws Exception;

    void write(String key, byte[] value) throws Exception;
  }

  private static final class Entry {
    private byte @Nullable [] value;
    private boolean dirty;
  }

  /**
   * @param entriesMax values kept at the most, 0 or more; 0 keeps none
   * @param bytesMax bytes of values kept at the most, 0 or more
   */
  public HotValues(Store store, int entriesMax, long bytesMax) {
    this.store = store;
    this.entriesMax = entriesMax;
    this.bytesMax = bytesMax;
  }

  /** The key's value, or null when it has none. */
  public byte @Nullable [] get(String key) throws Exception {
    Entry entry = entries.get(key);
    if (entry == null) {
      entry = new Entry();
      entry.value = store.read(key);
      bytes += length(entry);
      entries.put(key, entry);
    }
    return entry.value;
  }

  /** Sets the value of a key that was just read. */
  public void put(String key, byte[] value) throws Exception {
    Entry entry = entries.computeIfAbsent(key, k -> new Entry());
    bytes += value.length - length(entry);
    entry.value = value;
    entry.dirty = true;
    while (entries.size() > entriesMax || bytes > bytesMax) {
      Map.Entry<String, Entry> eldest = entries.entrySet().iterator().next();
      entries.remove(eldest.getKey());
      bytes -= length(eldest.getValue());
      write(eldest.getKey(), eldest.getValue());
    }
  }

  /** Writes everything that changed; the values stay. */
  public void flush() throws Exception {
    for (Map.Entry<String, Entry> entry : entries.entrySet()) {
      write(entry.getKey(), entry.getValue());
    }
  }

  private void write(String key, Entry entry) throws Exception {
    if (entry.dirty && entry.value != null) {
      store.write(key, entry.value);
      entry.dirty = false;
    }
  }

  private static int length(Entry entry) {
    return entry.value == null ? 0 : entry.value.length;
  }
}
