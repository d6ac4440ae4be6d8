package io.vigil.bench.state;

import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Seeded payments in order of time, the same for every side. */
final class Trace {
  /** Midnight, so that panes of days begin with the trace. */
  private static final long START_MS = 1_767_225_600_000L;

  private static final double MEDIAN_MAJOR = 40.0;
  private static final double SIGMA = 1.2;
  private static final long AMOUNT_MINOR_MAX = 1_000_000_000L;

  private final int[] keys;
  private final long[] timesMs;
  private final int[] amountsMinor;

  private final @Nullable Trace firsts;

  /** How often keys come. */
  enum Skew {
    /** The k-th key in proportion to 1 / k. */
    ZIPF,
    UNIFORM
  }

  private Trace(
      SplittableRandom random,
      int events,
      IntUnaryOperator key,
      long startMs,
      long spanMs,
      @Nullable Trace firsts) {
    this.firsts = firsts;
    keys = new int[events];
    timesMs = new long[events];
    amountsMinor = new int[events];
    double slotMs = (double) spanMs / events;
    for (int event = 0; event < events; event++) {
      keys[event] = key.applyAsInt(event);
      timesMs[event] = startMs + (long) ((event + random.nextDouble()) * slotMs);
      double amount = 100 * MEDIAN_MAJOR * Math.exp(SIGMA * random.nextGaussian());
      amountsMinor[event] = (int) Math.max(1, Math.min(AMOUNT_MINOR_MAX, Math.round(amount)));
    }
  }

  /**
   * @param spanMs from the first event until after the last, cut into as many slots as there are
   *     events, one event at a random time in each
   */
  static Trace of(long seed, int events, int keyCount, Skew skew, long spanMs) {
    return of(seed, events, keyCount, skew, spanMs, null);
  }

  /**
   * The same events, after one of every key: what a run over many keys needs, or most would have no
   * state.
   *
   * @param spanMs as of the events; the first ones fill as long a time before
   */
  static Trace filled(long seed, int events, int keyCount, Skew skew, long spanMs) {
    SplittableRandom random = new SplittableRandom(~seed);
    int[] order = new int[keyCount];
    for (int key = 0; key < keyCount; key++) {
      int other = random.nextInt(key + 1);
      order[key] = order[other];
      order[other] = key;
    }
    Trace firsts =
        new Trace(random, keyCount, index -> order[index], START_MS - spanMs, spanMs, null);
    return of(seed, events, keyCount, skew, spanMs, firsts);
  }

  private static Trace of(
      long seed, int events, int keyCount, Skew skew, long spanMs, @Nullable Trace firsts) {
    SplittableRandom random = new SplittableRandom(seed);
    Zipf zipf = new Zipf(keyCount);
    IntUnaryOperator key =
        event -> skew == Skew.ZIPF ? zipf.next(random) : random.nextInt(keyCount);
    return new Trace(random, events, key, START_MS, spanMs, firsts);
  }

  /** What fills the state before the events: the first one of each key, or null for none. */
  @Nullable Trace firsts() {
    return firsts;
  }

  int events() {
    return keys.length;
  }

  Payment payment(int event) {
    return new Payment("a" + keys[event], timesMs[event], amountsMinor[event]);
  }

  /**
   * Zipf's law with exponent 1, by rejection inversion: W. Hörmann, G. Derflinger, "Rejection-
   * inversion to generate variates from monotone discrete distributions", ACM TOMACS 6(3), 1996.
   * For this exponent the integral of the hat 1/x is its logarithm.
   */
  private static final class Zipf {
    private final int keys;
    private final double low;
    private final double high;
    private final double shortcut;

    Zipf(int keys) {
      this.keys = keys;
      low = Math.log(1.5) - 1;
      high = Math.log(keys + 0.5);
      shortcut = 2 - Math.exp(Math.log(2.5) - 0.5);
    }

    /** From 0, the most frequent, to below {@code keys}. */
    int next(SplittableRandom random) {
      while (true) {
        double u = high + random.nextDouble() * (low - high);
        double x = Math.exp(u);
        int rank = (int) Math.max(1, Math.min(keys, Math.round(x)));
        if (rank - x <= shortcut || u >= Math.log(rank + 0.5) - 1.0 / rank) {
          return rank - 1;
        }
      }
    }
  }
}
