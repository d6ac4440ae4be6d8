package io.vigil.job.source;

import java.time.Clock;
import java.util.List;
import java.util.Properties;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
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

  /** How long a broker may take for an answer. */
  static final long PATIENCE_MS = 5_000;

  /** How long a prompt may wait for what topics there are, at the start. */
  private static final long METADATA_MS = 1_000;

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
    // A tick that is seconds old says nothing, and nobody waits for one: it is given up.
    producer.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "false");
    producer.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Long.toString(PATIENCE_MS));
    producer.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Long.toString(PATIENCE_MS));
    producer.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(METADATA_MS));
    return new TickWriter(
        Admin.create(kafka),
        new KafkaProducer<>(producer, new ByteArraySerializer(), new ByteArraySerializer()),
        topics,
        boundMs,
        context.getJobInfo().getJobName(),
        Clock.systemUTC());
  }
}
