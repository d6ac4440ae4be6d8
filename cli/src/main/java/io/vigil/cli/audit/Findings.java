package io.vigil.cli.audit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Collects findings: all are counted, the first of each kind are kept. Thread-confined. */
public final class Findings {
  /** Kept of each kind. */
  static final int KEPT_MAX = 100;

  private final List<Finding> kept = new ArrayList<>();
  private final Map<String, Long> counts = new TreeMap<>();

  void add(String what, String where, String expected, String got) {
    if (counts.merge(what, 1L, Long::sum) <= KEPT_MAX) {
      kept.add(new Finding(what, where, expected, got));
    }
  }

  /** Whether there are none. */
  public boolean none() {
    return counts.isEmpty();
  }

  /** How many there are of each kind. */
  public Map<String, Long> counts() {
    return Collections.unmodifiableMap(counts);
  }

  /** The first of each kind, in the order in which they were found. */
  public List<Finding> kept() {
    return Collections.unmodifiableList(kept);
  }
}
