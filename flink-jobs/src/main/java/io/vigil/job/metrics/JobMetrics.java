package io.vigil.job.metrics;

import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/**
 * Registers {@link JobMetric}s of one operator. Owned by the operator's thread; suppliers are asked
 * by the reporters' threads, so they only read what may be a moment old.
 */
public final class JobMetrics {
  private static final double MS = 1e3;

  private final MetricGroup group;

  /**
   * @param operator the operator's own group
   */
  public JobMetrics(MetricGroup operator) {
    this.group = operator.addGroup("vigil");
  }

  /** Counters of one metric by the value of its label; not thread-safe. */
  public final class Labelled {
    private final JobMetric metric;
    private final Map<String, Counter> byValue = new HashMap<>();

    private Labelled(JobMetric metric) {
      this.metric = metric;
    }

    /** The counter of a value; values must be few. */
    public Counter of(String value) {
      return byValue.computeIfAbsent(value, v -> labelled(metric, v).counter(metric.leaf()));
    }
  }

  /** A counter without a label. */
  public Counter counter(JobMetric metric) {
    return group.counter(metric.leaf());
  }

  /** What is counted elsewhere, and only grows. */
  public void counted(JobMetric metric, LongSupplier count) {
    Gauge<Long> gauge = count::getAsLong;
    group.gauge(metric.leaf(), gauge);
  }

  /** Counters by a label. */
  public Labelled counters(JobMetric metric) {
    return new Labelled(metric);
  }

  /** A value without a label. */
  public void gauge(JobMetric metric, DoubleSupplier value) {
    Gauge<Double> gauge = value::getAsDouble;
    group.gauge(metric.leaf(), gauge);
  }

  /** A value of a label. */
  public void gauge(JobMetric metric, String label, DoubleSupplier value) {
    Gauge<Double> gauge = value::getAsDouble;
    labelled(metric, label).gauge(metric.leaf(), gauge);
  }

  /** How long ago a time was, in seconds. */
  public void delay(JobMetric metric, LongSupplier nowMs, LongSupplier timeMs) {
    gauge(metric, () -> seconds(nowMs.getAsLong(), timeMs.getAsLong()));
  }

  /** The same, by a label. */
  public void delay(JobMetric metric, String label, LongSupplier nowMs, LongSupplier timeMs) {
    gauge(metric, label, () -> seconds(nowMs.getAsLong(), timeMs.getAsLong()));
  }

  /**
   * Seconds from a time until now; not a number before there is any, 0 for what lies ahead, as the
   * end of a bounded stream does.
   */
  static double seconds(long nowMs, long timeMs) {
    if (timeMs == Long.MIN_VALUE) {
      return Double.NaN;
    }
    return timeMs >= nowMs ? 0 : (nowMs - timeMs) / MS;
  }

  /** A histogram. */
  public Buckets histogram(JobMetric metric) {
    Buckets buckets = new Buckets(metric.bounds());
    MetricGroup of = group.addGroup(metric.leaf());
    for (int i = 0; i < metric.bounds().size(); i++) {
      int bound = i;
      Gauge<Long> upTo = () -> buckets.upTo(bound);
      of.addGroup("le", metric.bounds().get(i).toString()).gauge("bucket", upTo);
    }
    Gauge<Long> count = buckets::count;
    Gauge<Double> sum = buckets::sum;
    of.addGroup("le", "+Inf").gauge("bucket", count);
    of.gauge("count", count);
    of.gauge("sum", sum);
    return buckets;
  }

  private MetricGroup labelled(JobMetric metric, String value) {
    return group.addGroup(metric.group()).addGroup(metric.label().orElseThrow(), value);
  }
}
