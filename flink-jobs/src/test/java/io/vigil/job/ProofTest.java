package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.job.source.Clocks;
import io.vigil.model.approval.SigningKeys;
import io.vigil.model.proof.ProofKind;
import io.vigil.schema.Batch;
import io.vigil.schema.TreeHead;
import io.vigil.schema.codec.Codec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole topology with its proof. */
class ProofTest {
  private static final long BOUND_MS = 250;
  private static final TestLog LOG = new TestLog(11, 4_000);

  @TempDir static Path folder;
  private static Configuration options;

  @BeforeAll
  static void writeArtefacts() throws Exception {
    options = new Configuration();
    options.set(VigilOptions.BUNDLE, TestBundle.write(folder.resolve("bundle")).toString());
    options.set(VigilOptions.MODE, VigilOptions.Mode.BOUNDED);
    Path key = folder.resolve("proof.key");
    Files.writeString(key, SigningKeys.privatePem(SigningKeys.generate().getPrivate()));
    options.set(VigilOptions.PROOF_KEY, key.toString());
    options.set(VigilOptions.PROOF_ORIGIN, "example.com/test");
    options.set(VigilOptions.ARCHIVE_DIR, folder.resolve("archive").toString());
  }

  private record Result(List<String> heads, List<String> batches, Map<ProofKind, Long> records) {}

  @Test
  void theTreeDependsOnTheLogAlone() throws Exception {
    Result one = run(1, 0);

    assertThat(run(2, 1)).isEqualTo(one);
    assertThat(run(4, 3)).isEqualTo(one);
    long in = LOG.partitions().stream().mapToLong(List::size).sum();
    assertThat(one.records.get(ProofKind.INPUTS)).isEqualTo(in);
    assertThat(
            one.records.get(ProofKind.DECISIONS)
                + one.records.get(ProofKind.RECEIPTS)
                + one.records.get(ProofKind.DEAD_LETTERS))
        .isEqualTo(in);
    assertThat(one.records.get(ProofKind.CASES)).isPositive();
    assertThat(one.heads).hasSize(1);
  }

  @Test
  void aProofThatWouldSayLessThanItSeemsIsRefused() {
    Configuration lacking = new Configuration(options);
    lacking.removeConfig(VigilOptions.ARCHIVE_DIR);
    assertThatThrownBy(() -> ProofSettings.origin(lacking))
        .hasMessage("vigil.archive.dir: expected a value beside vigil.proof.key, got none");
    Configuration live = new Configuration(options);
    live.set(VigilOptions.MODE, VigilOptions.Mode.LIVE);
    assertThatThrownBy(() -> ProofSettings.origin(live))
        .hasMessage("vigil.state.dir: expected a value beside vigil.proof.key, got none");
    Configuration nameless = new Configuration(options);
    nameless.removeConfig(VigilOptions.PROOF_ORIGIN);
    assertThatThrownBy(() -> ProofSettings.origin(nameless))
        .hasMessage("vigil.proof.origin: expected a value beside vigil.proof.key, got none");
  }

  private static Result run(int parallelism, int rotation) throws Exception {
    Configuration flink = new Configuration(options);
    flink.addAll(VigilJob.flinkOptions(options));
    flink.set(TaskManagerOptions.NUM_TASK_SLOTS, parallelism);
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, flink);
    DataStream<LogRecord> log = null;
    int partitions = LOG.partitions().size();
    for (int i = 0; i < partitions; i++) {
      int partition = (i + rotation) % partitions;
      DataStream<LogRecord> one =
          env.fromData(LOG.partitions().get(partition), new WireType<>(LogRecord.WIRE))
              .setParallelism(1)
              .uid("partition-" + partition)
              .assignTimestampsAndWatermarks(Clocks.watermarks(BOUND_MS))
              .setParallelism(1)
              .uid("clock-" + partition);
      log = log == null ? one : log.union(one);
    }
    Topology.Proof proof = Topology.define(log, ArtefactSet.read(options), flink).proof();
    assertThat(proof).isNotNull();
    Codec<Batch> batches = Codec.of(Batch.class);
    Codec<TreeHead> heads = Codec.of(TreeHead.class);
    Result result =
        new Result(new ArrayList<>(), new ArrayList<>(), new EnumMap<>(ProofKind.class));
    try (CloseableIterator<Outgoing> out =
        proof.batches().union(proof.heads()).executeAndCollect()) {
      while (out.hasNext()) {
        Outgoing record = out.next();
        if (record.topic().equals(Topics.TREE_HEADS)) {
          result.heads.add(heads.decode(record.value()).getNote());
        } else {
          Batch batch = batches.decode(record.value());
          assertThat(batch.getIndex()).isEqualTo(result.batches.size());
          result.batches.add(batch.toString());
          result.records.merge(ProofKind.of(batch.getKind()), batch.getCount(), Long::sum);
        }
      }
    }
    return result;
  }
}
