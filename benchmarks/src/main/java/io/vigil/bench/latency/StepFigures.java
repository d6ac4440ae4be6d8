package io.vigil.bench.latency;

import org.HdrHistogram.Histogram;

/**
 * What a step comes to. Latencies count from when a transaction was due, in microseconds.
 *
 * @param rate intended, transactions a second
 * @param rateSent what was handed to the broker's client, from when the first was due to when the
 *     last was sent
 * @param rateDecided what was decided, from the first decision to the last
 * @param missing transactions without a decision
 * @param latency from due to the decision's arrival at a consumer
 * @param alertLatency the same for alerts on the topic of cases
 * @param sendLag from due to sent: what the rig itself adds
 */
public record StepFigures(
    int rate,
    double rateSent,
    double rateDecided,
    int missing,
    Histogram latency,
    Histogram alertLatency,
    Histogram sendLag) {

  /** Less than this share of the intended rate is a missed one. */
  private static final double ENOUGH = 0.99;

  private static final int DIGITS = 3;
  private static final long MICRO_NS = 1_000;

  /**
   * Counts a step from one of its transactions on.
   *
   * @param sentNs when each was sent
   * @param warmUp how many of the first do not count; at least two must be left
   */
  static StepFigures of(
      Schedule schedule, long[] sentNs, Arrivals decisions, Arrivals alerts, int warmUp) {
    int counted = sentNs.length - warmUp;
    if (counted < 2) {
      throw new IllegalArgumentException(
          "step: expected at least 2 transactions that count, got " + counted);
    }
    Histogram sendLag = new Histogram(DIGITS);
    long lastSentNs = Long.MIN_VALUE;
    long firstNs = Long.MAX_VALUE;
    long lastNs = Long.MIN_VALUE;
    int decided = 0;
    for (int i = warmUp; i < sentNs.length; i++) {
      sendLag.recordValue(micros(sentNs[i] - schedule.intendedNs(i)));
      lastSentNs = Math.max(lastSentNs, sentNs[i]);
      if (decisions.has(i)) {
        decided++;
        firstNs = Math.min(firstNs, decisions.atNs(i));
        lastNs = Math.max(lastNs, decisions.atNs(i));
      }
    }
    return new StepFigures(
        schedule.rate(),
        rate(counted, lastSentNs - schedule.intendedNs(warmUp)),
        rate(decided, lastNs - firstNs),
        counted - decided,
        latencies(schedule, decisions, warmUp, sentNs.length),
        latencies(schedule, alerts, warmUp, sentNs.length),
        sendLag);
  }

  /** Latencies of the transactions from one index to another (exclusive), microseconds. */
  public static Histogram latencies(Schedule schedule, Arrivals arrivals, int from, int to) {
    Histogram latencies = new Histogram(DIGITS);
    for (int i = from; i < to; i++) {
      if (arrivals.has(i)) {
        latencies.recordValue(micros(arrivals.atNs(i) - schedule.intendedNs(i)));
      }
    }
    return latencies;
  }

  /** Whether the rate was not kept: then the latencies are those of a queue that grows. */
  public boolean missed() {
    return missing > 0 || rateSent < ENOUGH * rate || rateDecided < ENOUGH * rate;
  }

  private static long micros(long ns) {
    return Math.max(0, ns / MICRO_NS);
  }

  /** Of so many that came at both ends of a time and in between. */
  private static double rate(int transactions, long ns) {
    if (transactions < 2) {
      return 0;
    }
    return (transactions - 1) * (double) Schedule.SECOND_NS / Math.max(1, ns);
  }
}
