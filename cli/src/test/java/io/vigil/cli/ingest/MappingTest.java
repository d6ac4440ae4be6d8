package io.vigil.cli.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MappingTest {
  private static final String GOOD =
      """
      name: bank
      columns:
        event_time: when
        account: who
        amount: much
        currency: {constant: EUR}
      label:
        column: fraud
        fraud_values: [1, true]
        delay: 7d
      """;

  @ParameterizedTest
  @ValueSource(strings = {"handbook", "sparkov", "simulated"})
  void theBuiltInMappingsLoad(String name) {
    Mapping mapping = Mapping.load(name);

    assertThat(mapping.name()).isEqualTo(name);
    assertThat(mapping.tokenises()).isEqualTo(name.equals("sparkov"));
  }

  @Test
  void theExampleLoads() {
    assertThat(Mapping.load(Path.of("..", "examples", "cloudwalk.yaml").toString()).tokenises())
        .isTrue();
  }

  @Test
  void readsLabels() {
    Mapping.LabelRule label = Objects.requireNonNull(Mapping.parse("bank.yaml", GOOD).label());

    assertThat(label.delayMs()).isEqualTo(7 * 86_400_000L);
    assertThat(label.fraudValues()).containsExactly("1", "true");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "account: who | acount: who | bank.yaml:4: acount: unknown key, expected one of transaction_id, event_time",
        "  account: who | | bank.yaml:3: account: missing in columns",
        "event_time: when | event_time: {column: when, zone: Mars} | bank.yaml:3: zone: expected one of a name such as UTC",
        "event_time: when | event_time: {column: when, format: 'bb'} | bank.yaml:3: format: expected one of iso, epoch_ms, epoch_s",
        "account: who | account: {column: who, tokenise: md5} | bank.yaml:4: tokenise: expected one of none, pan, ip, got 'md5'",
        "account: who | account: {constant: x, column: who} | bank.yaml:4: constant: expected alone",
        "account: who | account: [who] | bank.yaml:4: account: expected a value, got a list",
        "amount: much | billing_amount: m | bank.yaml:3: amount: missing in columns",
        "delay: 7d | delay: a week | bank.yaml:10: delay: expected one of a number",
        "delay: 7d | source: police | bank.yaml:8: delay: expected either delay or time",
        "fraud_values: [1, true] | | bank.yaml:8: fraud_values: missing in label",
        "name: bank | separator: tab | bank.yaml:1: separator: expected one character, got 'tab'",
        "name: bank | name: [ | bank.yaml:3: expected YAML",
        "account: who | event_time: who | bank.yaml:4: event_time: expected once, got a second time"
      })
  void namesFileLineKeyAndLegalValues(String part, String replacement, String message) {
    String yaml = GOOD.replace(part, replacement == null ? "" : replacement);

    assertThat(yaml).isNotEqualTo(GOOD);
    assertThatThrownBy(() -> Mapping.parse("bank.yaml", yaml))
        .isInstanceOf(IngestException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void saysWhichFormatsThereAre() {
    assertThatThrownBy(() -> Mapping.load("no-such.yaml"))
        .isInstanceOf(IngestException.class)
        .hasMessageContaining("handbook, sparkov, simulated")
        .hasMessageContaining("no-such.yaml");
  }
}
