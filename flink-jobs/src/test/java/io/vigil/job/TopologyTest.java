package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.job.source.Clocks;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole topology without a broker, held against {@link Reference}. */
class TopologyTest {
  private static final long BOUND_MS = 250;
  private static final TestLog LOG = new TestLog(11, 6_000);

  @TempDir static Path folder;
  private static Configuration options;
  private static ArtefactSet artefacts;
  private static Reference reference;

  @BeforeAll
  static void readArtefacts() throws Exception {
    options = new Configuration();
    options.set(VigilOptions.BUNDLE, TestBundle.write(folder.resolve("bundle")).toString());
    options.set(VigilOptions.MODE, VigilOptions.Mode.BOUNDED);
    artefacts = ArtefactSet.read(options);
    reference = new Reference(artefacts, LOG.partitions(), BOUND_MS);
  }

  @Test
  void theTestLogHoldsEveryCase() {
    assertThat(reference.late).isGreaterThan(100);
    assertThat(reference.duplicates).isGreaterThan(20);
    assertThat(reference.deadLetters).isGreaterThan(50);
    assertThat(reference.labels).isGreaterThan(100);
    assertThat(reference.ticks).isGreaterThan(100);
  }

  @ParameterizedTest
  @CsvSource({"1,8,0", "2,256,1", "4,1024,2", "3,64,3"})
  void decidesAsTheReferenceWhateverTheParallelismBatchSizeAndInterleaving(
      int parallelism, int batchSize, int rotation) throws Exception {
    Result result = run(parallelism, batchSize, rotation);

    assertThat(result.decisions.keySet()).isEqualTo(reference.features.keySet());
    Codec<Decision> codec = Codec.of(Decision.class);
    for (Map.Entry<String, byte[]> entry : result.decisions.entrySet()) {
      Decision decision = codec.decode(entry.getValue());
      float[] features = new float[reference.features.get(entry.getKey()).length];
      decision.getFeatures().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(features);
      assertThat(features).as(entry.getKey()).isEqualTo(reference.features.get(entry.getKey()));
      assertThat(decision.getEffectiveTime())
          .isEqualTo(reference.effectiveTimeMs.get(entry.getKey()));
    }
    assertThat(result.counts.get(Topics.DEAD_LETTERS)).isEqualTo(reference.deadLetters);
    assertThat(result.counts.get(Topics.RECEIPTS))
        .isEqualTo(reference.duplicates + reference.labels + reference.ticks);
    int in = LOG.partitions().stream().mapToInt(List::size).sum();
    assertThat(
            result.decisions.size()
                + result.counts.get(Topics.DEAD_LETTERS)
                + result.counts.get(Topics.RECEIPTS))
        .isEqualTo(in);
  }

  @Test
  void theBytesOfDecisionsAndCasesDependOnTheLogAlone() throws Exception {
    Result one = run(1, 8, 0);
    Result four = run(4, 1024, 3);

    assertThat(hex(four.decisions)).isEqualTo(hex(one.decisions));
    assertThat(one.cases).isNotEmpty();
    assertThat(hex(four.cases)).isEqualTo(hex(one.cases));
    Codec<AlertRaised> codec = Codec.of(AlertRaised.class);
    AlertRaised alert = codec.decode(one.cases.values().iterator().next());
    assertThat(alert.getReasons()).isNotEmpty();
    assertThat(alert.getCaseId()).hasSize(32);
  }

  private static Map<String, String> hex(Map<String, byte[]> records) {
    Map<String, String> hex = new TreeMap<>();
    records.forEach((id, bytes) -> hex.put(id, HexFormat.of().formatHex(bytes)));
    return hex;
  }

  private record Result(
      Map<String, byte[]> decisions, Map<String, byte[]> cases, Map<String, Integer> counts) {}

  /** Partitions as separate sources that race each other; {@code rotation} changes who begins. */
  private static Result run(int parallelism, int batchSize, int rotation) throws Exception {
    Configuration flink = new Configuration(options);
    flink.set(VigilOptions.BATCH_SIZE, batchSize);
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
    Topology.Streams streams = Topology.define(log, artefacts, flink);
    Codec<Decision> decisionCodec = Codec.of(Decision.class);
    Codec<AlertRaised> alertCodec = Codec.of(AlertRaised.class);
    Result result = new Result(new TreeMap<>(), new TreeMap<>(), new HashMap<>());
    try (CloseableIterator<Outgoing> out =
        streams
            .decisions()
            .union(streams.cases(), streams.receipts(), streams.deadLetters())
            .executeAndCollect()) {
      while (out.hasNext()) {
        Outgoing record = out.next();
        result.counts.merge(record.topic(), 1, Integer::sum);
        if (record.topic().equals(Topics.DECISIONS)) {
          String id = decisionCodec.decode(record.value()).getTransaction().getTransactionId();
          assertThat(result.decisions.put(id, record.value())).as(id).isNull();
        } else if (record.topic().equals(Topics.CASES)) {
          result.cases.put(alertCodec.decode(record.value()).getAlertId(), record.value());
        }
      }
    }
    return result;
  }
}
