package io.vigil.model.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * False alerts of one group.
 *
 * @param others rows that are no frauds
 * @param championFalseAlerts alerts among them
 * @param candidateFalseAlerts alerts among them
 */
public record GroupRate(
    String group, long others, long championFalseAlerts, long candidateFalseAlerts) {

  /** Alerts among rows that are no frauds, 0 to 1. */
  public double candidateRate() {
    return candidateFalseAlerts / (double) others;
  }

  /** The groups of a dimension with at least so many rows that are no frauds, by their names. */
  static List<GroupRate> of(PlanRows rows, int dimension, int minRows) {
    Labels labels = rows.segment(dimension);
    long[] others = new long[labels.distinct()];
    long[] before = new long[labels.distinct()];
    long[] after = new long[labels.distinct()];
    for (int row = 0; row < rows.rows(); row++) {
      int code = labels.code(row);
      if (code != Labels.MISSING && !rows.fraud(row)) {
        others[code]++;
        before[code] += rows.champion().alert(row) ? 1 : 0;
        after[code] += rows.candidate().alert(row) ? 1 : 0;
      }
    }
    List<GroupRate> found = new ArrayList<>();
    for (int code = 0; code < others.length; code++) {
      if (others[code] >= minRows) {
        found.add(new GroupRate(labels.value(code), others[code], before[code], after[code]));
      }
    }
    found.sort(Comparator.comparing(GroupRate::group));
    return List.copyOf(found);
  }
}
