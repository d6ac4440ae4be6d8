package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.decide.DecideOperator;
import io.vigil.job.decide.RecordedFile;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OperatorSnapshotUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of earlier versions, as those versions wrote them. */
class OldCheckpointTest {
  private static final long START_MS = 1_767_225_600_000L;

  /**
   * Written before there were deployments, with one transaction that waits for its account: {@code
   * TestLog.transaction(new Random(1), "waits", START_MS)}.
   */
  @Test
  void oneFromBeforeDeploymentsGoesOn(@TempDir Path folder) throws Exception {
    String spec =
        "name: test\nversion: 1\nfeatures:\n"
            + "- {name: kept, entity: account, aggregate: count, window: 1h}\n";
    Configuration options = new Configuration();
    options.set(VigilOptions.BUNDLE, TestBundle.write(folder.resolve("bundle"), spec).toString());
    options.set(VigilOptions.RULES, "basic");
    ArtefactSet artefacts = ArtefactSet.read(options);
    try (var harness =
        new KeyedTwoInputStreamOperatorTestHarness<>(
            new DecideOperator(
                artefacts,
                8,
                Duration.ZERO,
                Duration.ZERO,
                Topology.controlSettings(options),
                null,
                RecordedFile.NONE,
                0),
            LogRecord::stateKey,
            (EntityAnswer answer) -> LogRecord.transactionKey(answer.id()),
            Types.STRING,
            16,
            1,
            0)) {
      harness.initializeState(
          OperatorSnapshotUtil.readStateHandle(
              OperatorSnapshotUtil.getResourceFilename(
                  "io/vigil/job/decide/decide-before-deployments.snapshot")));
      harness.open();
      harness.processElement2(new EntityAnswer("waits", 0, new double[] {3}), 0);
      harness.processBothWatermarks(new Watermark(START_MS));
      harness.getOperator().prepareSnapshotPreBarrier(1);

      assertThat(harness.extractOutputValues()).hasSize(1);
      Outgoing outgoing = harness.extractOutputValues().get(0);
      Decision decision = Codec.of(Decision.class).decode(outgoing.value());
      assertThat(decision.getTransaction().getTransactionId()).isEqualTo("waits");
      assertThat(decision.getEffectiveTime()).isEqualTo(START_MS);
    }
  }
}
