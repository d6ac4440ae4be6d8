package io.vigil.job.source;

import java.util.Collection;
import java.util.Map;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;

/**
 * A job without a state begins at the oldest record of each partition; one with a state goes on
 * where it was. When what comes next there is no longer in the topic, the connector's own
 * initializer ({@link OffsetsInitializer#earliest}) has the consumer go on with the oldest record
 * that is, without a word. Immutable and thread-safe.
 *
 * @param skipExpired do as that does; else the source fails, naming partition and offset
 */
public record LogStart(boolean skipExpired) implements OffsetsInitializer {
  private static final long serialVersionUID = 1L;

  @Override
  public Map<TopicPartition, Long> getPartitionOffsets(
      Collection<TopicPartition> partitions, PartitionOffsetsRetriever retriever) {
    return OffsetsInitializer.earliest().getPartitionOffsets(partitions, retriever);
  }

  @Override
  @SuppressWarnings("deprecation") // The connector's own interface asks for it.
  public OffsetResetStrategy getAutoOffsetResetStrategy() {
    return skipExpired ? OffsetResetStrategy.EARLIEST : OffsetResetStrategy.NONE;
  }

  /** The same as a consumer's property. */
  String reset() {
    return skipExpired ? "earliest" : "none";
  }
}
