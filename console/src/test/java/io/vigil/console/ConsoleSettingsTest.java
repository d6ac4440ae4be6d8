package io.vigil.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConsoleSettingsTest {
  @TempDir private Path directory = Path.of("");

  private ConsoleSettings read(String text) throws IOException {
    return ConsoleSettings.read(
        Files.writeString(directory.resolve("console.properties"), "database.dir=d\n" + text),
        Map.of());
  }

  @Test
  void kafkaPropertiesComeFromAFileOfTheirOwn() throws IOException {
    Path secret = Files.writeString(directory.resolve("secret"), "s3cret\n");
    Path shared =
        Files.writeString(
            directory.resolve("kafka.properties"),
            "bootstrap.servers=b:1\nsecurity.protocol=SSL\nssl.key.password=${file:%s}\n"
                .formatted(secret));

    assertThat(read("kafka.properties-file=" + shared + "\nkafka.client.id=c\n").kafka())
        .isEqualTo(
            Map.of(
                "bootstrap.servers", "b:1",
                "security.protocol", "SSL",
                "ssl.key.password", "s3cret",
                "client.id", "c"));
    assertThat(
            read("kafka.bootstrap.servers=b:2\nkafka.ssl.key.password=${file:%s}\n"
                    .formatted(secret))
                .kafka())
        .isEqualTo(Map.of("bootstrap.servers", "b:2", "ssl.key.password", "s3cret"));
  }

  @Test
  void namesWhatIsMissing() {
    assertThatThrownBy(() -> read("kafka.properties-file=/no/where\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("/no/where, which is missing");
    assertThatThrownBy(() -> read("kafka.bootstrap.servers=${env:NOT_SET}\n"))
        .hasMessageContaining("kafka.bootstrap.servers: expected the variable NOT_SET");
  }
}
