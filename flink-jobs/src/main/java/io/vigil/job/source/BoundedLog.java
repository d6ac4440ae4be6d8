package io.vigil.job.source;

import io.vigil.job.record.LogRecord;
import java.io.IOException;
import java.util.List;
import java.util.Properties;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.synchronization.FutureCompletingBlockingQueue;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceOptions;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.metrics.KafkaSourceReaderMetrics;
import org.apache.flink.connector.kafka.source.reader.KafkaRecordEmitter;
import org.apache.flink.connector.kafka.source.reader.KafkaSourceReader;
import org.apache.flink.connector.kafka.source.reader.fetcher.KafkaSourceFetcherManager;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * The log up to the ends it had when the job was first started. A {@link KafkaSource} that also
 * ends when it was resumed: the connector (5.0.0) tells its readers that no more partitions come
 * only after it has found a new one, so a resumed bounded job, which finds none, would wait for
 * ever with its last records in the order buffers. And one that a partition's end can't make fail:
 * {@link EndingReader}. What is checkpointed is the connector's own.
 */
public final class BoundedLog
    implements Source<LogRecord, KafkaPartitionSplit, KafkaSourceEnumState>,
        ResultTypeQueryable<LogRecord> {
  private static final long serialVersionUID = 1L;

  private final KafkaSource<LogRecord> kafka;
  private final LogStart start;
  private final LogDeserializer deserializer;
  private final Properties consumer;

  /**
   * @param kafka a bounded source without periodic discovery, made of the other three
   * @param consumer as given to its builder; it must not be changed any more
   */
  public BoundedLog(
      KafkaSource<LogRecord> kafka,
      LogStart start,
      LogDeserializer deserializer,
      Properties consumer) {
    this.kafka = kafka;
    this.start = start;
    this.deserializer = deserializer;
    this.consumer = consumer;
  }

  @Override
  public Boundedness getBoundedness() {
    return kafka.getBoundedness();
  }

  @Override
  public SourceReader<LogRecord, KafkaPartitionSplit> createReader(SourceReaderContext context) {
    KafkaSourceReaderMetrics metrics = new KafkaSourceReaderMetrics(context.metricGroup());
    FutureCompletingBlockingQueue<RecordsWithSplitIds<ConsumerRecord<byte[], byte[]>>> fetched =
        new FutureCompletingBlockingQueue<>();
    Properties properties = readerProperties();
    KafkaSourceFetcherManager fetcher =
        new KafkaSourceFetcherManager(
            fetched, () -> new EndingReader(properties, context, metrics), ended -> {});
    Configuration noCommits =
        new Configuration().set(KafkaSourceOptions.COMMIT_OFFSETS_ON_CHECKPOINT, false);
    deserializer.open();
    return new KafkaSourceReader<>(
        fetched, fetcher, new KafkaRecordEmitter<>(deserializer), noCommits, context, metrics);
  }

  /** What {@code KafkaSourceBuilder} adds for the readers that it makes itself. */
  private Properties readerProperties() {
    Properties properties = new Properties();
    properties.putAll(consumer);
    String bytes = ByteArrayDeserializer.class.getName();
    properties.setProperty(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, bytes);
    properties.setProperty(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, bytes);
    properties.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.setProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, start.reset());
    properties.setProperty(
        KafkaSourceOptions.CLIENT_ID_PREFIX.key(),
        consumer.getProperty(ConsumerConfig.GROUP_ID_CONFIG));
    return properties;
  }

  @Override
  public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> createEnumerator(
      SplitEnumeratorContext<KafkaPartitionSplit> context) {
    return kafka.createEnumerator(context);
  }

  @Override
  public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
      SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState state)
      throws IOException {
    SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restored =
        kafka.restoreEnumerator(context, state);
    // Checkpointed before the partitions were known: the connector goes the usual way.
    return state.initialDiscoveryFinished() ? new Ending(restored, context) : restored;
  }

  @Override
  public SimpleVersionedSerializer<KafkaPartitionSplit> getSplitSerializer() {
    return kafka.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<KafkaSourceEnumState> getEnumeratorCheckpointSerializer() {
    return kafka.getEnumeratorCheckpointSerializer();
  }

  @Override
  public TypeInformation<LogRecord> getProducedType() {
    return kafka.getProducedType();
  }

  /** Tells each reader, once it has its partitions back, that these are all. */
  private static final class Ending
      implements SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> {
    private final SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> kafka;
    private final SplitEnumeratorContext<KafkaPartitionSplit> context;

    Ending(
        SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> kafka,
        SplitEnumeratorContext<KafkaPartitionSplit> context) {
      this.kafka = kafka;
      this.context = context;
    }

    @Override
    public void start() {
      kafka.start();
    }

    @Override
    public void handleSplitRequest(int subtask, @Nullable String host) {
      kafka.handleSplitRequest(subtask, host);
    }

    @Override
    public void addSplitsBack(List<KafkaPartitionSplit> splits, int subtask) {
      kafka.addSplitsBack(splits, subtask);
    }

    @Override
    public void addReader(int subtask) {
      kafka.addReader(subtask);
      context.signalNoMoreSplits(subtask);
    }

    @Override
    public KafkaSourceEnumState snapshotState(long checkpointId) throws Exception {
      return kafka.snapshotState(checkpointId);
    }

    @Override
    public void close() throws IOException {
      kafka.close();
    }
  }
}
