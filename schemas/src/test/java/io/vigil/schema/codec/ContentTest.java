package io.vigil.schema.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.Event;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ContentTest {

  /** Else an id made of content would change, and a repeat be a conflict, with every upgrade. */
  @Test
  void whatSaysNothingNewHasTheBytesOfTheVersionBefore() throws IOException {
    Transaction transaction = transaction(null);
    Event event = event(null);

    assertThat(Content.of(Codec.of(Transaction.class).encode(transaction)))
        .isEqualTo(written(transaction, 2));
    assertThat(Content.of(Codec.of(Event.class).encode(event))).isEqualTo(written(event, 1));
  }

  @Test
  void whatTheVersionBeforeWroteIsItsOwnContent() throws IOException {
    byte[] before = written(transaction(null), 2);

    assertThat(Content.of(before)).isSameAs(before);
  }

  @Test
  void whatSaysMoreIsOther() {
    Codec<Transaction> codec = Codec.of(Transaction.class);
    byte[] named = codec.encode(transaction("k-1"));

    assertThat(Content.of(named)).isEqualTo(named);
    // A text may end with a zero byte as well as be missing.
    assertThat(Content.of(codec.encode(transaction(""))))
        .isNotEqualTo(Content.of(codec.encode(transaction(null))))
        .isNotEqualTo(Content.of(codec.encode(transaction("\0"))));
  }

  @Test
  void recordsOfOtherContractsStayAsTheyAre() {
    byte[] tick = Codec.of(Tick.class).encode(new Tick(0L, ""));

    assertThat(Content.of(tick)).isEqualTo(tick);
    assertThat(Content.of(HexFormat.of().parseHex("c301"))).hasSize(2);
  }

  /** The record as a frozen version, whose fields come first in the current one, writes it. */
  static byte[] written(SpecificRecordBase record, int version) throws IOException {
    Schema schema = Codec.frozen(record.getClass()).get(version - 1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(SingleObject.header(SingleObject.fingerprint(schema)));
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<SpecificRecordBase>(schema, SpecificData.get()).write(record, encoder);
    return out.toByteArray();
  }

  private static Transaction transaction(@Nullable String customer) {
    return Transaction.newBuilder()
        .setTransactionId("t")
        .setEventTime(1_522_540_831_000L)
        .setAccount("596")
        .setAmountMinor(5_716)
        .setCurrency("EUR")
        .setBillingAmountMinor(5_716)
        .setBillingCurrency("EUR")
        .setCustomer(customer)
        .build();
  }

  private static Event event(@Nullable String customer) {
    return Event.newBuilder()
        .setEventId("e")
        .setEventTime(1_522_540_831_000L)
        .setAccount("596")
        .setKind("login")
        .setCustomer(customer)
        .build();
  }
}
