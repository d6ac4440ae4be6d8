package io.vigil.job.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BucketsTest {

  @Test
  void countsUpToEachBoundAndAllOfThem() {
    Buckets buckets = new Buckets(List.of(0.1, 0.5, 2.0));
    for (double value : new double[] {-3, 0, 0.1, 0.11, 0.5, 1.9, 2.0, 2.1, 50}) {
      buckets.add(value);
    }
    assertThat(buckets.upTo(0)).isEqualTo(3);
    assertThat(buckets.upTo(1)).isEqualTo(5);
    assertThat(buckets.upTo(2)).isEqualTo(7);
    assertThat(buckets.count()).isEqualTo(9);
    // What clocks that differ make negative counts as nothing.
    assertThat(buckets.sum()).isEqualTo(0 + 0 + 0.1 + 0.11 + 0.5 + 1.9 + 2.0 + 2.1 + 50);
  }

  @Test
  void aDelayIsKnownOnceThereIsATimeAndNeverNegative() {
    assertThat(JobMetrics.seconds(5_000, Long.MIN_VALUE)).isNaN();
    assertThat(JobMetrics.seconds(5_000, 3_500)).isEqualTo(1.5);
    assertThat(JobMetrics.seconds(5_000, 5_001)).isZero();
    assertThat(JobMetrics.seconds(5_000, Long.MAX_VALUE)).isZero();
  }

  @Test
  void noTwoMetricsShareAName() {
    Set<String> names = new HashSet<>();
    for (JobMetric metric : JobMetric.values()) {
      for (String series : metric.series()) {
        assertThat(names.add(series)).as(series).isTrue();
      }
      assertThat(metric.bounds()).isSorted();
      assertThat(metric.kind() == JobMetric.Kind.HISTOGRAM && metric.label().isPresent()).isFalse();
    }
  }
}
