package io.vigil.model.evaluate;

import java.util.Arrays;
import java.util.Comparator;

/** Ranking metrics of rows that count several times, for many weights of the same scores. */
final class WeightedRanking {
  private final Scored scored;
  private final int[] order;
  private final double[] weights;

  WeightedRanking(Scored scored) {
    this.scored = scored;
    Integer[] rows = new Integer[scored.logits().length];
    Arrays.setAll(rows, row -> row);
    Arrays.sort(rows, Comparator.comparingDouble(row -> -scored.logits()[row]));
    this.order = Arrays.stream(rows).mapToInt(Integer::intValue).toArray();
    this.weights = new double[order.length];
  }

  /** Lets each row count as often as its account was drawn. */
  void weigh(int[] copies) {
    for (int i = 0; i < order.length; i++) {
      weights[i] = copies[scored.accounts()[order[i]]];
    }
  }

  double averagePrecision() {
    double sum = 0;
    double rows = 0;
    double frauds = 0;
    for (int from = 0; from < order.length; ) {
      int to = end(from);
      double here = frauds(from, to);
      rows += weight(from, to);
      frauds += here;
      sum += here == 0 ? 0 : here * frauds / rows;
      from = to;
    }
    return frauds == 0 ? 0 : sum / frauds;
  }

  double rocAuc() {
    double above = 0;
    double rows = 0;
    double frauds = 0;
    for (int from = 0; from < order.length; ) {
      int to = end(from);
      double here = frauds(from, to);
      double others = weight(from, to) - here;
      above += others * (frauds + here / 2);
      frauds += here;
      rows += here + others;
      from = to;
    }
    return frauds == 0 || frauds == rows ? 0.5 : above / frauds / (rows - frauds);
  }

  /** Where the group of equal scores ends that begins at {@code from}. */
  private int end(int from) {
    float logit = scored.logits()[order[from]];
    int to = from + 1;
    while (to < order.length && scored.logits()[order[to]] == logit) {
      to++;
    }
    return to;
  }

  private double weight(int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += weights[i];
    }
    return sum;
  }

  private double frauds(int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += scored.frauds()[order[i]] ? weights[i] : 0;
    }
    return sum;
  }
}
