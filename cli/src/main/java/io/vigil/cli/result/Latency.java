package io.vigil.cli.result;

import org.HdrHistogram.Histogram;

/**
 * Percentiles of a latency, milliseconds, exact to three digits; all 0 when nothing was measured.
 *
 * @param count how many were measured
 */
public record Latency(long count, long p50Ms, long p99Ms, long p999Ms, long maxMs) {

  static Latency of(Histogram histogram) {
    return new Latency(
        histogram.getTotalCount(),
        histogram.getValueAtPercentile(50),
        histogram.getValueAtPercentile(99),
        histogram.getValueAtPercentile(99.9),
        histogram.getMaxValue());
  }
}
