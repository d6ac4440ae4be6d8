package io.vigil.model.plan;

import io.vigil.model.policy.Outcome;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of a period in effective order, with what both sides made of each: some 70 bytes
 * a row. Grows row by row; not thread-safe.
 */
public final class PlanRows {
  private static final Outcome[] OUTCOMES = Outcome.values();

  private final List<String> dimensions;
  private final Labels[] segments;
  private final Map<String, Integer> accountNumbers = new HashMap<>();
  private final Side champion = new Side();
  private final Side candidate = new Side();
  private final BitSet frauds = new BitSet();
  private int rows;
  private long differing;
  private long[] timesMs = new long[1 << 12];
  private int[] accounts = new int[1 << 12];
  private long[] amountsMinor = new long[1 << 12];

  /** One side's columns. */
  static final class Side {
    private float[] logits = new float[1 << 12];
    private double[] probabilities = new double[1 << 12];
    private byte[] outcomes = new byte[1 << 12];
    private final BitSet alerts = new BitSet();
    private long unscored;

    private void grow(int more) {
      logits = Arrays.copyOf(logits, more);
      probabilities = Arrays.copyOf(probabilities, more);
      outcomes = Arrays.copyOf(outcomes, more);
    }

    private void set(int row, Ruling ruling) {
      boolean scored = Float.isFinite(ruling.logit());
      unscored += scored ? 0 : 1;
      // A row without a score ranks last.
      logits[row] = scored ? ruling.logit() + 0f : -Float.MAX_VALUE;
      probabilities[row] = scored ? ruling.probability() : 0;
      outcomes[row] = (byte) ruling.outcome().ordinal();
      alerts.set(row, ruling.alert());
    }

    /** Finite; the lowest there is where the model gave none. */
    float logit(int row) {
      return logits[row];
    }

    double probability(int row) {
      return probabilities[row];
    }

    Outcome outcome(int row) {
      return OUTCOMES[outcomes[row]];
    }

    boolean alert(int row) {
      return alerts.get(row);
    }

    /** Rows that the model gave no score. */
    long unscored() {
      return unscored;
    }
  }

  /**
   * @param dimensions names of what rows are grouped by
   */
  public PlanRows(List<String> dimensions) {
    this.dimensions = List.copyOf(dimensions);
    this.segments = new Labels[dimensions.size()];
    Arrays.setAll(segments, i -> new Labels());
  }

  /**
   * Adds the next transaction.
   *
   * @param timeMs not before the row before, milliseconds since the epoch
   * @param amountMinor what may be lost, minor units of the base currency, 0 or more
   * @param fraud whether a label will ever say so
   * @param values by dimension, null where missing
   */
  public void add(
      long timeMs,
      String account,
      long amountMinor,
      boolean fraud,
      @Nullable String[] values,
      Ruling byChampion,
      Ruling byCandidate) {
    if (rows == timesMs.length) {
      int more = Math.multiplyExact(rows, 2);
      timesMs = Arrays.copyOf(timesMs, more);
      accounts = Arrays.copyOf(accounts, more);
      amountsMinor = Arrays.copyOf(amountsMinor, more);
      champion.grow(more);
      candidate.grow(more);
    }
    timesMs[rows] = timeMs;
    accounts[rows] = accountNumbers.computeIfAbsent(account, name -> accountNumbers.size());
    amountsMinor[rows] = amountMinor;
    frauds.set(rows, fraud);
    for (int i = 0; i < segments.length; i++) {
      segments[i].add(values[i]);
    }
    champion.set(rows, byChampion);
    candidate.set(rows, byCandidate);
    differing += byChampion.equals(byCandidate) ? 0 : 1;
    rows++;
  }

  public int rows() {
    return rows;
  }

  /** Rows whose ruling differs in anything: score, rules, priority or outcome. */
  public long differing() {
    return differing;
  }

  /** Rows that are known to be fraud in the end. */
  public int fraudRows() {
    return frauds.cardinality();
  }

  /** Whether there are frauds and others, so that ranking can be judged. */
  public boolean labelled() {
    int count = fraudRows();
    return count > 0 && count < rows;
  }

  /** Days that the rows span, from the first one to the last, a begun one whole; at least 1. */
  public int days() {
    return rows == 0 ? 1 : (int) ((timesMs[rows - 1] - timesMs[0]) / 86_400_000L) + 1;
  }

  public long timeMs(int row) {
    return timesMs[row];
  }

  int account(int row) {
    return accounts[row];
  }

  int accounts() {
    return accountNumbers.size();
  }

  long amountMinor(int row) {
    return amountsMinor[row];
  }

  boolean fraud(int row) {
    return frauds.get(row);
  }

  /** How many values rows are grouped by. */
  public int dimensionCount() {
    return segments.length;
  }

  List<String> dimensions() {
    return dimensions;
  }

  Labels segment(int dimension) {
    return segments[dimension];
  }

  Side champion() {
    return champion;
  }

  Side candidate() {
    return candidate;
  }
}
