package io.vigil.job.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.order.OrderedOperator;
import io.vigil.job.record.LogRecord;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.clock.RelativeClock;
import org.apache.flink.util.clock.SystemClock;
import org.junit.jupiter.api.Test;

class ClocksTest {
  private static final WatermarkGeneratorSupplier.Context CONTEXT =
      new WatermarkGeneratorSupplier.Context() {
        @Override
        public MetricGroup getMetricGroup() {
          return new UnregisteredMetricsGroup();
        }

        @Override
        public RelativeClock getInputActivityClock() {
          return SystemClock.getInstance();
        }
      };

  /** Flink aligns only who has said something: silence would let all others run ahead. */
  @Test
  void aPartitionSpeaksBeforeItsFirstRecord() {
    List<Watermark> said = new ArrayList<>();
    WatermarkGenerator<LogRecord> generator =
        Clocks.watermarks(250).createWatermarkGenerator(CONTEXT);

    generator.onPeriodicEmit(
        new WatermarkOutput() {
          @Override
          public void emitWatermark(Watermark watermark) {
            said.add(watermark);
          }

          @Override
          public void markIdle() {
            throw new AssertionError("idle");
          }

          @Override
          public void markActive() {
            throw new AssertionError("active");
          }
        });

    assertThat(said).containsExactly(new Watermark(OrderedOperator.NOTHING_YET_MS));
  }
}
