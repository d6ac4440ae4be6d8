package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Where {@code vigil ingest} begins. */
@Tag("slow")
class IngestStartIT {
  private static final String TOPIC = "bank.payments";
  private static final String MAPPING =
      """
      name: start
      from: json
      fields:
        transaction_id: id
        event_time: at
        account: account
        amount: amount
        currency: {constant: EUR}
      """;

  @Test
  void whoBeganAtTheEndGoesOnFromThere(@TempDir Path directory) throws Exception {
    try (DataDir data = DataDir.open(directory.resolve("data"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage);
        Admin admin = Admin.create(Map.of("bootstrap.servers", stack.bootstrap()))) {
      admin.createTopics(List.of(new NewTopic(TOPIC, 2, (short) 1))).all().get();
      publish(stack.bootstrap(), 0);
      Path mapping = Files.writeString(directory.resolve("mapping.yaml"), MAPPING);

      assertThat(ingest(stack.bootstrap(), mapping)).contains("read 0 records");

      // While nobody reads. From neither partition anything had come by then.
      publish(stack.bootstrap(), 0);
      publish(stack.bootstrap(), 1);
      assertThat(ingest(stack.bootstrap(), mapping)).contains("read 2 records");
      assertThat(ingest(stack.bootstrap(), mapping)).contains("read 0 records");
    }
  }

  /** One that no mapping takes: what becomes of it is of no matter here. */
  private static void publish(String bootstrap, int partition) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      byte[] value = "{}".getBytes(StandardCharsets.UTF_8);
      producer.send(new ProducerRecord<>(TOPIC, partition, null, value)).get();
    }
  }

  private static String ingest(String bootstrap, Path mapping) {
    StringWriter out = new StringWriter();
    CommandLine vigil = Vigil.commandLine();
    vigil.setOut(new PrintWriter(out, true));
    int code =
        vigil.execute(
            "ingest",
            "--from=" + TOPIC,
            "--bootstrap=" + bootstrap,
            "--to-bootstrap=" + bootstrap,
            "--format=" + mapping,
            "--start=latest",
            "--until-end");
    assertThat(code).isZero();
    return out.toString();
  }
}
