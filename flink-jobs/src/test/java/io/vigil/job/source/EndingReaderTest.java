package io.vigil.job.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Properties;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsAddition;
import org.apache.flink.connector.kafka.source.metrics.KafkaSourceReaderMetrics;
import org.apache.flink.connector.kafka.source.reader.KafkaPartitionSplitReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.metrics.groups.InternalSourceReaderMetricGroup;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;

/** With a real consumer, which needs no broker to end a partition that has nothing left. */
class EndingReaderTest {
  private static final KafkaPartitionSplit ENDED = split(3);
  private static final String UNASSIGNED = "No current assignment for partition log-";

  private final KafkaSourceReaderMetrics metrics =
      new KafkaSourceReaderMetrics(
          InternalSourceReaderMetricGroup.mock(new UnregisteredMetricsGroup()));

  @Test
  void whatEndedIsNotPaused() throws Exception {
    try (EndingReader reader = new EndingReader(properties(), context(), metrics)) {
      readToTheEnd(reader);

      reader.pauseOrResumeSplits(List.of(ENDED), List.of());
      reader.pauseOrResumeSplits(List.of(), List.of(ENDED));

      // Any other is the consumer's to pause, which refuses what it never had.
      assertThatThrownBy(() -> reader.pauseOrResumeSplits(List.of(ENDED, split(4)), List.of()))
          .hasMessage(UNASSIGNED + 4);
    }
  }

  /** Once this fails, the connector's own reader will do. */
  @Test
  void theConnectorsOwnFails() throws Exception {
    try (KafkaPartitionSplitReader own =
        new KafkaPartitionSplitReader(properties(), context(), metrics)) {
      readToTheEnd(own);

      assertThatThrownBy(() -> own.pauseOrResumeSplits(List.of(ENDED), List.of()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(UNASSIGNED + 3);
    }
  }

  private static void readToTheEnd(KafkaPartitionSplitReader reader) throws Exception {
    reader.handleSplitsChanges(new SplitsAddition<>(List.of(ENDED)));
    assertThat(reader.fetch().finishedSplits()).containsExactly(ENDED.splitId());
  }

  private static KafkaPartitionSplit split(int partition) {
    return new KafkaPartitionSplit(new TopicPartition("log", partition), 7, 7);
  }

  private static Properties properties() {
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", "localhost:9");
    properties.setProperty("client.id.prefix", "test");
    properties.setProperty("key.deserializer", ByteArrayDeserializer.class.getName());
    properties.setProperty("value.deserializer", ByteArrayDeserializer.class.getName());
    return properties;
  }

  /** Of which the reader asks only for its number. */
  private static SourceReaderContext context() {
    return (SourceReaderContext)
        Proxy.newProxyInstance(
            EndingReaderTest.class.getClassLoader(),
            new Class<?>[] {SourceReaderContext.class},
            (proxy, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("getIndexOfSubtask");
              return 0;
            });
  }
}
