package io.vigil.cli.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.client.ClientProperties;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** The files that people begin with. */
class ExamplesTest {
  private static final String RECORD =
      """
      {"ref": "8c1f", "ts": 1767607200123, "customer": {"id": "c-77", "device": "d-1",
       "loyalty.tier": "gold"}, "card": {"number": "4111111111111111", "entry": "chip"},
       "amount": {"value": 57.16, "currency": "EUR"}, "channel": "POS",
       "merchant": {"id": "m-9", "mcc": "5411", "location": [52.52, 13.40], "city": "Berlin"}}
      """;

  private static MappingTrial trial(String value) {
    return MappingTrial.ofTopic(
        List.of(new ConsumerRecord<>("payments", 0, 7, null, value.getBytes(UTF_8))),
        RecordMapping.load("../examples/payments-json.yaml"),
        null,
        () -> new Tokeniser(new byte[16]));
  }

  @Test
  void theJsonMappingMapsItsRecordWhole() {
    MappingTrial trial = trial(RECORD);
    MappingTrial.Tried tried = trial.tried().get(0);

    assertThat(tried.reason()).as(tried.message()).isNull();
    assertThat(tried.lines())
        .contains(
            new MappingTrial.Line("amount", "amount.value", "57.16", "5716 minor units"),
            new MappingTrial.Line("event_time", "ts", "1767607200123", "2026-01-05T10:00:00.123Z"),
            new MappingTrial.Line("attributes.loyalty", "/customer/loyalty.tier", "gold", "gold"),
            new MappingTrial.Line("attributes.origin", "$position", "payments-0@7", "payments-0@7"))
        .anySatisfy(
            line -> {
              assertThat(line.field()).isEqualTo("card");
              assertThat(line.value()).isEqualTo("(hidden)");
              assertThat(line.mapped()).matches("[0-9a-f]{40}…");
            });
    assertThat(trial.unmapped()).containsExactly("/merchant/city");
    assertThat(trial.absent()).isEmpty();
  }

  @Test
  void aTrialNamesTheFieldAndWhatNobodyHas() {
    MappingTrial trial =
        trial(RECORD.replace("57.16", "\"a lot\"").replace("\"device\"", "\"dev\""));
    assertThat(trial.tried().get(0).reason()).isEqualTo("bad_amount");
    assertThat(trial.tried().get(0).message())
        .isEqualTo("amount: expected a decimal number such as 57.16, got 'a lot'");
    assertThat(trial.absent()).isEqualTo(Map.of("device", "customer.device"));
    assertThat(trial.unmapped()).containsExactly("/customer/dev", "/merchant/city");
  }

  @Test
  void theOthersAreWhatTheySay() throws IOException {
    assertThat(RecordMapping.load("../examples/payments-avro.yaml").registry())
        .isEqualTo("https://registry.bank.example:8081");
    assertThat(ClientProperties.read(Path.of("../examples/kafka-client.properties")).plainSecrets())
        .isEmpty();
  }

  @Test
  void eventsAndProfilesComeFromTopicsToo() {
    RecordMapping events =
        OtherMapping.parse(
            "e.yaml",
            "name: bank\nrecord: event\nfrom: json\nfields:\n  event_time: at\n  account: who\n"
                + "  kind: {constant: login}\nattributes: {from: $header.x}\n",
            OtherMapping.Kind.EVENT);
    TopicMapper mapper = new TopicMapper(events, null, () -> new Tokeniser(new byte[16]), null);
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(
            "logins", 1, 5, null, "{\"at\":\"2026-01-05T10:00Z\",\"who\":\"a\"}".getBytes(UTF_8));
    Ingested.EventRow first = (Ingested.EventRow) mapper.map(record);
    assertThat(first.event().getKind()).isEqualTo("login");
    assertThat(first.event().getEventId()).hasSize(32);
    assertThat(((Ingested.EventRow) mapper.map(record)).event()).isEqualTo(first.event());

    Ingested.BadRow bad =
        (Ingested.BadRow)
            mapper.map(new ConsumerRecord<>("logins", 1, 6, null, "{}".getBytes(UTF_8)));
    assertThat(bad.deadLetter().getSourceTopic()).isEqualTo("events/bank/logins");
  }
}
