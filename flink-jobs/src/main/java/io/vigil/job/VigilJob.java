package io.vigil.job;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.Starts;
import io.vigil.job.kafka.KafkaClients;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.SpecChange;
import io.vigil.job.sink.Archive;
import io.vigil.job.sink.KafkaSinks;
import io.vigil.job.source.BoundedLog;
import io.vigil.job.source.Clocks;
import io.vigil.job.source.LogDeserializer;
import io.vigil.job.source.LogStart;
import io.vigil.job.source.Ticker;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Batch;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Receipt;
import io.vigil.schema.Start;
import io.vigil.schema.TreeHead;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.state.rocksdb.RocksDBNativeMetricOptions;
import org.apache.flink.state.rocksdb.RocksDBOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.rocksdb.CompressionType;

/**
 * Wires the topology to Kafka and the archive. On a cluster: {@code flink run vigil-job.jar --conf
 * FILE}; on one machine {@link LocalJob} runs the same.
 */
public final class VigilJob {
  private static final Duration ALIGNMENT_UPDATE = Duration.ofMillis(100);

  /** Nobody waits for a single decision of a bounded run: larger steps, fewer wake-ups. */
  private static final Duration BULK_WATERMARK_INTERVAL = Duration.ofMillis(200);

  private static final Duration BULK_BUFFER_TIMEOUT = Duration.ofMillis(100);

  /** A decision crosses three networks; each may hold it this long. */
  private static final Duration LIVE_BUFFER_TIMEOUT = Duration.ofMillis(10);

  private static final List<String> INPUTS =
      List.of(Topics.TRANSACTIONS, Topics.LABELS, Topics.EVENTS, Topics.PROFILES, Topics.CONTROL);

  private VigilJob() {}

  /**
   * @param args {@code --conf FILE}, a YAML file of Vigil and Flink options
   */
  public static void main(String[] args) throws Exception {
    ReadableConfig submission =
        StreamExecutionEnvironment.getExecutionEnvironment().getConfiguration();
    Configuration options = options(given(args), submission);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(options);
    define(env, options);
    env.execute("vigil");
  }

  /** What the options file says. */
  static Configuration given(String[] args) throws IOException {
    if (args.length != 2 || !args[0].equals("--conf")) {
      throw new IllegalArgumentException(
          "arguments: expected --conf FILE, got " + String.join(" ", args));
    }
    return OptionsFile.read(Path.of(args[1]));
  }

  /**
   * Adds what Vigil needs of Flink to what is given.
   *
   * @param submission of whoever submits the job: a state that is named there, as by {@code flink
   *     run -s}, comes before the newest that is found
   */
  static Configuration options(Configuration given, ReadableConfig submission) {
    Configuration options = flinkOptions(given);
    if (namesState(submission) && !namesState(given)) {
      options.removeConfig(StateRecoveryOptions.SAVEPOINT_PATH);
    }
    options.addAll(given);
    return options;
  }

  private static boolean namesState(ReadableConfig options) {
    return options.getOptional(StateRecoveryOptions.SAVEPOINT_PATH).isPresent();
  }

