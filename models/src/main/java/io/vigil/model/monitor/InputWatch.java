package io.vigil.model.monitor;

import io.vigil.model.monitor.Finding.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Watches what comes in, by category and without labels: each record is counted once in each
 * dimension (its currency, its channel, whether it had a device …) in buckets of stream time, and
 * every ten minutes the last half hour is held against the same half hour of the days before.
 *
 * <p>A category's share is off when it lies six standard deviations from what it was at that time
 * of day and its odds have at least doubled or halved. Standard deviations are those of the
 * binomial, widened by how much the series has wandered by itself (the dispersion of a
 * quasi-binomial model: Wedderburn 1974, "Quasi-likelihood functions"), so a category that comes in
 * bursts must do more to be reported. A feed is silent when it sends less than a tenth of the least
 * that it sent at that time of any day before.
 *
 * <p>Nothing is said before {@link #DAYS_MIN} days were seen. What is reported is reported once; as
 * long as it lasts it is left out of what is usual, and after a week it is what is usual. Bounded:
 * {@link #VALUES_MAX} values a dimension, the others count as one. Not thread-safe.
 */
public final class InputWatch {
  /** Buckets of ten minutes. */
  public static final long BUCKET_MS = 600_000;

  /** The value of a field that is empty. */
  public static final String NONE = "(none)";

  /** Days before anything is said. */
  public static final int DAYS_MIN = 7;

  /** Values of a dimension that are counted apart. */
  public static final int VALUES_MAX = 1_000;

  static final double DEVIATIONS_MAX = 6;

  private static final String OTHERS = "(others)";
  private static final int WINDOW = 3;
  private static final int DAY = (int) (86_400_000 / BUCKET_MS);
  private static final int DAYS = 28;
  private static final int KEPT = DAYS * DAY + WINDOW;
  private static final double ODDS_MIN = 2;
  private static final int DIFFERENCE_MIN = 20;
  private static final int EXPECTED_MIN = 20;
  private static final int OF_MIN = 50;
  private static final double SILENT_SHARE = 0.1;
  private static final double NEW_SHARE = 0.001;
  private static final int DAYS_LEARNED = 3;
  private static final int ACCEPTED_AFTER = 7 * DAY;
  private static final int QUIET_AFTER = 6;

  private final Map<String, Dimension> dimensions = new TreeMap<>();
  private final TreeMap<Long, Map<Series, Integer>> collecting = new TreeMap<>();
  private long nextBucket = Long.MIN_VALUE;
  private long firstBucket = Long.MIN_VALUE;

  private static final class Dimension {
    final boolean feeds;
    final Map<String, Series> series = new TreeMap<>();
    final long[] totals = new long[KEPT];

    Dimension(boolean feeds) {
      this.feeds = feeds;
    }

    long total(long last) {
      long sum = 0;
      for (int i = 0; i < WINDOW; i++) {
        sum += totals[(int) Math.floorMod(last - i, (long) KEPT)];
      }
      return sum;
    }
  }

  /**
   * @param feeds dimensions whose values are sources that send by themselves, so that a silence of
   *     one is news
   */
  public InputWatch(String... feeds) {
    for (String feed : feeds) {
      dimensions.put(feed, new Dimension(true));
    }
  }

  /**
   * Counts a record in a dimension; once in each that it has anything to say to.
   *
   * @param timeMs stream time, milliseconds since the epoch; what comes behind its bucket counts in
   *     the next one
   */
  public void add(long timeMs, String dimension, String value) {
    long bucket = Math.max(nextBucket, Math.floorDiv(timeMs, BUCKET_MS));
    Dimension of = dimensions.computeIfAbsent(dimension, name -> new Dimension(false));
    Series series = of.series.get(value);
    if (series == null) {
      String name = of.series.size() < VALUES_MAX ? value : OTHERS;
      series = of.series.computeIfAbsent(name, n -> new Series(dimension, n, KEPT, bucket));
    }
    collecting.computeIfAbsent(bucket, b -> new HashMap<>()).merge(series, 1, Integer::sum);
  }

  /**
   * Stream time has come so far: what was counted before is judged.
   *
   * @return what is new, the largest deviations first; empty most of the time
   */
  public List<Finding> reached(long timeMs) {
    List<Finding> found = new ArrayList<>();
    long end = Math.floorDiv(timeMs, BUCKET_MS);
    if (firstBucket == Long.MIN_VALUE) {
      if (collecting.isEmpty()) {
        return found;
      }
      firstBucket = collecting.firstKey();
      nextBucket = firstBucket;
    }
    for (; nextBucket < end; nextBucket++) {
      Map<Series, Integer> counts = collecting.remove(nextBucket);
      close(nextBucket, counts == null ? Map.of() : counts, found);
    }
    found.sort(
        Comparator.comparingDouble((Finding finding) -> -Math.abs(finding.deviations()))
            .thenComparing(Finding::dimension)
            .thenComparing(Finding::value));
    return found;
  }

  /** What was reported and still lasts. */
  public List<Finding> open() {
    List<Finding> open = new ArrayList<>();
    for (Dimension dimension : dimensions.values()) {
      for (Series series : dimension.series.values()) {
        if (series.open != null) {
          open.add(series.open);
        }
      }
    }
    return open;
  }

  private void close(long bucket, Map<Series, Integer> counts, List<Finding> found) {
    for (Dimension dimension : dimensions.values()) {
      long total = 0;
      for (Series series : dimension.series.values()) {
        int count = counts.getOrDefault(series, 0);
        series.set(bucket, count);
        total += count;
      }
      dimension.totals[(int) Math.floorMod(bucket, (long) KEPT)] = total;
      for (Series series : dimension.series.values()) {
        judge(dimension, series, bucket, found);
      }
    }
  }

  private void judge(Dimension dimension, Series series, long bucket, List<Finding> found) {
    long observed = series.count(bucket, WINDOW);
    long of = dimension.total(bucket);
    long before = 0;
    long ofBefore = 0;
    long least = Long.MAX_VALUE;
    int days = 0;
    long first = dimension.feeds ? series.firstBucket : firstBucket;
    for (int day = 1; day <= DAYS && bucket - (long) day * DAY - WINDOW >= first; day++) {
      long then = series.count(bucket - (long) day * DAY, WINDOW);
      if (series.isUsual(bucket - (long) day * DAY, WINDOW)) {
        before += then;
        ofBefore += dimension.total(bucket - (long) day * DAY);
        least = Math.min(least, then);
        days++;
      }
    }
    if (days < DAYS_LEARNED) {
      return;
    }
    if (dimension.feeds) {
      Finding silent = silence(series, bucket, observed, before / (double) days, days, least, of);
      settle(series, bucket, silent, found);
    } else if (of >= OF_MIN && ofBefore > 0) {
      settle(series, bucket, shift(series, bucket, observed, of, before, ofBefore, days), found);
    } else if (series.open != null) {
      // Too few to say that it is over, as at night.
      series.leaveOut(bucket);
    }
  }

  private static @Nullable Finding silence(
      Series series, long bucket, long observed, double expected, int days, long least, long of) {
    boolean silent = days >= DAYS_MIN && least >= EXPECTED_MIN && observed < SILENT_SHARE * least;
    return silent ? finding(Kind.SILENT, series, bucket, observed, expected, of, 0) : null;
  }

  private static @Nullable Finding shift(
      Series series, long bucket, long observed, long of, long before, long ofBefore, int days) {
    // As if half a record of either kind had been seen, so that nothing is impossible.
    double share = (before + 0.5) / (ofBefore + 1);
    double expected = share * of;
    double deviation = (observed - expected) / Math.sqrt(expected * (1 - share));
    double own = series.judge(deviation, days < DAYS_MIN, ACCEPTED_AFTER);
    double odds = (observed + 0.5) / (of - observed + 0.5) * (1 - share) / share;
    boolean more = own > DEVIATIONS_MAX && odds > ODDS_MIN && observed - expected >= DIFFERENCE_MIN;
    boolean less =
        own < -DEVIATIONS_MAX && odds < 1 / ODDS_MIN && expected - observed >= DIFFERENCE_MIN;
    if (days < DAYS_MIN || (!more && !less)) {
      return null;
    }
    Kind kind =
        more
            ? (share < NEW_SHARE ? Kind.NEW : Kind.MORE)
            : (observed == 0 ? Kind.VANISHED : Kind.LESS);
    return finding(kind, series, bucket, observed, expected, of, own);
  }

  private static Finding finding(
      Kind kind,
      Series series,
      long bucket,
      long observed,
      double expected,
      long of,
      double deviations) {
    return new Finding(
        kind,
        series.dimension,
        series.value,
        (bucket - WINDOW + 1) * BUCKET_MS,
        (bucket + 1) * BUCKET_MS,
        observed,
        expected,
        of,
        deviations);
  }

  private static void settle(
      Series series, long bucket, @Nullable Finding finding, List<Finding> found) {
    if (finding != null) {
      if (series.open == null) {
        series.open = finding;
        series.openBuckets = 0;
        found.add(finding);
      }
      series.quiet = 0;
    } else if (series.open != null && ++series.quiet >= QUIET_AFTER) {
      series.open = null;
    }
    if (series.open != null) {
      series.leaveOut(bucket);
      if (++series.openBuckets >= ACCEPTED_AFTER) {
        series.open = null;
        series.forgetAll();
      }
    }
  }
}
