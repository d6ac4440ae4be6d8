package io.vigil.schema.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientPropertiesTest {
  @TempDir private Path directory = Path.of("");

  private ClientProperties read(String text, String permissions) throws IOException {
    Path file = Files.writeString(directory.resolve("client.properties"), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return ClientProperties.read(file);
  }

  @Test
  void replacesVariablesAndFiles() throws IOException {
    Path secret = Files.writeString(directory.resolve("secret"), "b$1c\n");
    ClientProperties properties =
        read(
            "a=x ${env:USER_NAME} y\nssl.key.password=${file:%s}\nplain=1\n".formatted(secret),
            "rw-r--r--");

    assertThat(properties.resolve(Map.of("USER_NAME", "vigil")))
        .isEqualTo(Map.of("a", "x vigil y", "ssl.key.password", "b$1c", "plain", "1"));
    assertThat(properties.raw().get("a")).isEqualTo("x ${env:USER_NAME} y");
    assertThat(properties.warning()).isNull();
  }

  @Test
  void namesWhatIsMissing() throws IOException {
    assertThatThrownBy(() -> read("a=${env:NOT_SET}\n", "rw-------").resolve(Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith(
            "client.properties: a: expected the variable NOT_SET in the environment, got none");
    assertThatThrownBy(() -> read("a=${file:/no/where}\n", "rw-------").resolve(Map.of()))
        .hasMessageEndingWith("a: expected a file at /no/where, which cannot be read");
    assertThatThrownBy(() -> ClientProperties.read(directory.resolve("none")))
        .hasMessageContaining("which is missing");
  }

  @Test
  void warnsOfSecretsThatOthersCanRead() throws IOException {
    String text =
        "ssl.keystore.password=123\n"
            + "sasl.jaas.config=a.Module required username=\"u\" password=\"p\";\n"
            + "sasl.mechanism=SCRAM-SHA-512\n";
    assertThat(read(text, "rw-r-----").warning())
        .endsWith(
            "others can read sasl.jaas.config, ssl.keystore.password in it; chmod 600, or write ${env:NAME} or ${file:PATH}")
        .doesNotContain("123");
    assertThat(read(text, "rw-------").warning()).isNull();
    assertThat(read("sasl.jaas.config=a.Krb5Module required;\n", "rw-r--r--").warning()).isNull();
  }
}
