package io.vigil.job.decide;

import io.vigil.job.metrics.Buckets;
import io.vigil.job.metrics.JobMetric;
import io.vigil.job.metrics.JobMetrics;
import io.vigil.model.policy.Outcome;
import io.vigil.model.serving.ScoringBatch;
import io.vigil.model.serving.ScoringTask;
import io.vigil.model.serving.ServedModel;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a subtask tells of its decisions, and the way of one transaction in many as a line of the
 * log. Owned by the operator's thread.
 */
final class DecideMetrics {
  private static final Logger LOG = LoggerFactory.getLogger(DecideMetrics.class);
  private static final Logger TRACE = LoggerFactory.getLogger("io.vigil.trace");
  private static final double NANOS = 1e9;

  /** Shown from the start, so that the first of them is seen to be one more. */
  private static final List<String> CAUSES =
      List.of(
          ScoringTask.DEADLINE,
          ScoringTask.ERROR,
          ScoringTask.QUARANTINE,
          ScoringBatch.INVALID_OUTPUT,
          Row.REASONS_DEADLINE,
          Row.REASONS_ERROR,
          Row.CHALLENGER_MISSING);

  private final Buckets latency;
  private final Buckets batchRows;
  private final Buckets wait;
  private final Buckets device;
  private final Counter fallbacks;
  private final JobMetrics.Labelled byCause;
  private final JobMetrics.Labelled rowsByModel;
  private final Map<Outcome, Counter> byOutcome = new EnumMap<>(Outcome.class);
  private final Map<ServedModel, Counter> byModel = new HashMap<>();
  private final int traceOneIn;
  private @Nullable ScoringBatch last;
  private volatile boolean fallingBack;

  /**
   * @param traceOneIn the way of one in so many transactions is logged; 0 for none
   */
  DecideMetrics(MetricGroup group, int traceOneIn) {
    this.traceOneIn = traceOneIn;
    JobMetrics metrics = new JobMetrics(group);
    latency = metrics.histogram(JobMetric.DECISION_LATENCY);
    batchRows = metrics.histogram(JobMetric.BATCH_ROWS);
    wait = metrics.histogram(JobMetric.SCORING_WAIT);
    device = metrics.histogram(JobMetric.SCORING_DEVICE);
    fallbacks = metrics.counter(JobMetric.FALLBACKS);
    byCause = metrics.counters(JobMetric.FALLBACKS_BY_CAUSE);
    CAUSES.forEach(byCause::of);
    rowsByModel = metrics.counters(JobMetric.SCORED_ROWS);
    JobMetrics.Labelled outcomes = metrics.counters(JobMetric.DECISIONS);
    for (Outcome outcome : Outcome.values()) {
      byOutcome.put(outcome, outcomes.of(outcome.id()));
    }
    metrics.gauge(JobMetric.FALLING_BACK, () -> fallingBack ? 1 : 0);
  }

  /**
   * Takes a row that was decided.
   *
   * @param nowMs the processing time
   */
  void decided(Row row, long nowMs) {
    latency.add((nowMs - row.record.appendTimeMs()) / 1e3);
    Outcome outcome = row.judged().verdict().outcome();
    Objects.requireNonNull(byOutcome.get(outcome)).inc();
    if (row.batch != last && row.batch.isDone() && row.batch.failure() == null) {
      last = row.batch;
      batchRows.add(row.batch.deviceRows());
      wait.add(row.batch.waitNanos() / NANOS);
      device.add(row.batch.deviceNanos() / NANOS);
    }
    byModel
        .computeIfAbsent(
            row.model.served(),
            served -> rowsByModel.of(HexFormat.of().formatHex(row.model.digest().bytes(), 0, 6)))
        .inc();
    String cause = row.cause();
    if (cause != null) {
      fallbacks.inc();
      byCause.of(cause).inc();
    }
    boolean without = !row.hasScore() && !ScoringTask.QUARANTINE.equals(cause);
    if (without != fallingBack) {
      fallingBack = without;
      if (without) {
        LOG.warn("the model does not score, rules decide alone: cause={}", cause);
      } else {
        LOG.info("the model scores again");
      }
    }
    if (traceOneIn > 0 && Math.floorMod(row.record.id().hashCode(), traceOneIn) == 0) {
      trace(row, outcome, cause, nowMs);
    }
  }

  /** The same transactions on every machine and in every run, for their ids choose. */
  private static void trace(Row row, Outcome outcome, @Nullable String cause, long nowMs) {
    boolean scored = row.batch.isDone() && row.batch.failure() == null;
    TRACE.info(
        "a transaction's way: transaction={} origin={} event_ms={} append_ms={} effective_ms={}"
            + " decided_ms={} scoring_wait_us={} scoring_device_us={} late={} outcome={} cause={}",
        row.record.id(),
        row.record.origin(),
        row.record.eventTimeMs(),
        row.record.appendTimeMs(),
        row.record.effectiveTimeMs(),
        nowMs,
        scored ? row.batch.waitNanos() / 1_000 : -1,
        scored ? row.batch.deviceNanos() / 1_000 : -1,
        row.record.late(),
        outcome.id(),
        cause);
  }
}
