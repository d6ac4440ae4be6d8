package io.vigil.job.source;

import io.vigil.job.order.OrderedOperator;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.model.order.PartitionClock;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;

/**
 * Partition clocks as Flink watermarks, one generator a partition. Flink does not checkpoint
 * watermarks: after a restore these start anew and lag behind the true clocks, which only delays
 * the release of what waits. Lateness is judged by {@link SequenceFunction}, whose clocks are
 * checkpointed.
 */
public final class Clocks {
  private Clocks() {}

  /**
   * @param boundMs the disorder bound, 0 or more
   */
  public static WatermarkStrategy<LogRecord> watermarks(long boundMs) {
    return WatermarkStrategy.<LogRecord>forGenerator(context -> new Generator())
        .withTimestampAssigner((record, kafkaTimestamp) -> clockOf(record, boundMs));
  }

  /** What a record lets its partition's clock run to; {@link Long#MIN_VALUE} when it moves none. */
  private static long clockOf(LogRecord record, long boundMs) {
    if (record.rejection() != null || record.kind() == Kind.DEPLOYMENT) {
      return Long.MIN_VALUE;
    }
    return record.kind() == Kind.TICK
        ? record.eventTimeMs()
        : PartitionClock.clockOf(record.eventTimeMs(), boundMs);
  }

  private static final class Generator implements WatermarkGenerator<LogRecord> {
    /**
     * Said before a partition has said anything: Flink lets the others run ahead of one that is
     * silent, as after a restart one is that can't be reached, and the order buffers would take all
     * that they hold.
     */
    private long clockMs = OrderedOperator.NOTHING_YET_MS;

    @Override
    public void onEvent(LogRecord record, long timestampMs, WatermarkOutput output) {
      clockMs = Math.max(clockMs, timestampMs);
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
      output.emitWatermark(new Watermark(clockMs));
    }
  }
}
