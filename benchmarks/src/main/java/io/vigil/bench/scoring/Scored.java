package io.vigil.bench.scoring;

import io.vigil.bench.measure.Side;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A way to score the same rows, that notes how long it takes. A fast one does its slice several
 * times over, so that it is long for the processor's clock. Not thread-safe.
 */
abstract class Scored implements Side, AutoCloseable {
  private static final double NS_PER_US = 1_000.0;
  private static final double NS_PER_S = 1_000_000_000.0;

  private final String name;
  private final int batch;
  private final int repeats;
  private final float[][] rows;
  private final List<Double> rowsPerSecond = new ArrayList<>();
  private final List<long[]> callsNs = new ArrayList<>();

  /**
   * @param batch rows of a call, at least 1; the last of a slice may have fewer
   * @param repeats of each slice, at least 1
   * @param rows what is scored; not copied
   */
  Scored(String name, int batch, int repeats, float[][] rows) {
    this.name = name;
    this.batch = batch;
    this.repeats = repeats;
    this.rows = rows;
  }

  /** Scores one call's rows. */
  abstract float[] score(float[][] rows) throws Exception;

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final int repeats() {
    return repeats;
  }

  final int batch() {
    return batch;
  }

  @Override
  public final void run(int from, int to) throws Exception {
    long[] calls = new long[repeats * (1 + (to - from - 1) / batch)];
    int call = 0;
    long startedNs = System.nanoTime();
    for (int repeat = 0; repeat < repeats; repeat++) {
      for (int at = from; at < to; at += batch) {
        long callNs = System.nanoTime();
        score(Arrays.copyOfRange(rows, at, Math.min(to, at + batch)));
        calls[call++] = System.nanoTime() - callNs;
      }
    }
    rowsPerSecond.add((to - from) * (double) repeats * NS_PER_S / (System.nanoTime() - startedNs));
    callsNs.add(calls);
  }

  /** By round. */
  final double[] rowsPerSecond() {
    return rowsPerSecond.stream().mapToDouble(rate -> rate).toArray();
  }

  /** How long calls took from Java to Java, sorted, without the first rounds; microseconds. */
  final double[] callsUs(int warmUpRounds) {
    return callsNs.stream()
        .skip(warmUpRounds)
        .flatMapToLong(Arrays::stream)
        .mapToDouble(ns -> ns / NS_PER_US)
        .sorted()
        .toArray();
  }

  @Override
  public abstract void close();
}
