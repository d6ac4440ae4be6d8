package io.vigil.bench.soak;

import io.vigil.bench.latency.Schedule;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * Counts what is sent and decided, minute by minute, in memory that does not grow. One thread
 * sends, another hears, a third cuts the minutes.
 */
final class Meter {
  private static final long MICRO_NS = 1_000;
  private static final double MICROS_MS = 1e3;
  private static final int DIGITS = 3;

  private final Schedule schedule;
  private final Outstanding decisions;
  private final Recorder latency = new Recorder(DIGITS);
  private final Recorder sendLag = new Recorder(DIGITS);
  private long sentBefore;
  private long answeredBefore;

  /**
   * @param waitedFor how many transactions may be without a decision at once
   */
  Meter(Schedule schedule, int waitedFor) {
    this.schedule = schedule;
    decisions = new Outstanding(waitedFor);
  }

  /** The next transaction is about to be sent. */
  void sending() {
    decisions.expect();
  }

  /** The transaction of that index had been handed over at that time, by the rig's clock. */
  void sent(int index, long nowNs) {
    sendLag.recordValue(micros(index, nowNs));
  }

  /** A decision came at that time; only the first of a transaction counts. */
  void decided(long index, long nowNs) {
    if (decisions.answer(index)) {
      latency.recordValue(micros(index, nowNs));
    }
  }

  private long micros(long index, long nowNs) {
    return Math.max(0, (nowNs - schedule.intendedNs(index)) / MICRO_NS);
  }

  /**
   * Ends a minute: puts what was sent and decided since the last one under its names.
   *
   * @return latencies of what was decided, microseconds from when it was due
   */
  Histogram cut(Map<String, Double> figures) {
    long sent = decisions.sent();
    long answered = decisions.answered();
    figures.put("sent", (double) (sent - sentBefore));
    figures.put("decided", (double) (answered - answeredBefore));
    figures.put("waiting", (double) (sent - answered));
    figures.put(
        "send_lag_p99_ms", sendLag.getIntervalHistogram().getValueAtPercentile(99) / MICROS_MS);
    sentBefore = sent;
    answeredBefore = answered;
    return latency.getIntervalHistogram();
  }

  /** How many have no decision, those that were given up among them. */
  long missing() {
    return decisions.sent() - decisions.answered();
  }
}
