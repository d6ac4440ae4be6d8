package io.vigil.cli.features;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which ids came within a horizon, as the job's deduplication knows them: an id that comes again
 * later than that counts as new. Memory holds the ids of one horizon. Not thread-safe.
 */
final class RecentIds {
  private final long horizonMs;
  private final Map<String, Long> firstMs = new LinkedHashMap<>();

  RecentIds(long horizonMs) {
    this.horizonMs = horizonMs;
  }

  /**
   * Takes the next id.
   *
   * @param nowMs its effective time, never before that of the last
   * @return whether it is new
   */
  boolean add(String id, long nowMs) {
    Iterator<Long> oldest = firstMs.values().iterator();
    while (oldest.hasNext() && nowMs - oldest.next() > horizonMs) {
      oldest.remove();
    }
    return firstMs.putIfAbsent(id, nowMs) == null;
  }
}