  /** What Vigil's laws ask of Flink, unless the file says otherwise. */
  static Configuration flinkOptions(Configuration given) {
    Configuration flink = new Configuration();
    flink.set(PipelineOptions.GENERIC_TYPES, false);
    flink.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
    flink.set(PipelineOptions.OBJECT_REUSE, true);
    flink.set(PipelineOptions.MAX_PARALLELISM, 128);
    boolean bounded = given.get(VigilOptions.MODE) == VigilOptions.Mode.BOUNDED;
    flink.set(
        PipelineOptions.AUTO_WATERMARK_INTERVAL,
        bounded ? BULK_WATERMARK_INTERVAL : given.get(VigilOptions.WATERMARK_INTERVAL));
    flink.set(ExecutionOptions.BUFFER_TIMEOUT, bounded ? BULK_BUFFER_TIMEOUT : LIVE_BUFFER_TIMEOUT);
    flink.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
    flink.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
    flink.set(RocksDBConfigurableOptions.USE_BLOOM_FILTER, true);
    // The filter of a large table would exceed a shard of the cache, and be read for every access.
    flink.set(RocksDBOptions.USE_PARTITIONED_INDEX_FILTERS, true);
    // What a checkpoint flushes is not compressed: with Snappy, Flink's default, decisions wait
    // five times as long for it.
    flink.set(
        RocksDBConfigurableOptions.COMPRESSION_PER_LEVEL,
        List.of(CompressionType.NO_COMPRESSION, CompressionType.LZ4_COMPRESSION));
    // Read when somebody asks for metrics, and never else.
    flink.set(RocksDBNativeMetricOptions.MONITOR_TOTAL_SST_FILES_SIZE, true);
    flink.set(RocksDBNativeMetricOptions.ESTIMATE_NUM_KEYS, true);
    flink.set(RocksDBNativeMetricOptions.MONITOR_CUR_SIZE_ALL_MEM_TABLE, true);
    flink.set(RocksDBNativeMetricOptions.BLOCK_CACHE_USAGE, true);
    flink.set(RocksDBNativeMetricOptions.IS_WRITE_STOPPED, true);
    flink.set(RocksDBNativeMetricOptions.COLUMN_FAMILY_AS_VARIABLE, true);
    // One thread for flushes lets a small state wait for the largest.
    flink.set(RocksDBConfigurableOptions.MAX_BACKGROUND_THREADS, 4);
    // A job that can't run must say so instead of trying for ever.
    flink.set(RestartStrategyOptions.RESTART_STRATEGY, "failure-rate");
    flink.set(RestartStrategyOptions.RESTART_STRATEGY_FAILURE_RATE_MAX_FAILURES_PER_INTERVAL, 5);
    flink.set(
        RestartStrategyOptions.RESTART_STRATEGY_FAILURE_RATE_FAILURE_RATE_INTERVAL,
        Duration.ofMinutes(5));
    flink.set(RestartStrategyOptions.RESTART_STRATEGY_FAILURE_RATE_DELAY, Duration.ofSeconds(1));
    // A store that takes no checkpoint stops no decision. But what a transaction has written is
    // lost when no checkpoint completes before it expires, and is written again by a restart.
    boolean exactlyOnce = given.get(VigilOptions.DELIVERY) == VigilOptions.Delivery.EXACTLY_ONCE;
    flink.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, exactlyOnce ? 0 : Integer.MAX_VALUE);
    // When a task dies just as a checkpoint begins, Flink's next one waits for what was to be told
    // to the dead task, and sources hear nothing of one another meanwhile: they wait, too. Only the
    // timeout ends that, by default after ten minutes without a decision.
    flink.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, Duration.ofMinutes(2));
    given
        .getOptional(VigilOptions.STATE_DIR)
        .ifPresent(
            path -> {
              String directory = uri(path);
              flink.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
              flink.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, directory);
              if (given.getOptional(CheckpointingOptions.SAVEPOINT_DIRECTORY).isEmpty()) {
                flink.set(CheckpointingOptions.SAVEPOINT_DIRECTORY, directory);
              }
              flink.set(
                  CheckpointingOptions.CHECKPOINTING_INTERVAL,
                  given.get(VigilOptions.CHECKPOINT_INTERVAL));
              flink.set(
                  CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                  ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
              if (given.get(VigilOptions.RESUME) && !namesState(given)) {
                Checkpoints.newest(directory)
                    .ifPresent(newest -> flink.set(StateRecoveryOptions.SAVEPOINT_PATH, newest));
              }
            });
    return flink;
  }

  /** Adds sources, topology and sinks to the environment. */
  static void define(StreamExecutionEnvironment env, ReadableConfig options) throws IOException {
    if (options.getOptional(VigilOptions.REPLAY_ARCHIVE).isPresent()) {
      ReplayJob.define(env, options);
      return;
    }
    ArtefactSet artefacts = ArtefactSet.read(options);
    DataStream<LogRecord> log =
        env.fromSource(
                source(options),
                Clocks.watermarks(options.get(VigilOptions.ORDER_BOUND).toMillis())
                    .withWatermarkAlignment(
                        "log", options.get(VigilOptions.ORDER_MAX_AHEAD), ALIGNMENT_UPDATE),
                "log")
            .uid("log");
    Topology.Streams streams =
        Topology.define(log, artefacts, options, Topology.controlSettings(options), ahead(options));

    Topology.Proof proof = streams.proof();
    streams
        .decisions()
        .sinkTo(KafkaSinks.sink(options, "decisions"))
        .uid("decisions-topic")
        .name("decisions topic");
    streams
        .cases()
        .union(streams.receipts(), streams.deadLetters(), streams.control())
        .sinkTo(KafkaSinks.sink(options, "others"))
        .uid("other-topics")
        .name("cases, receipts, dead letters, answers");
    options.getOptional(VigilOptions.ARCHIVE_DIR).ifPresent(path -> archive(streams, uri(path)));
    if (proof != null) {
      proof
          .heads()
          .sinkTo(KafkaSinks.exactlyOnce(options, "heads"))
          .uid("heads-topic")
          .name("heads topic");
    }
    if (options.get(VigilOptions.MODE) == VigilOptions.Mode.LIVE) {
      ticker(env, options);
    }
  }

  private static List<SpecChange> ahead(ReadableConfig options) throws IOException {
    String archive = options.getOptional(VigilOptions.BACKFILL_FROM_ARCHIVE).orElse(null);
    return archive == null
        ? List.of()
        : Starts.backfills(ArchiveFolder.of(uri(archive)), Long.MAX_VALUE);
  }

  /** A plain path is a local one; Flink wants to be told. */
  static String uri(String pathOrUri) {
    return pathOrUri.contains(":")
        ? pathOrUri
        : Path.of(pathOrUri).toAbsolutePath().toUri().toString();
  }

  private static Source<LogRecord, ?, ?> source(ReadableConfig options) {
    LogStart start = new LogStart(options.get(VigilOptions.SKIP_EXPIRED));
    LogDeserializer deserializer =
        new LogDeserializer(options.get(VigilOptions.ORDER_FUTURE_LIMIT).toMillis());
    Properties consumer = KafkaClients.properties(options);
    consumer.setProperty("group.id", "vigil");
    consumer.setProperty("partition.discovery.interval.ms", "-1");
    consumer.setProperty("commit.offsets.on.checkpoint", "false");
    consumer.setProperty("isolation.level", "read_committed");
    consumer.setProperty("max.poll.records", "2000");
    consumer.setProperty("max.partition.fetch.bytes", Integer.toString(1024 * 1024));
    KafkaSourceBuilder<LogRecord> source =
        KafkaSource.<LogRecord>builder()
            .setProperties(consumer)
            .setTopics(INPUTS)
            .setStartingOffsets(start)
            .setDeserializer(deserializer);
    if (options.get(VigilOptions.MODE) == VigilOptions.Mode.BOUNDED) {
      KafkaSource<LogRecord> bounded = source.setBounded(OffsetsInitializer.latest()).build();
      return new BoundedLog(bounded, start, deserializer, consumer);
    }
    return source.build();
  }

  /** Adds the archive's sinks. */
  static void archive(Topology.Streams streams, String directory) {
    archive(streams.inputs(), directory, "inputs", LogEntry.getClassSchema());
    archive(streams.decisions(), directory, "decisions", Decision.getClassSchema());
    archive(streams.cases(), directory, "cases", AlertRaised.getClassSchema());
    archive(streams.receipts(), directory, "receipts", Receipt.getClassSchema());
    archive(streams.deadLetters(), directory, "dead-letters", DeadLetter.getClassSchema());
    archive(streams.starts(), directory, Starts.KIND, Start.getClassSchema());
    Topology.Proof proof = streams.proof();
    if (proof != null) {
      archive(proof.batches(), directory, "batches", Batch.getClassSchema());
      archive(proof.heads(), directory, "heads", TreeHead.getClassSchema());
    }
  }

  static void archive(DataStream<Outgoing> records, String directory, String kind, Schema schema) {
    records
        .sinkTo(Archive.sink(directory, kind, schema))
        .uid("archive-" + kind)
        .name("archive " + kind);
  }

  private static void ticker(StreamExecutionEnvironment env, ReadableConfig options) {
    long intervalMs = Math.max(1, options.get(VigilOptions.TICK_INTERVAL).toMillis());
    env.fromSource(
            new DataGeneratorSource<>(
                i -> i,
                Long.MAX_VALUE,
                RateLimiterStrategy.perSecond(1000.0 / intervalMs),
                Types.LONG),
            WatermarkStrategy.noWatermarks(),
            "prompts")
        .uid("prompts")
        .setParallelism(1)
        .sinkTo(
            new Ticker(
                KafkaClients.properties(options),
                INPUTS,
                options.get(VigilOptions.ORDER_BOUND).toMillis()))
        .uid("ticker")
        .name("ticker")
        .setParallelism(1);
  }
}
