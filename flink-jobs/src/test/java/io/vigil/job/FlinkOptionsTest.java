package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;

class FlinkOptionsTest {

  @Test
  void aStoreThatTakesNoCheckpointStopsNoDecision() {
    assertThat(tolerated(VigilOptions.Delivery.AT_LEAST_ONCE)).isEqualTo(Integer.MAX_VALUE);
  }

  /** A transaction that no checkpoint commits expires, and what it has written with it. */
  @Test
  void whatOnlyACheckpointCommitsIsWrittenAgainWhenOneFails() {
    assertThat(tolerated(VigilOptions.Delivery.EXACTLY_ONCE)).isZero();
  }

  private static int tolerated(VigilOptions.Delivery delivery) {
    Configuration given = new Configuration();
    given.set(VigilOptions.DELIVERY, delivery);
    return VigilJob.flinkOptions(given).get(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER);
  }
}
