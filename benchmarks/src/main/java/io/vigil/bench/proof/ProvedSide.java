package io.vigil.bench.proof;

import io.vigil.bench.measure.Side;
import io.vigil.job.ArtefactSet;
import io.vigil.job.Topics;
import io.vigil.job.Topology;
import io.vigil.job.VigilOptions;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.job.sink.Archive;
import io.vigil.job.source.Clocks;
import io.vigil.job.source.RecordDecoder;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Batch;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Receipt;
import io.vigil.schema.TreeHead;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.jspecify.annotations.Nullable;

/**
 * The job's own topology over a slice of payments, in this process and without a broker. A slice
 * begins with an empty state, so that all sides do the same.
 */
final class ProvedSide implements Side {
  /** How much of a record the archive gets, and whether it is proved. */
  enum Kept {
    /** Nothing, and of hardly any payment: what it costs to start a job and to end it. */
    START,
    NOTHING,
    ARCHIVE,
    PROOF
  }

  private static final int PAYMENTS_OF_A_START = 10;
  private static final long BOUND_MS = 250;
  private static final long FUTURE_MS = 300_000;

  /** Read by the source, which runs in this process; a job graph is no place for them. */
  private static volatile List<byte[]> payments = List.of();

  private final Kept kept;
  private final Path folder;
  private final @Nullable Path key;
  private final int parallelism;
  private final long firstMs;
  private final int perSecond;

  /**
   * @param folder for the archive, emptied after each slice
   * @param key the proof's
   * @param firstMs append time of the first payment
   * @param perSecond payments of a second of the stream
   */
  ProvedSide(
      Kept kept, Path folder, @Nullable Path key, int parallelism, long firstMs, int perSecond) {
    this.kept = kept;
    this.folder = folder;
    this.key = key;
    this.parallelism = parallelism;
    this.firstMs = firstMs;
    this.perSecond = perSecond;
  }

  /** What all sides decide. */
  static void payments(List<byte[]> all) {
    payments = all;
  }

  @Override
  public String name() {
    return kept.name().toLowerCase(java.util.Locale.ROOT);
  }

  @Override
  public void run(int from, int to) throws Exception {
    Configuration options = new Configuration();
    options.set(VigilOptions.MODE, VigilOptions.Mode.BOUNDED);
    if (keeps()) {
      options.set(VigilOptions.ARCHIVE_DIR, folder.toString());
    }
    if (kept == Kept.PROOF && key != null) {
      options.set(VigilOptions.PROOF_KEY, key.toString());
      options.set(VigilOptions.PROOF_ORIGIN, "localhost/benchmark");
    }
    options.set(PipelineOptions.GENERIC_TYPES, false);
    options.set(PipelineOptions.OBJECT_REUSE, true);
    options.set(PipelineOptions.MAX_PARALLELISM, 128);
    options.set(PipelineOptions.AUTO_WATERMARK_INTERVAL, Duration.ofMillis(200));
    options.set(ExecutionOptions.BUFFER_TIMEOUT, Duration.ofMillis(100));
    options.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, options);
    DataStream<LogRecord> log =
        env.fromSource(
                new DataGeneratorSource<>(
                    new Decoding(from, firstMs, perSecond),
                    kept == Kept.START ? PAYMENTS_OF_A_START : to - from,
                    new WireType<>(LogRecord.WIRE)),
                Clocks.watermarks(BOUND_MS),
                "payments")
            .setParallelism(1);
    define(Topology.define(log, ArtefactSet.read(options), options));
    env.execute("proof");
    empty();
  }

  private void define(Topology.Streams streams) {
    sink(streams.decisions(), "decisions", Decision.getClassSchema());
    sink(streams.cases(), "cases", AlertRaised.getClassSchema());
    sink(streams.receipts(), "receipts", Receipt.getClassSchema());
    sink(streams.deadLetters(), "dead-letters", DeadLetter.getClassSchema());
    if (keeps()) {
      sink(streams.inputs(), "inputs", LogEntry.getClassSchema());
    }
    Topology.Proof proof = streams.proof();
    if (proof != null) {
      sink(proof.batches(), "batches", Batch.getClassSchema());
      sink(proof.heads(), "heads", TreeHead.getClassSchema());
    }
  }

  /**
   * Every record has a sink that costs nothing; in place of Kafka's, which all sides would have.
   */
  private void sink(DataStream<Outgoing> records, String kind, Schema schema) {
    records.sinkTo(new DiscardingSink<>());
    if (keeps()) {
      records.sinkTo(Archive.sink(folder.toUri().toString(), kind, schema));
    }
  }

  private boolean keeps() {
    return kept == Kept.ARCHIVE || kept == Kept.PROOF;
  }

  private void empty() throws java.io.IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  private static final class Decoding implements GeneratorFunction<Long, LogRecord> {
    private static final long serialVersionUID = 1L;

    private final int from;
    private final long firstMs;
    private final int perSecond;
    private transient @Nullable RecordDecoder decoder;

    Decoding(int from, long firstMs, int perSecond) {
      this.from = from;
      this.firstMs = firstMs;
      this.perSecond = perSecond;
    }

    @Override
    public LogRecord map(Long index) {
      RecordDecoder ready = decoder;
      if (ready == null) {
        ready = new RecordDecoder(FUTURE_MS);
        decoder = ready;
      }
      int at = from + index.intValue();
      long appendMs = firstMs + at * 1000L / perSecond;
      return ready.decode(Topics.TRANSACTIONS, 0, at, appendMs, null, payments.get(at));
    }
  }
}
