package io.vigil.schema.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.Action;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Batch;
import io.vigil.schema.Channel;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Profile;
import io.vigil.schema.Receipt;
import io.vigil.schema.Start;
import io.vigil.schema.StateEntry;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import io.vigil.schema.TreeHead;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaFormatter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.avro.util.RandomData;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every version ever published reads as the current one, and old readers survive new writers. */
final class CompatibilityTest {

  static List<Class<? extends SpecificRecordBase>> contracts() {
    return List.of(
        Transaction.class,
        Label.class,
        Event.class,
        Profile.class,
        Deployment.class,
        Decision.class,
        AlertRaised.class,
        Receipt.class,
        Action.class,
        DeadLetter.class,
        Tick.class,
        LogEntry.class,
        Start.class,
        StateEntry.class,
        Batch.class,
        TreeHead.class);
  }

  @ParameterizedTest
  @MethodSource("contracts")
  void theNewestFrozenVersionIsTheCurrentSchema(Class<? extends SpecificRecordBase> type)
      throws IOException {
    Schema current = SpecificData.get().getSchema(type);
    List<Schema> frozen = frozen(type);
    Path copy = Path.of("target", "frozen", type.getSimpleName() + ".avsc");
    Files.createDirectories(copy.getParent());
    Files.writeString(copy, SchemaFormatter.format("json/pretty", current) + "\n");

    assertThat(frozen)
        .as("frozen versions of %s; the current schema stands in %s", type.getSimpleName(), copy)
        .isNotEmpty();
    assertThat(withoutDocs(frozen.get(frozen.size() - 1)))
        .as(
            "%s.avsc changed: freeze it, copy %s to "
                + "src/main/resources/io/vigil/schema/frozen/%s/%d.avsc",
            type.getSimpleName(), copy, type.getSimpleName(), frozen.size() + 1)
        .isEqualTo(withoutDocs(current));
  }

  @ParameterizedTest
  @MethodSource("contracts")
  void everyFrozenVersionIsCompatibleBothWays(Class<? extends SpecificRecordBase> type)
      throws IOException {
    Schema current = SpecificData.get().getSchema(type);
    for (Schema frozen : frozen(type)) {
      assertCompatible(current, frozen);
      assertCompatible(frozen, current);
    }
  }

  @ParameterizedTest
  @MethodSource("contracts")
  void recordsOfEveryFrozenVersionAreReadAsTheCurrentOne(Class<? extends SpecificRecordBase> type)
      throws IOException {
    for (Schema frozen : frozen(type)) {
      for (Object old : new RandomData(frozen, 50, 7)) {
        assertReadsAsResolved(type, frozen, (GenericRecord) old);
      }
    }
  }

  @Test
  void oldReadersSurviveNewFieldsAndANewSymbol() throws IOException {
    Schema future = parse("/io/vigil/schema/future/Transaction.avsc");
    Schema current = Transaction.getClassSchema();
    assertCompatible(current, future);
    assertCompatible(future, current);
    GenericRecord written = new GenericData.Record(future);
    for (Schema.Field field : future.getFields()) {
      if (field.hasDefaultValue()) {
        written.put(field.name(), GenericData.get().getDefaultValue(field));
      }
    }
    written.put("transaction_id", "t-1");
    written.put("event_time", 1_522_540_831_000L);
    written.put("account", "a-1");
    written.put("amount_minor", 5_716L);
    written.put("currency", "EUR");
    written.put("billing_amount_minor", 5_716L);
    written.put("billing_currency", "EUR");
    written.put("seal", ByteBuffer.wrap(new byte[] {1, 2, 3}));
    written.put("tags", List.of("a", "bc"));
    written.put("limits", Map.of("day", 7L));
    written.put("wallet", "w-1");
    written.put(
        "channel", new GenericData.EnumSymbol(future.getField("channel").schema(), "WALLET"));

    Transaction read =
        Codec.of(Transaction.class).read(future).decode(singleObject(future, written));

    assertThat(read)
        .isEqualTo(
            Transaction.newBuilder()
                .setTransactionId("t-1")
                .setEventTime(1_522_540_831_000L)
                .setAccount("a-1")
                .setAmountMinor(5_716)
                .setCurrency("EUR")
                .setBillingAmountMinor(5_716)
                .setBillingCurrency("EUR")
                .setChannel(Channel.UNKNOWN)
                .build());
  }

  private static <T extends SpecificRecordBase> void assertReadsAsResolved(
      Class<T> type, Schema writer, GenericRecord record) throws IOException {
    byte[] bytes = singleObject(writer, record);
    T read = Codec.of(type).decode(bytes);
    GenericRecord resolved =
        new GenericDatumReader<GenericRecord>(writer, read.getSchema())
            .read(
                null,
                DecoderFactory.get()
                    .binaryDecoder(
                        bytes,
                        SingleObject.HEADER_BYTES,
                        bytes.length - SingleObject.HEADER_BYTES,
                        null));
    // Avro's own resolution, then read by the generated class.
    assertThat(read).isEqualTo(Codec.of(type).decode(singleObject(read.getSchema(), resolved)));
    assertThat(Codec.of(type).decode(Codec.of(type).encode(read))).isEqualTo(read);
  }

  private static byte[] singleObject(Schema schema, GenericRecord record) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(SingleObject.header(SingleObject.fingerprint(schema)));
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
    return out.toByteArray();
  }

  private static void assertCompatible(Schema reader, Schema writer) {
    assertThat(SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType())
        .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
  }

  private static String withoutDocs(Schema schema) {
    return schema.toString().replaceAll("\"doc\":\"(\\\\.|[^\"\\\\])*\",?", "");
  }

  private static List<Schema> frozen(Class<?> type) throws IOException {
    List<Schema> versions = new ArrayList<>();
    for (int version = 1; ; version++) {
      String name = "/io/vigil/schema/frozen/" + type.getSimpleName() + "/" + version + ".avsc";
      try (@Nullable InputStream in = CompatibilityTest.class.getResourceAsStream(name)) {
        if (in == null) {
          return versions;
        }
        versions.add(new Schema.Parser().parse(in));
      }
    }
  }

  private static Schema parse(String name) throws IOException {
    try (@Nullable InputStream in = CompatibilityTest.class.getResourceAsStream(name)) {
      assertThat(in).as(name).isNotNull();
      return new Schema.Parser().parse(in);
    }
  }
}
