package io.vigil.model.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A uniform sample of a stream whose length nobody knows: the rows with the least hashes of their
 * ids. The same ids and seed give the same rows. Not thread-safe.
 *
 * @param <T> what is kept of a row
 */
public final class Sample<T> {
  private record Kept<T>(long hash, String id, T value) {}

  private final int size;
  private final long seed;
  private final PriorityQueue<Kept<T>> kept =
      new PriorityQueue<>(
          Comparator.<Kept<T>>comparingLong(Kept::hash).thenComparing(Kept::id).reversed());

  /**
   * @param size rows at the most, at least 1
   * @param seed names the sample
   */
  public Sample(int size, long seed) {
    this.size = size;
    this.seed = seed;
  }

  /** Whether a row would be taken now; later ones may still push it out. */
  public boolean wants(String id) {
    Kept<T> worst = kept.peek();
    return kept.size() < size || worst == null || hash(id, seed) < worst.hash;
  }

  /** Takes a row that is wanted; others are ignored. */
  public void add(String id, T value) {
    if (wants(id)) {
      kept.add(new Kept<>(hash(id, seed), id, value));
      if (kept.size() > size) {
        kept.remove();
      }
    }
  }

  /** The rows, in the order of their hashes. */
  public List<T> rows() {
    List<Kept<T>> sorted = new ArrayList<>(kept);
    sorted.sort(Comparator.<Kept<T>>comparingLong(Kept::hash).thenComparing(Kept::id));
    return sorted.stream().map(Kept::value).toList();
  }

  /** FNV-1a over the characters, then the finaliser of SplitMix64 (Steele, Lea, Flood, 2014). */
  static long hash(String id, long seed) {
    long hash = 0xcbf29ce484222325L ^ seed * 0x9e3779b97f4a7c15L;
    for (int i = 0; i < id.length(); i++) {
      hash = (hash ^ id.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ hash >>> 30) * 0xbf58476d1ce4e5b9L;
    hash = (hash ^ hash >>> 27) * 0x94d049bb133111ebL;
    return hash ^ hash >>> 31;
  }
}
