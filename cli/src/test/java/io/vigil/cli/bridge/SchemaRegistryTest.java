package io.vigil.cli.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.cli.ingest.IngestException;
import io.vigil.cli.ingest.RegistryException;
import io.vigil.cli.ingest.SchemaSource.UnknownSchemaException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchemaRegistryTest {
  private static final String MONEY =
      "{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Money\\\",\\\"fields\\\":[{\\\"name\\\":\\\"v\\\",\\\"type\\\":\\\"long\\\"}]}";
  private static final String PAYMENT =
      "{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"P\\\",\\\"fields\\\":[{\\\"name\\\":\\\"m\\\",\\\"type\\\":\\\"Money\\\"}]}";

  private final RegistryServer server;
  private final AtomicLong nowNs = new AtomicLong();

  SchemaRegistryTest() throws IOException {
    server = new RegistryServer(null);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private SchemaRegistry registry(Map<String, String> properties) {
    return new SchemaRegistry(server.address() + "/", properties, nowNs::get);
  }

  @Test
  void asksOnceForASchema() throws Exception {
    server.put("/schemas/ids/7", "{\"schema\":\"" + MONEY + "\"}");
    SchemaRegistry registry = registry(Map.of());

    assertThat(registry.schema(7).getName()).isEqualTo("Money");
    assertThat(registry.schema(7)).isSameAs(registry.schema(7));
    assertThat(server.asked).containsExactly("/schemas/ids/7");
  }

  @Test
  void followsReferences() throws Exception {
    server.put(
        "/schemas/ids/8",
        "{\"schema\":\""
            + PAYMENT
            + "\",\"references\":[{\"name\":\"Money\",\"subject\":\"com.bank.Money\",\"version\":3}]}");
    server.put(
        "/subjects/com.bank.Money/versions/3",
        "{\"subject\":\"com.bank.Money\",\"version\":3,\"id\":7,\"schema\":\"" + MONEY + "\"}");

    assertThat(registry(Map.of()).schema(8).getField("m").schema().getField("v")).isNotNull();
  }

  @Test
  void remembersForAWhileThatThereIsNone() {
    SchemaRegistry registry = registry(Map.of());
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> registry.schema(9))
          .isInstanceOf(UnknownSchemaException.class)
          .hasMessage("schema 9: expected one in the registry, which has none");
    }
    // Another replica may know it already.
    assertThat(server.asked).hasSize(3);
    nowNs.addAndGet(Duration.ofMinutes(1).toNanos());
    assertThatThrownBy(() -> registry.schema(9)).isInstanceOf(UnknownSchemaException.class);
    assertThat(server.asked).hasSize(6);
  }

  /** A wrong address must not make a dead letter of every record. */
  @Test
  void waitsWhereSomebodyElseAnswers() {
    server.page = "<html>not found</html>";
    assertThatThrownBy(() -> registry(Map.of()).schema(9))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("status 404, and no registry's answer");
  }

  @Test
  void refusesWhatIsNoAvro() {
    server.put("/schemas/ids/1", "{\"schemaType\":\"PROTOBUF\",\"schema\":\"syntax\"}");
    server.put("/schemas/ids/2", "{\"schema\":\"{}\"}");
    assertThatThrownBy(() -> registry(Map.of()).schema(1))
        .isInstanceOf(UnknownSchemaException.class)
        .hasMessage("schema 1: expected AVRO, got PROTOBUF");
    assertThatThrownBy(() -> registry(Map.of()).schema(2))
        .isInstanceOf(UnknownSchemaException.class)
        .hasMessageStartingWith("schema 2: expected an Avro schema, got");
  }

  @Test
  void triesAgainAndThenSaysThatItIsAway() throws Exception {
    server.put("/schemas/ids/7", "{\"schema\":\"" + MONEY + "\"}");
    server.unavailable(2);
    assertThat(registry(Map.of()).schema(7).getName()).isEqualTo("Money");

    server.unavailable(100);
    assertThatThrownBy(() -> registry(Map.of()).schema(7))
        .isInstanceOfSatisfying(RegistryException.class, e -> assertThat(e.refused()).isFalse())
        .hasMessageEndingWith("expected schema 7, got status 503");
    server.close();
    assertThatThrownBy(() -> registry(Map.of()).schema(7))
        .isInstanceOfSatisfying(RegistryException.class, e -> assertThat(e.refused()).isFalse());
  }

  @Test
  void authenticates() throws Exception {
    server.put("/schemas/ids/7", "{\"schema\":\"" + MONEY + "\"}");
    server.guarded("vigil:s3cret");

    assertThat(
            registry(Map.of("schema.registry.basic.auth.user.info", "vigil:s3cret"))
                .schema(7)
                .getName())
        .isEqualTo("Money");
    assertThatThrownBy(() -> registry(Map.of("basic.auth.user.info", "vigil:wr0ng")).schema(7))
        .isInstanceOfSatisfying(RegistryException.class, e -> assertThat(e.refused()).isTrue())
        .hasMessageContaining("refused us with status 401")
        .hasMessageNotContaining("wr0ng");
  }

  @Test
  void takesNoPasswordInAnAddress() {
    assertThatThrownBy(() -> new SchemaRegistry("http://me:s3cret@localhost", Map.of(), nowNs::get))
        .isInstanceOf(IngestException.class)
        .hasMessageNotContaining("s3cret");
  }
}
