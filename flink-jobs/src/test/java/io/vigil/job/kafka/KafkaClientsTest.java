package io.vigil.job.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.VigilOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.configuration.Configuration;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.config.types.Password;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaClientsTest {
  @TempDir private Path directory = Path.of("");

  private Properties properties(String text, Map<String, String> more) throws IOException {
    Path file = Files.writeString(directory.resolve("client.properties"), text);
    Configuration options = Configuration.fromMap(more);
    options.set(VigilOptions.KAFKA_PROPERTIES_FILE, file.toString());
    return KafkaClients.properties(options);
  }

  @Test
  void secretsStayWhereTheyAreUntilAClientStarts() throws IOException {
    Path secret = Files.writeString(directory.resolve("secret"), "s3cret\n");
    Properties properties =
        properties(
            "bootstrap.servers=b:1\nssl.keystore.password=${file:" + secret + "}\n", Map.of());

    assertThat(properties.toString()).doesNotContain("s3cret");
    // What every Kafka client does with its properties first.
    assertThat(new AdminClientConfig(properties).getPassword("ssl.keystore.password"))
        .isEqualTo(new Password("s3cret"));
  }

  @Test
  void theOptionCountsOverTheFile() throws IOException {
    assertThat(properties("bootstrap.servers=b:1\n", Map.of()))
        .containsEntry("bootstrap.servers", "b:1");
    assertThat(
            properties(
                "bootstrap.servers=b:1\n", Map.of("vigil.kafka.bootstrap-servers", "option:2")))
        .containsEntry("bootstrap.servers", "option:2");
    assertThat(KafkaClients.properties(new Configuration()))
        .isEqualTo(Map.of("bootstrap.servers", "localhost:9092"));
  }

  @Test
  void refusesASecretThatWouldTravelWithTheJob() {
    assertThatThrownBy(() -> properties("ssl.key.password=s3cret\n", Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "vigil.kafka.properties-file: expected ${env:NAME} or ${file:PATH} for ssl.key.password")
        .hasMessageNotContaining("s3cret");
    assertThatThrownBy(
            () ->
                KafkaClients.properties(
                    Configuration.fromMap(Map.of("vigil.kafka.properties-file", "/no/where"))))
        .hasMessageContaining("/no/where, which is missing");
  }
}
