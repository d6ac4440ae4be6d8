package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.job.source.Clocks;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.CloseableIterator;

/** The whole topology on a log in memory; its partitions race each other. */
final class BoundedJob {
  private static final long BOUND_MS = 250;

  private BoundedJob() {}

  /**
   * Runs a log to its end.
   *
   * @param control a partition of the control topic beside it
   * @param rotation changes which partition begins
   * @return decisions by transaction id
   */
  static Map<String, Decision> run(
      TestLog log,
      Configuration options,
      List<LogRecord> control,
      int parallelism,
      int batchSize,
      int rotation)
      throws Exception {
    Configuration flink = new Configuration(options);
    flink.set(VigilOptions.BATCH_SIZE, batchSize);
    flink.addAll(VigilJob.flinkOptions(options));
    flink.set(TaskManagerOptions.NUM_TASK_SLOTS, parallelism);
    flink.setString("restart-strategy.type", "none");
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, flink);
    List<List<LogRecord>> partitions = new ArrayList<>(log.partitions());
    if (!control.isEmpty()) {
      partitions.add(control);
    }
    DataStream<LogRecord> input = null;
    for (int i = 0; i < partitions.size(); i++) {
      int partition = (i + rotation) % partitions.size();
      DataStream<LogRecord> one =
          env.fromData(partitions.get(partition), new WireType<>(LogRecord.WIRE))
              .setParallelism(1)
              .uid("partition-" + partition)
              .assignTimestampsAndWatermarks(Clocks.watermarks(BOUND_MS))
              .setParallelism(1)
              .uid("clock-" + partition);
      input = input == null ? one : input.union(one);
    }
    Topology.Streams streams = Topology.define(input, ArtefactSet.read(options), flink);
    Codec<Decision> codec = Codec.of(Decision.class);
    Map<String, Decision> decisions = new TreeMap<>();
    try (CloseableIterator<Outgoing> out =
        streams.decisions().union(streams.cases(), streams.control()).executeAndCollect()) {
      while (out.hasNext()) {
        Outgoing record = out.next();
        assertThat(record.topic()).isNotEqualTo(Topics.CONTROL);
        if (record.topic().equals(Topics.DECISIONS)) {
          Decision decision = codec.decode(record.value());
          String id = decision.getTransaction().getTransactionId();
          assertThat(decisions.put(id, decision)).as(id).isNull();
        }
      }
    }
    return decisions;
  }
}
