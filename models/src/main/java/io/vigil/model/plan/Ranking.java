package io.vigil.model.plan;

import java.util.Arrays;

/** The rows of a period by one side's logit, highest first, equal ones as one group. Immutable. */
final class Ranking {
  private final PlanRows rows;
  private final PlanRows.Side side;
  private final int[] order;

  Ranking(PlanRows rows, PlanRows.Side side) {
    this.rows = rows;
    this.side = side;
    long[] keys = new long[rows.rows()];
    for (int row = 0; row < keys.length; row++) {
      int bits = Float.floatToIntBits(side.logit(row));
      int ascending = bits < 0 ? ~bits ^ 0x80000000 : bits;
      keys[row] = ((long) ~ascending << 32) | row;
    }
    Arrays.sort(keys);
    order = new int[keys.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = (int) keys[i];
    }
  }

  /** Row numbers, highest logit first. */
  int[] order() {
    return order;
  }

  /** Whether the row at a place has another logit than the next one, or is the last. */
  boolean endsGroup(int place) {
    return place == order.length - 1 || side.logit(order[place]) != side.logit(order[place + 1]);
  }

  /**
   * Average precision, the sum over thresholds of recall step times precision.
   *
   * @param copies how often each account counts
   * @return 0 to 1; 0 without frauds
   */
  double averagePrecision(int[] copies) {
    double frauds = 0;
    double seen = 0;
    double sum = 0;
    double here = 0;
    for (int place = 0; place < order.length; place++) {
      int row = order[place];
      int weight = copies[rows.account(row)];
      seen += weight;
      if (rows.fraud(row)) {
        here += weight;
      }
      if (here > 0 && endsGroup(place)) {
        frauds += here;
        sum += here * frauds / seen;
        here = 0;
      }
    }
    return frauds == 0 ? 0 : sum / frauds;
  }

  /** Area under the ROC curve, ties counting half; NaN without frauds or without others. */
  double rocAuc() {
    double above = 0;
    double frauds = 0;
    double others = 0;
    double fraudsHere = 0;
    double othersHere = 0;
    for (int place = 0; place < order.length; place++) {
      if (rows.fraud(order[place])) {
        fraudsHere++;
      } else {
        othersHere++;
      }
      if (endsGroup(place)) {
        above += othersHere * (frauds + fraudsHere / 2);
        frauds += fraudsHere;
        others += othersHere;
        fraudsHere = 0;
        othersHere = 0;
      }
    }
    return above / frauds / others;
  }

  /**
   * Average precision of the rows of each value of a dimension.
   *
   * @return by the value's number; NaN where it has no frauds
   */
  double[] averagePrecisions(Labels segments) {
    int distinct = segments.distinct();
    double[] sums = new double[distinct];
    double[] seen = new double[distinct];
    double[] frauds = new double[distinct];
    double[] fraudsHere = new double[distinct];
    double[] rowsHere = new double[distinct];
    float[] logits = new float[distinct];
    for (int row : order) {
      int code = segments.code(row);
      if (code == Labels.MISSING) {
        continue;
      }
      if (rowsHere[code] > 0 && logits[code] != side.logit(row)) {
        close(code, sums, seen, frauds, fraudsHere, rowsHere);
      }
      logits[code] = side.logit(row);
      rowsHere[code]++;
      fraudsHere[code] += rows.fraud(row) ? 1 : 0;
    }
    for (int code = 0; code < distinct; code++) {
      close(code, sums, seen, frauds, fraudsHere, rowsHere);
      sums[code] = frauds[code] == 0 ? Double.NaN : sums[code] / frauds[code];
    }
    return sums;
  }

  private static void close(
      int code,
      double[] sums,
      double[] seen,
      double[] frauds,
      double[] fraudsHere,
      double[] rowsHere) {
    seen[code] += rowsHere[code];
    frauds[code] += fraudsHere[code];
    if (seen[code] > 0) {
      sums[code] += fraudsHere[code] * frauds[code] / seen[code];
    }
    fraudsHere[code] = 0;
    rowsHere[code] = 0;
  }
}
