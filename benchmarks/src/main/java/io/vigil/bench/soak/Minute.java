package io.vigil.bench.soak;

import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * A minute as it was measured.
 *
 * @param number from 1
 * @param endMs when it ended, milliseconds since the epoch
 * @param figures by name, units last; those that end in {@code _total} count from the start, others
 *     are of the minute or of its end
 * @param latency of the decisions that came in it, microseconds from when they were due
 */
record Minute(int number, long endMs, Map<String, Double> figures, Histogram latency) {
  private static final double MB = 1 << 20;
  private static final double MICROS_MS = 1e3;

  Minute {
    figures = new LinkedHashMap<>(figures);
    figures.put("latency_p50_ms", latency.getValueAtPercentile(50) / MICROS_MS);
    figures.put("latency_p90_ms", latency.getValueAtPercentile(90) / MICROS_MS);
    figures.put("latency_p99_ms", latency.getValueAtPercentile(99) / MICROS_MS);
    figures.put("latency_p999_ms", latency.getValueAtPercentile(99.9) / MICROS_MS);
    figures.put("latency_max_ms", latency.getMaxValue() / MICROS_MS);
  }

  static double mb(double bytes) {
    return bytes / MB;
  }

  static double mb(long bytes) {
    return mb((double) bytes);
  }

  /** Of that name. */
  double figure(String name) {
    Double value = figures.get(name);
    if (value == null) {
      throw new IllegalArgumentException("figure: expected one that was measured, got " + name);
    }
    return value;
  }
}
