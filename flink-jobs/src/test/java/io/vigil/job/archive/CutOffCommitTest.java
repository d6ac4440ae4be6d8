package io.vigil.job.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.record.Outgoing;
import io.vigil.job.sink.Archive;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.connector.file.sink.FileSinkCommittable;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessageTypeInfo;
import org.apache.flink.streaming.runtime.operators.sink.CommitterOperatorFactory;
import org.apache.flink.streaming.runtime.operators.sink.SinkWriterOperatorFactory;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The files of a checkpoint become visible once it is complete. A job that is killed between the
 * two, or among the files, leaves the rest to the next one.
 */
class CutOffCommitTest {
  private static final String KIND = "decisions";
  private static final int MAX_PARALLELISM = 128;
  private static final int SUBTASKS = 2;

  @TempDir private Path root;

  private final Codec<Decision> codec = Codec.of(Decision.class);
  private final List<OperatorSubtaskState> states = new ArrayList<>();
  private final List<Decision> written = new ArrayList<>();

  private FileSink<Outgoing> sink() {
    return Archive.sink(root.toString(), KIND, Decision.getClassSchema());
  }

  private OneInputStreamOperatorTestHarness<
          CommittableMessage<FileSinkCommittable>, CommittableMessage<FileSinkCommittable>>
      committer(int parallelism, int subtask) throws Exception {
    return new OneInputStreamOperatorTestHarness<>(
        new CommitterOperatorFactory<>(sink(), false, true), MAX_PARALLELISM, parallelism, subtask);
  }

  /** Two subtasks write two days each, the checkpoint is complete, and only one hears of it. */
  @BeforeEach
  void cutOff() throws Exception {
    Random random = new Random(9);
    for (int subtask = 0; subtask < SUBTASKS; subtask++) {
      try (OneInputStreamOperatorTestHarness<Outgoing, CommittableMessage<FileSinkCommittable>>
              writer =
                  new OneInputStreamOperatorTestHarness<>(
                      new SinkWriterOperatorFactory<>(sink()), MAX_PARALLELISM, SUBTASKS, subtask);
          OneInputStreamOperatorTestHarness<
                  CommittableMessage<FileSinkCommittable>, CommittableMessage<FileSinkCommittable>>
              committer = committer(SUBTASKS, subtask)) {
        writer.setup(
            CommittableMessageTypeInfo.of(sink()::getCommittableSerializer)
                .createSerializer(new SerializerConfigImpl()));
        writer.open();
        committer.open();
        for (int day = 0; day < 2; day++) {
          List<Decision> decisions =
              TestArchive.decisions(day(day), 1_000 * (2 * subtask + day), 300, random);
          written.addAll(decisions);
          for (Decision decision : decisions) {
            writer.processElement(
                new StreamRecord<>(
                    new Outgoing(KIND, null, codec.encode(decision), decision.getEffectiveTime())));
          }
        }
        writer.prepareSnapshotPreBarrier(1);
        writer.snapshot(1, 1);
        for (CommittableMessage<FileSinkCommittable> message : writer.extractOutputValues()) {
          committer.processElement(new StreamRecord<>(message));
        }
        states.add(committer.snapshot(1, 1));
        if (subtask == 0) {
          committer.notifyOfCompletedCheckpoint(1);
        }
      }
    }
  }

  private static LocalDate day(int day) {
    return TestArchive.FIRST.plusDays(day);
  }

  /** How often each body can be read. */
  private Map<String, Integer> visible() throws Exception {
    TestArchive archive = new TestArchive(root);
    Map<String, Integer> bodies = new HashMap<>(archive.bodies(KIND, day(0)));
    archive.bodies(KIND, day(1)).forEach((body, count) -> bodies.merge(body, count, Integer::sum));
    return bodies;
  }

  private void next(int parallelism) throws Exception {
    OperatorSubtaskState all =
        AbstractStreamOperatorTestHarness.repackageState(
            states.toArray(new OperatorSubtaskState[0]));
    for (int subtask = 0; subtask < parallelism; subtask++) {
      try (OneInputStreamOperatorTestHarness<
              CommittableMessage<FileSinkCommittable>, CommittableMessage<FileSinkCommittable>>
          committer = committer(parallelism, subtask)) {
        committer.setRestoredCheckpointId(1);
        committer.initializeState(
            AbstractStreamOperatorTestHarness.repartitionOperatorState(
                all, MAX_PARALLELISM, SUBTASKS, parallelism, subtask));
        committer.open();
      }
    }
  }

  private void assertEachOnce() throws Exception {
    assertThat(visible())
        .hasSize(written.size())
        .allSatisfy((body, count) -> assertThat(count).isOne());
  }

  @Test
  void whatOneSubtaskDidNotHearOfIsNotReadYet() throws Exception {
    assertThat(visible()).hasSize(written.size() / SUBTASKS);
  }

  @Test
  void theNextJobMakesTheRestVisible() throws Exception {
    next(SUBTASKS);

    assertEachOnce();
  }

  @Test
  void soDoesOneOfAnotherParallelism() throws Exception {
    next(3);

    assertEachOnce();
  }

  @Test
  void aJobThatIsCutOffAgainLeavesThemToTheOneAfterIt() throws Exception {
    next(1);
    next(SUBTASKS);

    assertEachOnce();
  }
}
