package io.vigil.cli;

import io.vigil.cli.result.Tally;
import io.vigil.job.Topics;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** A plain producer, one record at a time. */
final class PlainFeed implements AutoCloseable {
  private final Codec<Transaction> codec = Codec.of(Transaction.class);
  private final KafkaProducer<byte[], byte[]> producer;

  PlainFeed(String bootstrap) {
    producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                16 << 20),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** Returns the origin of the record. */
  String send(String key, byte @Nullable [] value) throws InterruptedException, ExecutionException {
    RecordMetadata written =
        producer
            .send(
                new ProducerRecord<>(
                    Topics.TRANSACTIONS, key.getBytes(StandardCharsets.UTF_8), value))
            .get();
    return Tally.origin(written.topic(), written.partition(), written.offset());
  }

  /** Returns the origin of the record. */
  String send(Transaction transaction) throws InterruptedException, ExecutionException {
    return send(transaction.getAccount(), codec.encode(transaction));
  }

  /** A payment of 10,000 minor units at the one merchant. */
  static Transaction payment(String id, String account, long timeMs) {
    return Transaction.newBuilder()
        .setTransactionId(id)
        .setEventTime(timeMs)
        .setAccount(account)
        .setMerchant("merchant")
        .setAmountMinor(10_000)
        .setCurrency("EUR")
        .setBillingAmountMinor(10_000)
        .setBillingCurrency("EUR")
        .build();
  }

  @Override
  public void close() {
    producer.close();
  }
}
