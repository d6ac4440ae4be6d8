package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  @Test
  void aStateThatTheSubmissionNamesComesBeforeTheNewest(@TempDir Path states) throws Exception {
    Path newest = Files.createDirectories(states.resolve("job").resolve("chk-7"));
    Files.createFile(newest.resolve("_metadata"));
    Configuration given = new Configuration();
    given.set(VigilOptions.STATE_DIR, states.toString());
    given.set(VigilOptions.RESUME, true);
    Configuration submission = new Configuration();

    assertThat(VigilJob.options(given, submission).get(StateRecoveryOptions.SAVEPOINT_PATH))
        .endsWith("/job/chk-7");
    submission.set(StateRecoveryOptions.SAVEPOINT_PATH, "s3://vigil/savepoint-1");
    assertThat(VigilJob.options(given, submission).get(StateRecoveryOptions.SAVEPOINT_PATH))
        .isNull();
  }

  private static int tolerated(VigilOptions.Delivery delivery) {
    Configuration given = new Configuration();
    given.set(VigilOptions.DELIVERY, delivery);
    return VigilJob.flinkOptions(given).get(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER);
  }
}
