package io.vigil.job.source;

import io.vigil.schema.Tick;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Lets time pass in partitions that have gone quiet: whenever it is prompted it appends a tick
 * (wall time - bound - 1 ms) to every partition whose end has not moved since the prompt before.
 * The only place where ordering reads a wall clock; from the tick's offset on, the log says what
 * time it is.
 *
 * <p>It keeps no state: after a restart a new ticker looks at the ends anew, and two at once would
 * only write more ticks.
 */
public final class Ticker implements Sink<Long> {
  private static final long serialVersionUID = 1L;

  private final Properties kafka;
  private final List<String> topics;
  private final long boundMs;

  /**
   * @param kafka how to reach the brokers
   * @param topics whose partitions are ticked
   * @param boundMs the disorder bound, 0 or more
   */
  public Ticker(Properties kafka, List<String> topics, long boundMs) {
    this.kafka = kafka;
    this.topics = List.copyOf(topics);
    this.boundMs = boundMs;
  }

  @Override
  public SinkWriter<Long> createWriter(WriterInitContext context) {
    Properties producer = new Properties();
    producer.putAll(kafka);
    producer.put(ProducerConfig.LINGER_MS_CONFIG, "0");
    return new Writer(
        Admin.create(kafka),
        new KafkaProducer<>(producer, new ByteArraySerializer(), new ByteArraySerializer()),
        topics,
        boundMs,
        context.getJobInfo().getJobName(),
        Clock.systemUTC());
  }

  private static final class Writer implements SinkWriter<Long> {
    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;
    private final List<String> topics;
    private final long boundMs;
    private final String name;
    private final Clock clock;
    private final Codec<Tick> ticks = Codec.of(Tick.class);
    private final Map<TopicPartition, Long> ends = new ConcurrentHashMap<>();
    private final Map<TopicPartition, OffsetSpec> latest = new HashMap<>();

    Writer(
        Admin admin,
        KafkaProducer<byte[], byte[]> producer,
        List<String> topics,
        long boundMs,
        String name,
        Clock clock) {
      this.admin = admin;
      this.producer = producer;
      this.topics = topics;
      this.boundMs = boundMs;
      this.name = name;
      this.clock = clock;
    }

    @Override
    public void write(Long prompt, Context context) throws IOException, InterruptedException {
      try {
        if (latest.isEmpty()) {
          for (TopicDescription topic :
              admin.describeTopics(topics).allTopicNames().get().values()) {
            topic
                .partitions()
                .forEach(
                    p ->
                        latest.put(
                            new TopicPartition(topic.name(), p.partition()), OffsetSpec.latest()));
          }
        }
        Map<TopicPartition, ListOffsetsResultInfo> found = admin.listOffsets(latest).all().get();
        byte[] tick = ticks.encode(new Tick(clock.millis() - boundMs - 1, name));
        found.forEach(
            (partition, end) -> {
              Long before = ends.put(partition, end.offset());
              if (before == null || before == end.offset()) {
                tick(partition, tick);
              }
            });
      } catch (ExecutionException e) {
        throw new IOException("ticker: asking the broker for the ends of " + topics + " failed", e);
      }
    }

    private void tick(TopicPartition partition, byte[] tick) {
      Future<RecordMetadata> unused =
          producer.send(
              new ProducerRecord<>(partition.topic(), partition.partition(), null, tick),
              (written, failure) -> {
                // A tick that got lost is made up for at the next prompt.
                if (failure == null) {
                  ends.put(partition, written.offset() + 1);
                }
              });
    }

    @Override
    public void flush(boolean endOfInput) {
      producer.flush();
    }

    @Override
    public void close() {
      producer.close();
      admin.close();
    }
  }
}
