package io.vigil.cli.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.cli.CliException;
import io.vigil.job.Topics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerIT {

  private final Path directory;

  BrokerIT(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void keepsItsTopicsAndRecordsAcrossRestarts() throws Exception {
    try (DataDir data = DataDir.open(directory);
        ProcessUsage usage = new ProcessUsage()) {
      try (LocalStack stack = LocalStack.start(data, 0, usage)) {
        LocalTopics.create(stack.brokers());
        produce(stack.bootstrap(), "first");
        assertThat(usage.peakResidentMb()).isBetween(50L, 2_000L);
        assertThat(usage.cpuSeconds()).isPositive();
      }
      try (LocalStack stack = LocalStack.start(data, 0, usage)) {
        produce(stack.bootstrap(), "second");
        assertThat(consume(stack.bootstrap())).containsExactly("first", "second");
      }
    }
  }

  @Test
  void refusesTopicsWithOtherPartitions() throws Exception {
    try (DataDir data = DataDir.open(directory);
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage);
        Admin admin = Admin.create(Map.of("bootstrap.servers", stack.bootstrap()))) {
      admin.createPartitions(Map.of(Topics.ACTIONS, NewPartitions.increaseTo(3))).all().get();
      // The broker learns of what its controller has accepted a moment later.
      while (partitions(admin, Topics.ACTIONS) != 3) {
        Thread.onSpinWait();
      }
      assertThatThrownBy(() -> LocalTopics.create(stack.brokers()))
          .isInstanceOf(CliException.class)
          .hasMessageStartingWith("topic actions has 3 partitions, expected 1");
    }
  }

  @Test
  void namesAPortThatIsTaken() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        DataDir data = DataDir.open(directory);
        ProcessUsage usage = new ProcessUsage()) {
      assertThatThrownBy(() -> LocalStack.start(data, taken.getLocalPort(), usage))
          .isInstanceOf(CliException.class)
          .hasMessageContaining("port " + taken.getLocalPort() + " on 127.0.0.1 is taken")
          .hasMessageContaining("--kafka-port");
    }
  }

  @Test
  void endsWhenItsParentIsKilledAndStartsAgain() throws Exception {
    ChildProcess parent =
        ChildProcess.start(
            new ChildProcess.Spec(
                "parent",
                BrokerOwner.class.getName(),
                List.of(directory.toString()),
                List.of(),
                Map.of(),
                directory.resolveSibling(directory.getFileName() + "-parent")));
    String said = parent.awaitReady(Duration.ofSeconds(60));
    int space = said.indexOf(' ');
    ProcessHandle broker = ProcessHandle.of(Long.parseLong(said.substring(0, space))).orElseThrow();
    produce(said.substring(space + 1), "before");
    assertThatThrownBy(() -> DataDir.open(directory)).hasMessageContaining("in use by another");

    assertThat(parent.handle().destroyForcibly()).isTrue();

    try (ProcessUsage usage = new ProcessUsage()) {
      parent.awaitExit(Duration.ofSeconds(30));
      // At once, while the old broker may still be closing its logs.
      try (DataDir data = DataDir.open(directory);
          LocalStack stack = LocalStack.start(data, 0, usage)) {
        assertThat(consume(stack.bootstrap())).containsExactly("before");
      }
    }
    awaitEnd(broker);
  }

  private static void awaitEnd(ProcessHandle process)
      throws InterruptedException, ExecutionException, TimeoutException {
    process.onExit().get(30, TimeUnit.SECONDS);
    assertThat(process.isAlive()).isFalse();
  }

  private static int partitions(Admin admin, String topic)
      throws InterruptedException, ExecutionException {
    return admin
        .describeTopics(List.of(topic))
        .topicNameValues()
        .get(topic)
        .get()
        .partitions()
        .size();
  }

  private static void produce(String bootstrap, String value)
      throws InterruptedException, ExecutionException {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer
          .send(new ProducerRecord<>(Topics.TRANSACTIONS, 1, null, value.getBytes(UTF_8)))
          .get();
    }
  }

  private static List<String> consume(String bootstrap) {
    TopicPartition partition = new TopicPartition(Topics.TRANSACTIONS, 1);
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      while (consumer.position(partition) < end) {
        for (ConsumerRecord<byte[], byte[]> entry : consumer.poll(Duration.ofMillis(100))) {
          assertThat(entry.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
          values.add(new String(entry.value(), UTF_8));
        }
      }
    }
    return values;
  }
}
