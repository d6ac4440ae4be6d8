package io.vigil.job.metrics;

import java.util.List;

/**
 * A histogram of cumulative buckets, as Prometheus adds them up over subtasks and time: an event
 * costs a search among twenty bounds and three additions, no lock. Written by one thread; whoever
 * reads beside it may see a value that is a moment old.
 */
public final class Buckets {
  private final double[] bounds;
  private final long[] counts;
  private double sum;
  private long count;

  /**
   * @param bounds upper bounds, inclusive, ascending
   */
  Buckets(List<Double> bounds) {
    this.bounds = bounds.stream().mapToDouble(Double::doubleValue).toArray();
    this.counts = new long[this.bounds.length];
  }

  /** Takes a value; what lies below zero, by clocks that differ, counts as zero. */
  public void add(double value) {
    double counted = Math.max(0, value);
    int at = 0;
    while (at < bounds.length && counted > bounds[at]) {
      at++;
    }
    if (at < bounds.length) {
      counts[at]++;
    }
    sum += counted;
    count++;
  }

  /** How many values were at most a bound, by the bound's number. */
  long upTo(int bound) {
    long values = 0;
    for (int i = 0; i <= bound; i++) {
      values += counts[i];
    }
    return values;
  }

  double sum() {
    return sum;
  }

  long count() {
    return count;
  }
}
