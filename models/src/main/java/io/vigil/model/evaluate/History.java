package io.vigil.model.evaluate;

import io.vigil.model.train.TrainingSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Transactions in effective order with their feature vectors, as of their own time each, and what
 * became known of them, and when. Grows row by row; not thread-safe.
 */
public final class History {
  private static final int FIRST_ROWS = 1 << 16;

  private final List<String> features;
  private final Map<String, Integer> accountNumbers = new HashMap<>();
  private final List<String> accountNames = new ArrayList<>();
  private int rows;
  private String[] ids = new String[FIRST_ROWS];
  private long[] timesMs = new long[FIRST_ROWS];
  private int[] accounts = new int[FIRST_ROWS];
  private double[] amounts = new double[FIRST_ROWS];
  private boolean[] frauds = new boolean[FIRST_ROWS];
  private long[] knownMs = new long[FIRST_ROWS];
  private float[] @Nullable [] vectors = new float[FIRST_ROWS][];

  /**
   * @param features names, in the order of the vectors
   */
  public History(List<String> features) {
    this.features = List.copyOf(features);
  }

  /**
   * Adds the next transaction.
   *
   * @param timeMs not before the row before
   * @param amount what may be lost, in one currency, 0 or more
   * @param fraud whether a label will ever say so
   * @param vector not copied; null when no model will read it
   * @return its number, from 0
   */
  public int add(
      String id,
      long timeMs,
      String account,
      double amount,
      boolean fraud,
      float @Nullable [] vector) {
    if (rows == ids.length) {
      grow();
    }
    ids[rows] = id;
    timesMs[rows] = timeMs;
    accounts[rows] =
        accountNumbers.computeIfAbsent(
            account,
            name -> {
              accountNames.add(name);
              return accountNames.size() - 1;
            });
    amounts[rows] = amount;
    frauds[rows] = fraud;
    knownMs[rows] = Long.MAX_VALUE;
    vectors[rows] = vector;
    return rows++;
  }

  private void grow() {
    int more = Math.multiplyExact(ids.length, 2);
    ids = Arrays.copyOf(ids, more);
    timesMs = Arrays.copyOf(timesMs, more);
    accounts = Arrays.copyOf(accounts, more);
    amounts = Arrays.copyOf(amounts, more);
    frauds = Arrays.copyOf(frauds, more);
    knownMs = Arrays.copyOf(knownMs, more);
    vectors = Arrays.copyOf(vectors, more);
  }

  /** Says that a row is held to be fraud from a time on; an earlier word stands. */
  public void known(int row, long sinceMs) {
    knownMs[row] = Math.min(knownMs[row], sinceMs);
  }

  public int rows() {
    return rows;
  }

  public List<String> features() {
    return features;
  }

  public String id(int row) {
    return ids[row];
  }

  public long timeMs(int row) {
    return timesMs[row];
  }

  /** Number of the row's account, from 0. */
  public int account(int row) {
    return accounts[row];
  }

  public String accountName(int row) {
    return accountNames.get(accounts[row]);
  }

  public double amount(int row) {
    return amounts[row];
  }

  /** Whether the row is known to be fraud in the end. */
  public boolean fraud(int row) {
    return frauds[row];
  }

  /** Since when the row is held to be fraud; {@link Long#MAX_VALUE} when it is not. */
  public long knownMs(int row) {
    return knownMs[row];
  }

  /** The row's vector. */
  public float[] vector(int row) {
    float[] vector = vectors[row];
    if (vector == null) {
      throw new IllegalStateException("row " + row + " was added without a vector");
    }
    return vector;
  }

  /** The first row at or after a time; {@link #rows()} when there is none. */
  public int from(long timeMs) {
    int low = 0;
    int high = rows;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (timesMs[middle] < timeMs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * Rows to learn from.
   *
   * @param fromMs the first time
   * @param untilMs the time after the last
   * @param nowMs a fraud counts when it is known by then
   */
  public TrainingSet window(long fromMs, long untilMs, long nowMs) {
    int first = from(fromMs);
    int[] chosen = IntStream.range(first, Math.max(first, from(untilMs))).toArray();
    float[][] read = new float[chosen.length][];
    boolean[] labels = new boolean[chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      read[i] = vector(chosen[i]);
      labels[i] = knownMs[chosen[i]] <= nowMs;
    }
    return new TrainingSet(features, read, labels);
  }

  /** The rows of a time that pass a test. */
  int[] rows(long fromMs, long untilMs, IntPredicate test) {
    return IntStream.range(from(fromMs), from(untilMs)).filter(test).toArray();
  }
}
