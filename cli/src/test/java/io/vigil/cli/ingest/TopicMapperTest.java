package io.vigil.cli.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.schema.DeadLetter;
import io.vigil.schema.Stage;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One mapper, three forms. */
class TopicMapperTest {
  private static final String PAN = "4111111111111111";
  private static final byte[] KEY = "0123456789abcdef".getBytes(UTF_8);
  private static final String JSON =
      """
      name: bank
      from: json
      fields:
        transaction_id: id
        event_time: {path: /when}
        account: customer.no
        card: {path: card.pan, tokenise: pan}
        amount: payment.amount
        currency: payment.currency
        mcc: mcc
        channel: how
        latitude: where.0
        longitude: where.1
      attributes: {note: note}
      """;
  private static final String AVRO = JSON.replace("from: json", "from: avro\nregistry: http://r");
  private static final String CSV =
      """
      name: bank
      columns:
        transaction_id: id
        event_time: when
        account: who
        card: {column: pan, tokenise: pan}
        amount: much
        currency: cur
        mcc: mcc
        channel: how
        latitude: lat
        longitude: lon
      attributes: {note: note}
      """;
  private static final Schema SCHEMA =
      new Schema.Parser()
          .parse(
              """
              {"type": "record", "name": "Payment", "fields": [
                {"name": "id", "type": "string"},
                {"name": "when", "type": {"type": "long", "logicalType": "timestamp-micros"}},
                {"name": "customer", "type": {"type": "record", "name": "C", "fields": [
                  {"name": "no", "type": "long"}]}},
                {"name": "card", "type": {"type": "map", "values": "string"}},
                {"name": "payment", "type": ["null", {"type": "record", "name": "M", "fields": [
                  {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 3}},
                  {"name": "currency", "type": "string"}]}]},
                {"name": "mcc", "type": ["null", "int"]},
                {"name": "how", "type": {"type": "enum", "name": "How", "symbols": ["POS", "ECOM"]}},
                {"name": "where", "type": {"type": "array", "items": "double"}},
                {"name": "note", "type": ["null", "string"]}]}
              """);

  @TempDir private Path directory = Path.of("");
  private final SchemaSource schemas =
      id -> {
        if (id != 7) {
          throw new SchemaSource.UnknownSchemaException("schema " + id + ": none");
        }
        return SCHEMA;
      };

  private TopicMapper mapper(String yaml) {
    Mapping mapping = Mapping.parse("bank.yaml", yaml);
    return new TopicMapper(
        mapping,
        mapping.from() == Mapping.From.AVRO ? schemas : null,
        () -> new Tokeniser(KEY),
        null);
  }

  private static ConsumerRecord<byte[], byte[]> record(byte[] value) {
    return new ConsumerRecord<>("payments", 3, 4711, null, value);
  }

  private static GenericRecord payment(String amount, long micros) {
    Schema money = SCHEMA.getField("payment").schema().getTypes().get(1);
    GenericRecord payment = new GenericData.Record(money);
    payment.put("amount", ByteBuffer.wrap(new BigDecimal(amount).unscaledValue().toByteArray()));
    payment.put("currency", "EUR");
    GenericRecord customer = new GenericData.Record(SCHEMA.getField("customer").schema());
    customer.put("no", 17L);
    GenericRecord record = new GenericData.Record(SCHEMA);
    record.put("id", "p-1");
    record.put("when", micros);
    record.put("customer", customer);
    record.put("card", Map.of("pan", PAN));
    record.put("payment", payment);
    record.put("mcc", 5411);
    record.put("how", new GenericData.EnumSymbol(SCHEMA.getField("how").schema(), "ECOM"));
    record.put("where", List.of(52.5, 13.4));
    record.put("note", "Grüße");
    return record;
  }

