package io.vigil.bench.state;

import java.util.List;
import java.util.Locale;

/** The ways that are compared, by the names they have in results. */
enum Contender {
  /** The feature engine, every event straight to RocksDB. */
  OURS,
  /** The feature engine behind the job's heap cache, written back after each slice. */
  OURS_CACHED,
  /** Panes by point gets. */
  MAPSTATE,
  /** Panes by an iterator. */
  ITERATOR,
  /** Raw events, read again for every event. */
  RAW;

  /** The job's default. */
  private static final int CACHE_ENTRIES = 50_000;

  /**
   * Whose cost does not grow with the events in a window, of those that know the spec's windows.
   */
  static List<Contender> bounded(StateSpec spec) {
    return spec.exact()
        ? List.of(OURS, OURS_CACHED)
        : List.of(OURS, OURS_CACHED, MAPSTATE, ITERATOR);
  }

  /** All that know the spec's windows. */
  static List<Contender> all(StateSpec spec) {
    return spec.exact() ? List.of(OURS, OURS_CACHED, RAW) : List.of(values());
  }

  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean ours() {
    return this == OURS || this == OURS_CACHED;
  }

  StateSide side(StateSpec spec) {
    return switch (this) {
      case OURS -> new EngineSide(spec, 0);
      case OURS_CACHED -> new EngineSide(spec, CACHE_ENTRIES);
      case MAPSTATE -> new PaneGets(spec);
      case ITERATOR -> new PaneScan(spec);
      case RAW -> new RawEvents(spec);
    };
  }
}
