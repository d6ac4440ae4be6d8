package io.vigil.model.feature;

/**
 * Where an entity was lately: one day, so that a late event finds the position before it, and the
 * one before that day. At most 32, the newest. Reused scratch, single-threaded.
 */
final class PositionLog {
  static final int ENTRIES_MAX = 32;

  private int start;
  private int size;
  private final long[] timesMs = new long[ENTRIES_MAX + 1];
  private final long[] latitudes = new long[ENTRIES_MAX + 1];
  private final long[] longitudes = new long[ENTRIES_MAX + 1];

  void clear() {
    start = 0;
    size = 0;
  }

  void read(ByteReader in) {
    clear();
    size = in.length(ENTRIES_MAX);
    long timeMs = size == 0 ? 0 : in.zigzag();
    for (int entry = 0; entry < size; entry++) {
      timeMs += entry == 0 ? 0 : in.varint();
      timesMs[entry] = timeMs;
      latitudes[entry] = in.fixed();
      longitudes[entry] = in.fixed();
    }
  }

  void write(ByteWriter out) {
    out.varint(size - start);
    for (int entry = start; entry < size; entry++) {
      if (entry == start) {
        out.zigzag(timesMs[entry]);
      } else {
        out.varint(timesMs[entry] - timesMs[entry - 1]);
      }
      out.fixed(latitudes[entry]);
      out.fixed(longitudes[entry]);
    }
  }

  /**
   * The way from the position before that time.
   *
   * @param latitude raw bits of degrees, NaN or infinite when missing, as for the longitude
   * @return kilometres, NaN when either position is missing
   */
  double distanceTo(long eventTimeMs, long latitude, long longitude) {
    int at = Timeline.firstAfter(timesMs, size, eventTimeMs);
    if (at == 0 || !known(latitude, longitude)) {
      return Double.NaN;
    }
    return Geo.distanceKm(
        Double.longBitsToDouble(latitudes[at - 1]),
        Double.longBitsToDouble(longitudes[at - 1]),
        Double.longBitsToDouble(latitude),
        Double.longBitsToDouble(longitude));
  }

  /** The same way in kilometres per hour. */
  double speedTo(long eventTimeMs, long latitude, long longitude) {
    double distanceKm = distanceTo(eventTimeMs, latitude, longitude);
    int at = Timeline.firstAfter(timesMs, size, eventTimeMs);
    return at == 0 || Double.isNaN(distanceKm)
        ? Double.NaN
        : Geo.speedKmh(distanceKm, eventTimeMs - timesMs[at - 1]);
  }

  /** Adds a position, unless it is missing. */
  void add(long eventTimeMs, long latitude, long longitude) {
    if (!known(latitude, longitude)) {
      return;
    }
    int at = Timeline.firstAfter(timesMs, size, eventTimeMs);
    Timeline.open(timesMs, at, size);
    Timeline.open(latitudes, at, size);
    Timeline.open(longitudes, at, size);
    size++;
    timesMs[at] = eventTimeMs;
    latitudes[at] = latitude;
    longitudes[at] = longitude;
  }

  private static boolean known(long latitude, long longitude) {
    return Double.isFinite(Double.longBitsToDouble(latitude))
        && Double.isFinite(Double.longBitsToDouble(longitude));
  }

  /** Drops what is before the newest position at or before {@code previousMs}, and the excess. */
  void expire(long previousMs) {
    int needed = Timeline.firstAfter(timesMs, size, previousMs) - 1;
    start = Math.max(Math.max(0, needed), size - ENTRIES_MAX);
  }
}
