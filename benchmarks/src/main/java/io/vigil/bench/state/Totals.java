package io.vigil.bench.state;

import java.util.List;

/**
 * Counts, sums, least and greatest amounts by window, and the features made of them: what the
 * hand-written sides share, so that they differ in nothing but how they keep their state. Reused
 * scratch, single-threaded.
 */
final class Totals {
  private static final int COUNT = 0;
  private static final int SUM = 1;
  private static final int MIN = 2;
  private static final int MAX = 3;

  /** Numbers for all events; as many for large ones follow if the spec filters. */
  private static final int WIDTH = 4;

  private static final double MINOR_PER_MAJOR = 100.0;

  private final List<StateSpec.Feature> features;
  private final int[] spanOf;
  private final int width;
  private final long[][] bySpan;

  Totals(StateSpec spec) {
    features = spec.features();
    List<Span> spans = spec.spans();
    spanOf = features.stream().mapToInt(feature -> spans.indexOf(feature.span())).toArray();
    width = spec.filters() ? 2 * WIDTH : WIDTH;
    bySpan = new long[spans.size()][width];
  }

  void clear() {
    for (long[] totals : bySpan) {
      clear(totals);
    }
  }

  /** Totals of nothing, to be kept as a pane. */
  long[] pane() {
    long[] pane = new long[width];
    clear(pane);
    return pane;
  }

  private static void clear(long[] totals) {
    for (int at = 0; at < totals.length; at += WIDTH) {
      totals[at + COUNT] = 0;
      totals[at + SUM] = 0;
      totals[at + MIN] = Long.MAX_VALUE;
      totals[at + MAX] = Long.MIN_VALUE;
    }
  }

  /** Adds an amount to a pane. */
  static void add(long[] pane, long amountMinor) {
    add(pane, 0, amountMinor);
    if (pane.length > WIDTH && amountMinor >= StateSpec.LARGE_FROM_MINOR) {
      add(pane, WIDTH, amountMinor);
    }
  }

  private static void add(long[] totals, int at, long amountMinor) {
    totals[at + COUNT]++;
    totals[at + SUM] += amountMinor;
    totals[at + MIN] = Math.min(totals[at + MIN], amountMinor);
    totals[at + MAX] = Math.max(totals[at + MAX], amountMinor);
  }

  /** Adds an amount to a window. */
  void addAmount(int span, long amountMinor) {
    add(bySpan[span], amountMinor);
  }

  /** Adds a pane to a window. */
  void addPane(int span, long[] pane) {
    long[] totals = bySpan[span];
    for (int at = 0; at < width; at += WIDTH) {
      totals[at + COUNT] += pane[at + COUNT];
      totals[at + SUM] += pane[at + SUM];
      totals[at + MIN] = Math.min(totals[at + MIN], pane[at + MIN]);
      totals[at + MAX] = Math.max(totals[at + MAX], pane[at + MAX]);
    }
  }

  /** Computes the features of what was added since {@link #clear}; NaN where there is no value. */
  void finish(double[] out) {
    for (int index = 0; index < out.length; index++) {
      StateSpec.Feature feature = features.get(index);
      long[] totals = bySpan[spanOf[index]];
      int at = feature.large() ? WIDTH : 0;
      long count = totals[at + COUNT];
      out[index] =
          switch (feature.kind()) {
            case COUNT -> count;
            case SUM -> totals[at + SUM] / MINOR_PER_MAJOR;
            case MEAN -> count == 0 ? Double.NaN : totals[at + SUM] / (MINOR_PER_MAJOR * count);
            case MIN -> count == 0 ? Double.NaN : totals[at + MIN] / MINOR_PER_MAJOR;
            case MAX -> count == 0 ? Double.NaN : totals[at + MAX] / MINOR_PER_MAJOR;
          };
    }
  }
}
