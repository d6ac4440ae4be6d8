package io.vigil.job.decide;

import io.vigil.model.serving.ScoringBatch;
import io.vigil.model.serving.ScoringTask;
import io.vigil.model.serving.ServedModel;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.IntSupplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a subtask tells of its scoring. Owned by the operator's thread. */
final class ScoringMetrics {
  private static final Logger LOG = LoggerFactory.getLogger(ScoringMetrics.class);
  private static final int RECENT = 1_024;

  private final MetricGroup group;
  private final Histogram batchRows;
  private final Histogram waitUs;
  private final Histogram deviceUs;
  private final Counter fallbacks;
  private final Map<String, Counter> byCause = new HashMap<>();
  private final Map<ServedModel, Counter> byModel = new HashMap<>();
  private @Nullable ScoringBatch last;
  private volatile boolean fallingBack;

  ScoringMetrics(MetricGroup group, IntSupplier rowsInFlight) {
    this.group = group;
    this.batchRows = group.histogram("batchRows", new DescriptiveStatisticsHistogram(RECENT));
    this.waitUs = group.histogram("scoringWaitUs", new DescriptiveStatisticsHistogram(RECENT));
    this.deviceUs = group.histogram("deviceUs", new DescriptiveStatisticsHistogram(RECENT));
    this.fallbacks = group.counter("fallbacks");
    group.gauge("rowsInFlight", rowsInFlight::getAsInt);
    group.gauge("fallingBack", () -> fallingBack ? 1 : 0);
  }

  void decided(Row row) {
    if (row.batch != last && row.batch.isDone() && row.batch.failure() == null) {
      last = row.batch;
      batchRows.update(row.batch.deviceRows());
      waitUs.update(row.batch.waitNanos() / 1_000);
      deviceUs.update(row.batch.deviceNanos() / 1_000);
    }
    byModel
        .computeIfAbsent(
            row.model.served(),
            served ->
                group
                    .addGroup("model", HexFormat.of().formatHex(row.model.digest().bytes(), 0, 6))
                    .counter("rows"))
        .inc();
    String cause = row.cause();
    if (cause != null) {
      fallbacks.inc();
      byCause
          .computeIfAbsent(cause, c -> group.addGroup("cause", c).counter("fallbacksByCause"))
          .inc();
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
  }
}
