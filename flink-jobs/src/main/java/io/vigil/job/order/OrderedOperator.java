package io.vigil.job.order;

import io.vigil.job.metrics.JobMetric;
import io.vigil.job.metrics.JobMetrics;
import io.vigil.job.record.Wire;
import io.vigil.model.order.Ordered;
import java.time.Duration;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * A keyed step that takes its records in effective order: what arrives waits in a heap until the
 * watermark (the minimum of the partitions' clocks) has passed it, and is then applied under its
 * key. The heap is checkpointed by key group, so it follows its keys when the job is rescaled.
 *
 * <p>Its size is bounded by what the source may run ahead (watermark alignment).
 */
public abstract class OrderedOperator<R extends Ordered, O> extends AbstractStreamOperator<O> {
  private static final long serialVersionUID = 1L;

  /** The watermark while a partition has not said what time it is; it goes no further than here. */
  public static final long NOTHING_YET_MS = Long.MIN_VALUE + 1;

  private final Wire<R> wire;
  private final KeySelector<R, String> keyOf;

  private transient OrderBuffer<R> waiting;
  private transient StreamRecord<O> emitted;
  private transient long watermarkMs;
  private transient JobMetrics jobMetrics;

  protected OrderedOperator(Wire<R> wire, KeySelector<R, String> keyOf) {
    this.wire = wire;
    this.keyOf = keyOf;
  }

  /**
   * Applies the next record in effective order. The current key is not set: whoever touches keyed
   * state sets it, so that what needs no state pays for none.
   */
  protected abstract void apply(R record) throws Exception;

  /** Called when all records up to a watermark were applied, before it is sent on. */
  protected void applied(long watermarkMs) throws Exception {}

  /** Sends a record on. Its Flink timestamp is not used: effective time travels in the record. */
  protected final void emit(O value) {
    output.collect(emitted.replace(value));
  }

  /** What this operator tells; once it is open. */
  protected final JobMetrics metrics() {
    return jobMetrics;
  }

  /** How many records wait for the watermark. */
  protected final int waiting() {
    return waiting.size();
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    waiting = new OrderBuffer<>();
    emitted = new StreamRecord<>(null);
    watermarkMs = Long.MIN_VALUE;
    KeyGroupBuffer.restore(context, wire, waiting::add);
  }

  @Override
  public void open() throws Exception {
    super.open();
    jobMetrics = new JobMetrics(getMetricGroup());
    jobMetrics.gauge(JobMetric.ORDER_BUFFER, waiting::size);
    jobMetrics.delay(
        JobMetric.WATERMARK_DELAY,
        getProcessingTimeService()::getCurrentProcessingTime,
        () -> watermarkMs);
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    KeyGroupBuffer.snapshot(
        context, getContainingTask().getEnvironment(), wire, waiting.waiting(), keyOf);
  }

  @Override
  protected boolean isUsingCustomRawKeyedState() {
    return true;
  }

  /** Records only wait on arrival; no state is touched, so no key need be set. */
  @Override
  public boolean hasKeyContext1() {
    return false;
  }

  /** Has a record wait for its turn. */
  protected final void await(R record) {
    if (record.effectiveTimeMs() <= watermarkMs) {
      // The order is the state: a wrong one must never be applied quietly.
      throw new IllegalStateException(
          getOperatorName()
              + ": expected effective times after the watermark "
              + watermarkMs
              + ", got "
              + record.effectiveTimeMs()
              + " for "
              + record.id());
    }
    waiting.add(record);
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    if (mark.getTimestamp() == NOTHING_YET_MS) {
      return;
    }
    watermarkMs = mark.getTimestamp();
    R next;
    while ((next = waiting.poll(watermarkMs)) != null) {
      apply(next);
    }
    applied(watermarkMs);
    super.processWatermark(mark);
  }

  /** Flink's processing-time expiry as garbage collection only: never what decides. */
  public static StateTtlConfig slackOnly(Duration forgetAfter) {
    return StateTtlConfig.newBuilder(forgetAfter)
        .setUpdateType(StateTtlConfig.UpdateType.OnCreateAndWrite)
        .setStateVisibility(StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp)
        .cleanupInRocksdbCompactFilter(100_000)
        .build();
  }
}
