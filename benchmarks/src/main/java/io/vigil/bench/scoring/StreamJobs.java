package io.vigil.bench.scoring;

import io.vigil.job.ArtefactSet;
import io.vigil.job.Topics;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.decide.DecideOperator;
import io.vigil.job.decide.RecordedFile;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.job.source.RecordDecoder;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.Channel;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.jspecify.annotations.Nullable;

/**
 * Jobs at parallelism 1 on a cluster in this JVM, from rows in memory to a sink that discards.
 * Closing it ends the cluster.
 */
final class StreamJobs implements AutoCloseable {
  /** Rows that the sources have ready; they come again and again. */
  static final int READY_ROWS = 4_096;

  private static final long SEED = 5;
  private static final long START_MS = 1_767_225_600_000L;
  private static final int ASYNC_CAPACITY = 1_024;
  private static final AtomicLong ALERTS = new AtomicLong();

  private final MiniCluster flink;
  private final Network network;
  private final Bundle bundle;
  private final String device;
  private final int batchSize;

  /**
   * @param bundle of the network
   * @param batchSize rows scored together at the most
   */
  StreamJobs(Network network, Bundle bundle, String device, int batchSize) throws Exception {
    this.network = network;
    this.bundle = bundle;
    this.device = device;
    this.batchSize = batchSize;
    Configuration options = new Configuration();
    options.set(RestOptions.BIND_PORT, "0");
    flink =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(options)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(1)
                .build());
    flink.start();
  }

  /** Vectors through {@link ScoreOperator}. */
  Passage score(long rows) throws Exception {
    StreamExecutionEnvironment env = environment();
    return run(env, scored(env, rows));
  }

  /** What {@link #score} makes, for whoever wants to see it. */
  SingleOutputStreamOperator<Float> scored(StreamExecutionEnvironment env, long rows) {
    return vectors(env, rows)
        .transform(
            "score", Types.FLOAT, new ScoreOperator(bundle, network.features(), device, batchSize));
  }

  /** The same vectors through an async function, row by row. */
  Passage async(long rows) throws Exception {
    StreamExecutionEnvironment env = environment();
    return run(
        env,
        AsyncDataStream.orderedWait(
            vectors(env, rows),
            new AsyncScorer(network, device),
            10,
            TimeUnit.MINUTES,
            ASYNC_CAPACITY));
  }

  /**
   * Encoded transactions through the job's own decide operator, with the built-in rules and policy
   * and a spec of expressions only, so that no entity has to answer.
   *
   * @param folder of the bundle
   */
  Passage decide(long rows, Path folder) throws Exception {
    StreamExecutionEnvironment env = environment();
    ALERTS.set(0);
    return run(env, decided(env, rows, folder));
  }

  /** Alerts of the last {@link #decide}. */
  static long alerts() {
    return ALERTS.get();
  }

  SingleOutputStreamOperator<Outgoing> decided(
      StreamExecutionEnvironment env, long rows, Path folder) throws IOException {
    Configuration options =
        Configuration.fromMap(
            Map.of(
                "vigil.artefacts.bundle",
                folder.toString(),
                "vigil.artefacts.rules",
                "basic",
                "vigil.scoring.device",
                device));
    DataStream<LogRecord> records =
        // All records have taken effect from the first one's number on, so that few have to wait.
        numbers(env, rows, READY_ROWS).map(new Records(), new WireType<>(LogRecord.WIRE));
    DataStream<EntityAnswer> answers =
        env.fromSequence(0, 0)
            .filter(number -> false)
            .map(
                number -> new EntityAnswer("", 0, new double[0]), new WireType<>(EntityAnswer.WIRE))
            .assignTimestampsAndWatermarks(WatermarkStrategy.noWatermarks());
    SingleOutputStreamOperator<Outgoing> decisions =
        records
            .keyBy(LogRecord::stateKey, Types.STRING)
            .connect(answers.keyBy(a -> LogRecord.transactionKey(a.id()), Types.STRING))
            .transform(
                "decide",
                new WireType<>(Outgoing.WIRE),
                new DecideOperator(
                    ArtefactSet.read(options),
                    batchSize,
                    Duration.ZERO,
                    Duration.ZERO,
                    ControlSettings.of(false, null, null, Duration.ZERO, 0),
                    null,
                    RecordedFile.NONE, 0));
    decisions
        .getSideOutput(DecideOperator.ALERTS)
        .map(alert -> ALERTS.incrementAndGet(), Types.LONG)
        .sinkTo(new DiscardingSink<>());
    return decisions;
  }

  /** An environment with the options of the job that matter here. */
  static StreamExecutionEnvironment environment() {
    Configuration options = new Configuration();
    options.set(PipelineOptions.OBJECT_REUSE, true);
    options.set(PipelineOptions.GENERIC_TYPES, false);
    options.set(PipelineOptions.AUTO_WATERMARK_INTERVAL, Duration.ofMillis(20));
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(options);
    env.setParallelism(1);
    return env;
  }

  private <T> Passage run(StreamExecutionEnvironment env, SingleOutputStreamOperator<T> rows)
      throws Exception {
    rows.transform("count", rows.getType(), new CountOperator<>()).sinkTo(new DiscardingSink<>());
    flink.executeJobBlocking(env.getStreamGraph().getJobGraph());
    return Passage.last();
  }

  private static SingleOutputStreamOperator<Long> numbers(
      StreamExecutionEnvironment env, long rows, long aheadMs) {
    return env.fromSequence(0, rows - 1)
        .assignTimestampsAndWatermarks(
            WatermarkStrategy.<Long>forMonotonousTimestamps()
                .withTimestampAssigner((number, before) -> START_MS + aheadMs + number));
  }

  private SingleOutputStreamOperator<float[]> vectors(StreamExecutionEnvironment env, long rows) {
    TypeInformation<float[]> type = PrimitiveArrayTypeInfo.FLOAT_PRIMITIVE_ARRAY_TYPE_INFO;
    return numbers(env, rows, 0).map(new Vectors(network), type);
  }

  /** The vectors of the sources. */
  static float[][] vectors(Network network) {
    return network.rows(READY_ROWS, SEED);
  }

  @Override
  public void close() throws Exception {
    flink.close();
  }

  /** A number's vector. */
  private static final class Vectors implements MapFunction<Long, float[]> {
    private static final long serialVersionUID = 1L;

    private final Network network;
    private transient float @Nullable [][] ready;

    Vectors(Network network) {
      this.network = network;
    }

    @Override
    public float[] map(Long number) {
      float[][] vectors = ready;
      if (vectors == null) {
        vectors = vectors(network);
        ready = vectors;
        Passage.begin();
      }
      return vectors[(int) (number % READY_ROWS)];
    }
  }

  /** A number's transaction, as it stands in the topic. */
  private static final class Records implements MapFunction<Long, LogRecord> {
    private static final long serialVersionUID = 1L;

    private transient LogRecord @Nullable [] ready;

    @Override
    public LogRecord map(Long number) {
      LogRecord[] records = ready;
      if (records == null) {
        records = records();
        ready = records;
        Passage.begin();
      }
      return records[(int) (number % READY_ROWS)];
    }

    private static LogRecord[] records() {
      Codec<Transaction> codec = Codec.of(Transaction.class);
      RecordDecoder decoder = new RecordDecoder(300_000);
      Random random = new Random(SEED);
      LogRecord[] records = new LogRecord[READY_ROWS];
      for (int i = 0; i < records.length; i++) {
        long timeMs = START_MS + i;
        int amountMinor = 100 + random.nextInt(20_000);
        Transaction transaction =
            Transaction.newBuilder()
                .setTransactionId("%016x".formatted(random.nextLong()))
                .setEventTime(timeMs)
                .setAccount("A" + random.nextInt(2_000))
                .setCard("%064x".formatted(random.nextInt(3_000)))
                .setMerchant("M" + random.nextInt(500))
                .setTerminal("T" + random.nextInt(500))
                .setAmountMinor(amountMinor)
                .setCurrency("EUR")
                .setBillingAmountMinor(amountMinor)
                .setBillingCurrency("EUR")
                .setMcc(5411)
                .setChannel(Channel.values()[0])
                .setCountry("DE")
                .setAttributes(Map.of())
                .build();
        records[i] =
            decoder
                .decode(Topics.TRANSACTIONS, 0, i, timeMs + 5, null, codec.encode(transaction))
                .sequenced(timeMs, false);
      }
      return records;
    }
  }
}
