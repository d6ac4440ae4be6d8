package io.vigil.job.source;

import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.kafka.source.metrics.KafkaSourceReaderMetrics;
import org.apache.flink.connector.kafka.source.reader.KafkaPartitionSplitReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads partitions to their ends. The connector (5.0.0) gives a partition back when it fetches its
 * last records; until these are through the queue to the task, watermark alignment may still ask to
 * pause it, and the connector's own reader then fails with "No current assignment for partition"
 * (FLINK-39728). This one passes over what it has read to the end. Used by one thread.
 */
final class EndingReader extends KafkaPartitionSplitReader {
  private final Set<String> ended = new HashSet<>();

  EndingReader(
      Properties properties, SourceReaderContext context, KafkaSourceReaderMetrics metrics) {
    super(properties, context, metrics);
  }

  @Override
  public RecordsWithSplitIds<ConsumerRecord<byte[], byte[]>> fetch() throws IOException {
    RecordsWithSplitIds<ConsumerRecord<byte[], byte[]>> fetched = super.fetch();
    ended.addAll(fetched.finishedSplits());
    return fetched;
  }

  @Override
  public void pauseOrResumeSplits(
      Collection<KafkaPartitionSplit> pause, Collection<KafkaPartitionSplit> resume) {
    super.pauseOrResumeSplits(notEnded(pause), notEnded(resume));
  }

  private List<KafkaPartitionSplit> notEnded(Collection<KafkaPartitionSplit> splits) {
    return splits.stream().filter(split -> !ended.contains(split.splitId())).toList();
  }
}
