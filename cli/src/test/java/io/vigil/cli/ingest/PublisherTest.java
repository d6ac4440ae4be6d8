package io.vigil.cli.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.cli.ingest.Publisher.Options;
import io.vigil.cli.ingest.Publisher.Published;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Stage;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PublisherTest {
  private static final int PARTITIONS = 3;

  @Test
  void publishesEachRecordToItsPartitionWithoutATimestamp() throws DecodeException {
    MockProducer<byte[], byte[]> producer = producer();
    List<Long> progress = new ArrayList<>();

    Published published =
        new Publisher(producer, partition -> 0, options(false, 0))
            .publish(stream(30).iterator(), (records, bytes) -> progress.add(records));

    assertThat(published.transactions()).isEqualTo(30);
    assertThat(published.labels()).isEqualTo(10);
    assertThat(published.badRows()).isEqualTo(6);
    assertThat(published.skipped()).isZero();
    assertThat(published.firstEventTimeMs()).isEqualTo(1_000);
    assertThat(published.lastEventTimeMs()).isEqualTo(30_000);
    assertThat(published.perPartition().values().stream().mapToLong(n -> n).sum()).isEqualTo(46);
    assertThat(progress).last().isEqualTo(46L);
    assertThat(producer.history()).hasSize(46);
    Codec<Transaction> codec = Codec.of(Transaction.class);
    for (ProducerRecord<byte[], byte[]> record : producer.history()) {
      assertThat(record.timestamp()).isNull();
      if (record.topic().equals("tx")) {
        Transaction transaction = codec.decode(record.value());
        assertThat(new String(record.key(), StandardCharsets.UTF_8))
            .isEqualTo(transaction.getAccount());
        assertThat(record.partition())
            .isEqualTo(BuiltInPartitioner.partitionForKey(record.key(), PARTITIONS))
            .isEqualTo(Publisher.partition(transaction.getAccount(), PARTITIONS));
      }
      if (record.topic().equals("dead")) {
        assertThat(record.key()).isNull();
      }
    }
  }

  @Test
  void aBrokenImportGoesOnWhereEachPartitionEnds() {
    MockProducer<byte[], byte[]> whole = producer();
    Published all =
        new Publisher(whole, partition -> 0, options(false, 0))
            .publish(stream(200).iterator(), (records, bytes) -> {});
    Map<TopicPartition, List<String>> expected = byPartition(whole.history());

    // Each partition broke off somewhere else.
    Map<TopicPartition, Long> ends = new HashMap<>();
    expected.forEach(
        (partition, records) ->
            ends.put(partition, (long) (records.size() * partition.partition() / PARTITIONS)));
    MockProducer<byte[], byte[]> rest = producer();
    Published resumed =
        new Publisher(rest, partition -> end(ends, partition), options(true, 0))
            .publish(stream(200).iterator(), (records, bytes) -> {});

    Map<TopicPartition, List<String>> together = new HashMap<>();
    Map<TopicPartition, List<String>> added = byPartition(rest.history());
    expected.forEach(
        (partition, records) -> {
          List<String> joined = new ArrayList<>(records.subList(0, (int) end(ends, partition)));
          joined.addAll(added.getOrDefault(partition, List.of()));
          together.put(partition, joined);
        });
    assertThat(together).isEqualTo(expected);
    assertThat(resumed.skipped()).isEqualTo(ends.values().stream().mapToLong(n -> n).sum());
    assertThat(resumed.perPartition()).isEqualTo(all.perPartition());
    assertThat(resumed.transactions()).isEqualTo(all.transactions());
  }

  @Test
  void aPartitionThatHoldsMoreThanTheFileIsNotThisImport() {
    assertThatThrownBy(
            () ->
                new Publisher(producer(), partition -> 1_000, options(true, 0))
                    .publish(stream(30).iterator(), (records, bytes) -> {}))
        .isInstanceOf(IngestException.class)
        .hasMessageContaining("it holds something else");
  }

  @Test
  void disorderIsBoundedAndTheSameForASeed() throws DecodeException {
    List<Long> times = times(options(false, 5_000));

    assertThat(times).hasSize(200).isNotEqualTo(times.stream().sorted().toList());
    assertThat(times).containsExactlyInAnyOrderElementsOf(times(options(false, 0)));
    assertThat(times(options(false, 5_000))).isEqualTo(times);
    assertThat(times(new Options("tx", "labels", "dead", false, 5_000, 8))).isNotEqualTo(times);
    long latest = Long.MIN_VALUE;
    for (long time : times) {
      latest = Math.max(latest, time);
      assertThat(latest - time).isLessThanOrEqualTo(5_000);
    }
  }

  @Test
  void aRefusalOfTheBrokerEndsTheImport() {
    MockProducer<byte[], byte[]> failing = mock(false);
    Publisher publisher = new Publisher(failing, partition -> 0, options(false, 0));

    assertThatThrownBy(
            () ->
                publisher.publish(
                    new FailingAfter(failing, stream(30)).iterator(), (records, bytes) -> {}))
        .isInstanceOf(IngestException.class)
        .hasMessageContaining("The broker refused a record: too large");
  }

  /** A stream whose reader makes the broker refuse the first record. */
  private record FailingAfter(MockProducer<byte[], byte[]> producer, List<Ingested> stream) {
    Iterator<Ingested> iterator() {
      Iterator<Ingested> inner = stream.iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          if (!inner.hasNext()) {
            producer.errorNext(new RecordTooLargeException("too large"));
          }
          return inner.hasNext();
        }

        @Override
        public Ingested next() {
          return inner.next();
        }
      };
    }
  }

  private static List<Long> times(Options options) throws DecodeException {
    MockProducer<byte[], byte[]> producer = producer();
    new Publisher(producer, partition -> 0, options)
        .publish(stream(200).iterator(), (records, bytes) -> {});
    Codec<Transaction> codec = Codec.of(Transaction.class);
    List<Long> times = new ArrayList<>();
    for (ProducerRecord<byte[], byte[]> record : producer.history()) {
      if (record.topic().equals("tx")) {
        times.add(codec.decode(record.value()).getEventTime());
      }
    }
    return times;
  }

  private static long end(Map<TopicPartition, Long> ends, TopicPartition partition) {
    return Objects.requireNonNull(ends.get(partition));
  }

  private static Options options(boolean resume, long disorderMs) {
    return new Options("tx", "labels", "dead", resume, disorderMs, 7);
  }

  private static Map<TopicPartition, List<String>> byPartition(
      List<ProducerRecord<byte[], byte[]>> records) {
    Map<TopicPartition, List<String>> result = new HashMap<>();
    for (ProducerRecord<byte[], byte[]> record : records) {
      result
          .computeIfAbsent(
              new TopicPartition(record.topic(), record.partition()), key -> new ArrayList<>())
          .add(new String(record.value(), StandardCharsets.ISO_8859_1));
    }
    return result;
  }

  private static List<Ingested> stream(int transactions) {
    List<Ingested> stream = new ArrayList<>();
    for (int i = 1; i <= transactions; i++) {
      Transaction transaction =
          Transaction.newBuilder()
              .setTransactionId("t" + i)
              .setEventTime(i * 1_000L)
              .setAccount("a" + i % 17)
              .setAmountMinor(i)
              .setCurrency("EUR")
              .setBillingAmountMinor(i)
              .setBillingCurrency("EUR")
              .build();
      stream.add(new Ingested.TransactionRow(transaction, i + 1, false));
      if (i % 3 == 0) {
        stream.add(
            new Ingested.LabelRow(
                Label.newBuilder()
                    .setLabelId("t" + i + "-label")
                    .setTransactionId("t" + i)
                    .setTransactionTime(i * 1_000L)
                    .setAccount("a" + i % 17)
                    .setValue(LabelValue.FRAUD)
                    .setSource(LabelSource.CHARGEBACK)
                    .setLabelTime(i * 1_000L)
                    .build()));
      }
      if (i % 5 == 0) {
        stream.add(
            new Ingested.BadRow(
                DeadLetter.newBuilder()
                    .setSourceTopic("input.csv")
                    .setSourcePartition(0)
                    .setSourceOffset(i)
                    .setAppendTime(0)
                    .setValue(ByteBuffer.wrap(new byte[] {(byte) i}))
                    .setMasked(false)
                    .setStage(Stage.IMPORT)
                    .setReason("bad_time")
                    .setMessage("event_time: …")
                    .build()));
      }
    }
    return stream;
  }

  private static MockProducer<byte[], byte[]> producer() {
    return mock(true);
  }

  private static MockProducer<byte[], byte[]> mock(boolean autoComplete) {
    Node node = new Node(0, "broker", 9_092);
    List<PartitionInfo> partitions = new ArrayList<>();
    for (String topic : List.of("tx", "labels", "dead")) {
      for (int i = 0; i < PARTITIONS; i++) {
        partitions.add(new PartitionInfo(topic, i, node, new Node[] {node}, new Node[] {node}));
      }
    }
    Cluster cluster = new Cluster("c", List.of(node), partitions, Set.of(), Set.of());
    return new MockProducer<>(
        cluster,
        autoComplete,
        new RoundRobinPartitioner(),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }
}
