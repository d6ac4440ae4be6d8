package io.vigil.cli;

import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads one topic on from where it stopped before, each partition in its order. */
final class TopicCursor implements AutoCloseable {
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<TopicPartition> partitions = new ArrayList<>();

  TopicCursor(String bootstrap, String topic) {
    consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap, "enable.auto.commit", false),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    consumer
        .partitionsFor(topic)
        .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Reads to the ends that the topic has now, or a little beyond. */
  void readToEnd(Consumer<ConsumerRecord<byte[], byte[]>> take) {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      consumer.poll(Duration.ofMillis(100)).forEach(take);
    }
  }

  /** The value that stands there; reading does not go on from where it was. */
  byte[] valueAt(int partition, long offset) {
    TopicPartition of = new TopicPartition(partitions.get(0).topic(), partition);
    consumer.assign(List.of(of));
    consumer.seek(of, offset);
    ConsumerRecords<byte[], byte[]> found = consumer.poll(Duration.ofSeconds(10));
    return found.iterator().next().value();
  }

  /** Decodes what must be decodable. */
  static <T extends SpecificRecordBase> T decode(Codec<T> codec, byte[] value) {
    try {
      return codec.decode(value);
    } catch (DecodeException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
