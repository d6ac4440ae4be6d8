package io.vigil.job.sink;

import io.vigil.job.VigilOptions;
import io.vigil.job.kafka.KafkaClients;
import io.vigil.job.record.Outgoing;
import java.util.Properties;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Kafka sinks for finished records. */
public final class KafkaSinks {
  /** A dead letter carries its record whole, so it may be larger than any input. */
  private static final int MAX_REQUEST_BYTES = 17 * 1024 * 1024;

  private static final String LIVE_LINGER_MS = "10";

  /** Nobody waits for a single decision of a bounded run: fewer, larger requests. */
  private static final String BULK_LINGER_MS = "100";

  private KafkaSinks() {}

  /**
   * A sink that writes each record to the topic it names.
   *
   * @param name names the sink's transactions
   */
  public static Sink<Outgoing> sink(ReadableConfig options, String name) {
    boolean exactlyOnce = options.get(VigilOptions.DELIVERY) == VigilOptions.Delivery.EXACTLY_ONCE;
    return sink(options, name, exactlyOnce);
  }

  /**
   * The same, whose records show to readers of what is committed when their checkpoint is complete,
   * and never when it is not.
   */
  public static Sink<Outgoing> exactlyOnce(ReadableConfig options, String name) {
    return sink(options, name, true);
  }

  private static Sink<Outgoing> sink(ReadableConfig options, String name, boolean exactlyOnce) {
    Properties producer = KafkaClients.properties(options);
    boolean bounded = options.get(VigilOptions.MODE) == VigilOptions.Mode.BOUNDED;
    producer.put(ProducerConfig.LINGER_MS_CONFIG, bounded ? BULK_LINGER_MS : LIVE_LINGER_MS);
    producer.put(ProducerConfig.BATCH_SIZE_CONFIG, Integer.toString(256 * 1024));
    producer.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(MAX_REQUEST_BYTES));
    producer.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    // Longer than any outage we promise to survive; brokers cap it at transaction.max.timeout.ms.
    producer.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, "900000");
    return KafkaSink.<Outgoing>builder()
        .setBootstrapServers(producer.getProperty(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG))
        .setKafkaProducerConfig(producer)
        .setRecordSerializer(
            (KafkaRecordSerializationSchema<Outgoing>)
                (element, context, timestamp) ->
                    new ProducerRecord<>(element.topic(), element.key(), element.value()))
        .setDeliveryGuarantee(
            exactlyOnce ? DeliveryGuarantee.EXACTLY_ONCE : DeliveryGuarantee.AT_LEAST_ONCE)
        .setTransactionalIdPrefix("vigil-" + name)
        .build();
  }
}
