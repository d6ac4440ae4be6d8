package io.vigil.model.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * How far a feature's values moved: the population stability index over tenths of the earlier
 * values, sum of (p - q) ln(p / q) (Siddiqi, "Credit Risk Scorecards", 2006).
 *
 * @param feature the feature's name
 * @param index 0 or more; from 0.1 on worth a look, from 0.25 on a shift
 */
public record Drift(String feature, double index) {
  /** From here on a feature is worth a look. */
  public static final double LOOK = 0.1;

  /** From here on a feature has shifted. */
  public static final double SHIFT = 0.25;

  private static final int GROUPS = 10;

  /**
   * Compares two samples.
   *
   * @param features names, in the order of the vectors
   * @param before vectors, at least one
   * @param after vectors, at least one
   * @return every feature, the greatest shift first
   */
  public static List<Drift> of(List<String> features, List<float[]> before, List<float[]> after) {
    List<Drift> all = new ArrayList<>();
    for (int feature = 0; feature < features.size(); feature++) {
      all.add(
          new Drift(features.get(feature), index(column(before, feature), column(after, feature))));
    }
    all.sort(
        Comparator.<Drift>comparingDouble(drift -> drift.index)
            .reversed()
            .thenComparing(Drift::feature));
    return List.copyOf(all);
  }

  private static float[] column(List<float[]> vectors, int feature) {
    float[] values = new float[vectors.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = vectors.get(i)[feature];
    }
    Arrays.sort(values);
    return values;
  }

  /** Of two sorted samples. */
  static double index(float[] before, float[] after) {
    List<Float> edges = new ArrayList<>();
    for (int group = 1; group < GROUPS; group++) {
      float edge = before[(int) ((long) before.length * group / GROUPS)];
      // Values that many rows share make fewer groups.
      if (edges.isEmpty() || edge > edges.get(edges.size() - 1)) {
        edges.add(edge);
      }
    }
    double index = 0;
    int one = 0;
    int other = 0;
    for (int group = 0; group <= edges.size(); group++) {
      int oneEnd = group == edges.size() ? before.length : below(before, edges.get(group));
      int otherEnd = group == edges.size() ? after.length : below(after, edges.get(group));
      // Half a row in place of none keeps the logarithm finite.
      double p = Math.max(0.5, oneEnd - one) / before.length;
      double q = Math.max(0.5, otherEnd - other) / after.length;
      index += oneEnd == one && otherEnd == other ? 0 : (q - p) * StrictMath.log(q / p);
      one = oneEnd;
      other = otherEnd;
    }
    return index;
  }

  /** How many values are less than an edge. */
  private static int below(float[] sorted, float edge) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < edge) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