  private static byte[] framed(int id, GenericRecord record) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(SCHEMA).write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  private byte[] ofCsv(String amount) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("bank.csv"),
            "id,when,who,pan,much,cur,mcc,how,lat,lon,note\n"
                + "p-1,2026-01-01T12:00:00.123456Z,17,4111 1111 1111 1111,%s,EUR,5411,ecom,52.5,13.4,Grüße\n"
                    .formatted(amount));
    return ofFile(file, CSV);
  }

  private byte[] ofFile(Path file, String yaml) throws IOException {
    try (RecordReader reader =
        RecordReader.open(
            file,
            Mapping.parse("bank.yaml", yaml),
            () -> new Tokeniser(KEY),
            directory.resolve("tmp"))) {
      return bytes(reader.next());
    }
  }

  private static byte[] bytes(Ingested ingested) {
    assertThat(ingested).isInstanceOf(Ingested.TransactionRow.class);
    Transaction transaction = ((Ingested.TransactionRow) ingested).transaction();
    return Codec.of(Transaction.class).encode(transaction);
  }

  private static byte[] json(String amount) {
    return """
        {"id": "p-1", "when": "2026-01-01T12:00:00.123Z", "customer": {"no": 17, "name": "Ada"},
         "card": {"pan": 4111111111111111}, "payment": {"amount": %s, "currency": "EUR"},
         "mcc": "5411", "how": "ECOM", "where": [52.5, 13.4], "note": "Grüße", "more": null}
        """
        .formatted(amount)
        .getBytes(UTF_8);
  }

  private static DeadLetter bad(TopicMapper mapper, byte[] value) {
    Ingested ingested = mapper.map(record(value));
    assertThat(ingested).isInstanceOf(Ingested.BadRow.class);
    return ((Ingested.BadRow) ingested).deadLetter();
  }

  private static String text(ByteBuffer bytes) {
    return UTF_8.decode(bytes.duplicate()).toString();
  }

  @Test
  void theSameContentGivesTheSameBytesInEveryForm() throws IOException {
    // More digits than a double has: money stays exact.
    String amount = "90071992547409.930";
    long micros = Instant.parse("2026-01-01T12:00:00Z").toEpochMilli() * 1_000 + 123_456;
    byte[] csv = ofCsv(amount);
    byte[] avro = framed(7, payment(amount, micros));

    assertThat(bytes(mapper(JSON).map(record(json(amount))))).isEqualTo(csv);
    assertThat(bytes(mapper(AVRO).map(record(avro)))).isEqualTo(csv);
    assertThat(new String(csv, UTF_8)).doesNotContain(PAN);

    Path lines =
        Files.write(
            directory.resolve("bank.jsonl"),
            new String(json(amount), UTF_8).replace("\n", " ").getBytes(UTF_8));
    assertThat(ofFile(lines, JSON)).isEqualTo(csv);
    Path container = directory.resolve("bank.avro");
    try (DataFileWriter<GenericRecord> writer =
        new DataFileWriter<>(new GenericDatumWriter<>(SCHEMA))) {
      writer.create(SCHEMA, container.toFile());
      writer.append(payment(amount, micros));
    }
    assertThat(ofFile(container, AVRO)).isEqualTo(csv);
  }

  @Test
  void idsAndTimesMayComeFromTheLog() {
    String yaml =
        JSON.replace("transaction_id: id", "transaction_id: $position")
            .replace("{path: /when}", "{path: $timestamp, format: epoch_ms}");
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(
            "payments",
            3,
            4711,
            1_767_268_800_000L,
            org.apache.kafka.common.record.TimestampType.CREATE_TIME,
            0,
            0,
            null,
            json("1"),
            new org.apache.kafka.common.header.internals.RecordHeaders(),
            java.util.Optional.empty());
    Transaction t = ((Ingested.TransactionRow) mapper(yaml).map(record)).transaction();
    assertThat(t.getTransactionId()).isEqualTo("payments-3@4711");
    assertThat(t.getEventTime()).isEqualTo(1_767_268_800_000L);

    String own = JSON.replace("  transaction_id: id\n", "");
    Transaction first = ((Ingested.TransactionRow) mapper(own).map(record)).transaction();
    Transaction again = ((Ingested.TransactionRow) mapper(own).map(record)).transaction();
    assertThat(first.getTransactionId()).hasSize(32).isEqualTo(again.getTransactionId());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[1]                                 | not_a_record     | record: expected named fields, got a list",
        "{\"id\":1}{}                        | bad_json         | record: expected one JSON object",
        "{\"id\":1,\"id\":2}                 | bad_json         | record: expected one JSON object",
        "null                                | bad_json         | record: expected a JSON object, got null",
        "{\"id\":{\"a\":1}}                  | not_a_value      | transaction_id: expected a single value at id, got a record",
        "{\"id\":1,\"when\":\"2026-01-01\"}  | missing_value    | account: expected a value, got none",
        "{\"id\":1,\"when\":true}            | bad_time         | event_time: expected a time",
      })
  void saysWhatIsWrongWithJson(String value, String reason, String message) {
    DeadLetter letter = bad(mapper(JSON), value.getBytes(UTF_8));
    assertThat(letter.getReason()).isEqualTo(reason);
    assertThat(letter.getMessage()).startsWith(message);
    assertThat(letter.getStage()).isEqualTo(Stage.IMPORT);
    assertThat(letter.getSourceTopic()).isEqualTo("bank/payments");
    assertThat(letter.getSourcePartition()).isEqualTo(3);
    assertThat(letter.getSourceOffset()).isEqualTo(4711);
  }

  @Test
  void deadLettersShowNoCardNumber() throws IOException {
    DeadLetter mapped = bad(mapper(JSON), json("\"much\""));
    assertThat(mapped.getReason()).isEqualTo("bad_amount");
    assertThat(text(mapped.getValue()))
        .contains("\"pan\":\"*\"", "\"name\":\"Ada\"", "\"amount\":\"much\"")
        .doesNotContain(PAN);
    assertThat(mapped.getMasked()).isTrue();

    DeadLetter broken = bad(mapper(JSON), ("{\"pan\": " + PAN + ", x").getBytes(UTF_8));
    assertThat(text(broken.getValue())).isEqualTo("{\"pan\": ****************, x");

    GenericRecord wrong = payment("1.000", 0);
    wrong.put("payment", null);
    DeadLetter avro = bad(mapper(AVRO), framed(7, wrong));
    assertThat(avro.getReason()).isEqualTo("missing_value");
    assertThat(text(avro.getValue())).startsWith("{\"id\":\"p-1\"").doesNotContain(PAN);
  }

  @Test
  void saysWhatIsWrongWithAvro() throws IOException {
    byte[] good = framed(7, payment("1.000", 0));
    DeadLetter unknown = bad(mapper(AVRO), framed(8, payment("1.000", 0)));
    assertThat(unknown.getReason()).isEqualTo("unknown_schema");
    assertThat(unknown.getValue().get(4)).isEqualTo((byte) 8);
    assertThat(text(unknown.getValue())).doesNotContain("p-1").endsWith("***");

    assertThat(bad(mapper(AVRO), json("1")).getReason()).isEqualTo("not_framed");
    assertThat(bad(mapper(AVRO), Arrays.copyOf(good, good.length + 1)).getReason())
        .isEqualTo("bad_avro");
    assertThat(((Ingested.BadRow) mapper(AVRO).map(record(null))).deadLetter().getReason())
        .isEqualTo("no_value");
  }

  @Test
  void damagedAvroIsRefusedWithinItsOwnSize() throws IOException {
    byte[] good = framed(7, payment("1.000", 0));
    Random random = new Random(11);
    TopicMapper mapper = mapper(AVRO);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = good.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        damaged[5 + random.nextInt(good.length - 5)] = (byte) random.nextInt();
      }
      refused += mapper.map(record(damaged)) instanceof Ingested.BadRow ? 1 : 0;
    }
    assertThat(refused).isGreaterThan(10_000);
  }

  @Test
  void refusesMappingsThatNoTopicCanHave() {
    assertThatThrownBy(() -> mapper(CSV))
        .isInstanceOf(IngestException.class)
        .hasMessage("bank.yaml: from: expected json or avro for a topic, got csv");
    assertThatThrownBy(
            () -> mapper(JSON + "label: {path: fraud, fraud_values: [true], delay: 7d}\n"))
        .hasMessageStartingWith("bank.yaml: label: expected none for a topic");
    assertThatThrownBy(() -> mapper(JSON.replace("mcc: mcc", "mcc: $offset")))
        .hasMessageStartingWith("bank.yaml:10: mcc: expected $key, $timestamp");
    assertThatThrownBy(() -> mapper(JSON.replace("mcc: mcc", "mcc: a..b")))
        .hasMessage(
            "bank.yaml:10: mcc: expected a path such as payment.amount or /payment/amount, got 'a..b'");
    assertThatThrownBy(() -> mapper(JSON.replace("{path: /when}", "{column: when}")))
        .hasMessage("bank.yaml:5: column: unknown key, expected one of path, format, zone");
  }
}
