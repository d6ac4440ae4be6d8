package io.vigil.model.monitor;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * What came of one category: counts by bucket over the days that are kept, how much it wanders by
 * itself, and what is being said of it. Mutable, not thread-safe.
 */
final class Series {
  final String dimension;
  final String value;
  final long firstBucket;
  private final int[] counts;
  private final BitSet leftOut;

  // Mean of squared deviations, as the counts would have it; 1 for independent arrivals.
  private double dispersion = 1;
  private int judged;
  @Nullable Finding open;
  int openBuckets;
  int quiet;

  /**
   * @param buckets how many are kept
   * @param firstBucket when it came for the first time
   */
  Series(String dimension, String value, int buckets, long firstBucket) {
    this.dimension = dimension;
    this.value = value;
    this.firstBucket = firstBucket;
    this.counts = new int[buckets];
    this.leftOut = new BitSet(buckets);
  }

  void set(long bucket, int count) {
    counts[at(bucket)] = count;
    leftOut.clear(at(bucket));
  }

  /** What came then is not what usually comes. */
  void leaveOut(long bucket) {
    leftOut.set(at(bucket));
  }

  /** What usually comes is to be learned anew. */
  void forgetAll() {
    leftOut.set(0, counts.length);
    dispersion = 1;
    judged = 0;
  }

  /** Whether some buckets up to and with one are what usually comes. */
  boolean isUsual(long last, int buckets) {
    for (int i = 0; i < buckets; i++) {
      if (leftOut.get(at(last - i))) {
        return false;
      }
    }
    return true;
  }

  /** Records of some buckets up to and with one. */
  long count(long last, int buckets) {
    long sum = 0;
    for (int i = 0; i < buckets; i++) {
      sum += counts[at(last - i)];
    }
    return sum;
  }

  /**
   * Deviations in units of how much the series wanders, of late more than of old; then learns from
   * this one as well unless it is out of all proportion.
   *
   * @param deviation in standard deviations of independent arrivals
   * @param learning whether nothing is out of proportion yet
   * @param memory how many count
   */
  double judge(double deviation, boolean learning, int memory) {
    double own = deviation / Math.sqrt(Math.max(1, dispersion));
    if (learning || Math.abs(own) < InputWatch.DEVIATIONS_MAX) {
      judged++;
      dispersion += (deviation * deviation - dispersion) / Math.min(judged, memory);
    }
    return own;
  }

  private int at(long bucket) {
    return (int) Math.floorMod(bucket, (long) counts.length);
  }
}
