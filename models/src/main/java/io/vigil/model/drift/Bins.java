package io.vigil.model.drift;

import java.util.Arrays;
import java.util.TreeSet;

/**
 * Where a value falls: about tenths of a reference, a place of its own for a value that makes up a
 * tenth or more, and one for values that are missing. Immutable.
 */
final class Bins {
  private static final int GROUPS = 10;

  private final float[] edges;

  private Bins(float[] edges) {
    this.edges = edges;
  }

  /**
   * The bins of a sample.
   *
   * @param values in any order; NaN is missing
   */
  static Bins of(float[] values) {
    float[] sorted = new float[values.length];
    int known = 0;
    for (float value : values) {
      if (!Float.isNaN(value)) {
        sorted[known++] = value + 0f; // Joins the two zeros.
      }
    }
    Arrays.sort(sorted, 0, known);
    TreeSet<Float> edges = new TreeSet<>();
    float before = Float.NaN;
    for (int group = 1; group < GROUPS && known > 0; group++) {
      float edge = sorted[(int) ((long) known * group / GROUPS)];
      edges.add(edge);
      if (edge == before) {
        // Else nobody would see what is left above a value that nearly all rows have.
        edges.add(Math.nextUp(edge));
      }
      before = edge;
    }
    float[] found = new float[edges.size()];
    int i = 0;
    for (float edge : edges) {
      found[i++] = edge;
    }
    return new Bins(found);
  }

  /** How many there are; the last one is for missing values. */
  int count() {
    return edges.length + 2;
  }

  /** The bin of a value, 0 to {@link #count} - 1. */
  int of(float value) {
    if (Float.isNaN(value)) {
      return edges.length + 1;
    }
    int at = Arrays.binarySearch(edges, value + 0f);
    return at >= 0 ? at + 1 : -at - 1;
  }
}
