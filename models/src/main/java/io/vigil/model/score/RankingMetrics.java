package io.vigil.model.score;

import java.util.Arrays;
import java.util.Random;

/** How well scores rank frauds first. Ties are treated as one step, so row order never matters. */
public final class RankingMetrics {
  private RankingMetrics() {}

  /**
   * A range that holds the true value with some confidence.
   *
   * @param low the lower end
   * @param high the upper end
   */
  public record Interval(double low, double high) {}

  /**
   * Average precision, the sum over thresholds of (recall step x precision), without interpolation:
   * 0 to 1, the share of frauds for random scores.
   *
   * @param scores higher means more fraud-like, finite
   * @param frauds as many as scores, with at least one fraud and one other
   */
  public static double averagePrecision(float[] scores, boolean[] frauds) {
    positives(scores, frauds);
    int[] ones = new int[scores.length];
    Arrays.fill(ones, 1);
    return averagePrecision(scores, frauds, descending(scores), ones);
  }

  /**
   * The 90 % bootstrap percentile interval of the average precision.
   *
   * @param replicates number of samples drawn, at least 20
   * @param seed names the samples
   */
  public static Interval averagePrecisionInterval(
      float[] scores, boolean[] frauds, int replicates, long seed) {
    positives(scores, frauds);
    int[] order = descending(scores);
    Random random = new Random(seed);
    double[] values = new double[replicates];
    for (int replicate = 0; replicate < replicates; replicate++) {
      int[] counts = new int[scores.length];
      for (int i = 0; i < counts.length; i++) {
        counts[random.nextInt(counts.length)]++;
      }
      values[replicate] = averagePrecision(scores, frauds, order, counts);
    }
    Arrays.sort(values);
    return new Interval(values[replicates / 20], values[replicates - 1 - replicates / 20]);
  }

  /** Area under the ROC curve, ties counting half: 0 to 1, 0.5 for random scores. */
  public static double rocAuc(float[] scores, boolean[] frauds) {
    long positives = positives(scores, frauds);
    int[] order = descending(scores);
    double above = 0;
    long positivesSeen = 0;
    for (int from = 0; from < order.length; ) {
      int to = from;
      long positivesHere = 0;
      while (to < order.length && scores[order[to]] == scores[order[from]]) {
        positivesHere += frauds[order[to]] ? 1 : 0;
        to++;
      }
      long negativesHere = to - from - positivesHere;
      above += negativesHere * (positivesSeen + positivesHere / 2.0);
      positivesSeen += positivesHere;
      from = to;
    }
    return above / positives / (scores.length - positives);
  }

  private static double averagePrecision(
      float[] scores, boolean[] frauds, int[] order, int[] counts) {
    double sum = 0;
    long seen = 0;
    long hits = 0;
    for (int from = 0; from < order.length; ) {
      int to = from;
      long hitsHere = 0;
      while (to < order.length && scores[order[to]] == scores[order[from]]) {
        hitsHere += frauds[order[to]] ? counts[order[to]] : 0;
        seen += counts[order[to]];
        to++;
      }
      hits += hitsHere;
      if (hitsHere > 0) {
        sum += hitsHere * (hits / (double) seen);
      }
      from = to;
    }
    return hits == 0 ? 0 : sum / hits;
  }

  /** Row numbers, highest score first, equal scores by row number. */
  private static int[] descending(float[] scores) {
    long[] keys = new long[scores.length];
    for (int i = 0; i < keys.length; i++) {
      // Adding zero joins the two zeros, which compare as equal elsewhere.
      int bits = Float.floatToIntBits(scores[i] + 0f);
      int ascending = bits < 0 ? ~bits ^ 0x80000000 : bits;
      keys[i] = ((long) ~ascending << 32) | i;
    }
    Arrays.sort(keys);
    int[] order = new int[keys.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = (int) keys[i];
    }
    return order;
  }

  static int positives(float[] scores, boolean[] frauds) {
    if (scores.length != frauds.length) {
      throw new IllegalArgumentException(
          "expected a label for each score, came %d and %d"
              .formatted(frauds.length, scores.length));
    }
    int positives = 0;
    for (int i = 0; i < frauds.length; i++) {
      if (!Float.isFinite(scores[i])) {
        throw new IllegalArgumentException("score of row " + i + " is " + scores[i]);
      }
      positives += frauds[i] ? 1 : 0;
    }
    if (positives == 0 || positives == frauds.length) {
      throw new IllegalArgumentException(
          "expected frauds and others, came %d frauds in %d rows"
              .formatted(positives, frauds.length));
    }
    return positives;
  }
}
