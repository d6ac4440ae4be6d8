package io.vigil.schema.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vigil.schema.Channel;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Label;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.DecodeException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.avro.specific.SpecificData;
import org.junit.jupiter.api.Test;

final class CodecTest {
  private static final Codec<Transaction> CODEC = Codec.of(Transaction.class);
  private static final TransactionDecoder DECODER = new TransactionDecoder();

  @Property(tries = 300)
  void avroAndBothDecodersReadWhatTheCodecWrites(@ForAll("transactions") Transaction transaction)
      throws IOException {
    byte[] bytes = CODEC.encode(transaction);

    assertThat(Transaction.fromByteBuffer(ByteBuffer.wrap(bytes))).isEqualTo(transaction);
    assertThat(CODEC.decode(bytes)).isEqualTo(transaction);
    assertThat(DECODER.decode(bytes)).isEqualTo(transaction);
    assertThat(CODEC.encode(DECODER.decode(bytes))).isEqualTo(bytes);
  }

  @Property(tries = 300)
  void theCodecReadsWhatAvroWrites(@ForAll("transactions") Transaction transaction)
      throws IOException {
    ByteBuffer written = transaction.toByteBuffer();
    byte[] bytes = new byte[written.remaining()];
    written.get(bytes);

    assertThat(DECODER.decode(bytes)).isEqualTo(transaction);
    assertThat(CODEC.decode(bytes)).isEqualTo(transaction);
  }

  /** Producers go on writing it for a while after an upgrade. */
  @Property(tries = 100)
  void theVersionBeforeIsReadByHandAsByAvro(@ForAll("transactions") Transaction transaction)
      throws IOException {
    byte[] bytes = ContentTest.written(transaction, 2);

    assertThat(DECODER.decode(bytes)).isEqualTo(CODEC.decode(bytes));
    assertThat(DECODER.decode(bytes))
        .isEqualTo(Transaction.newBuilder(transaction).setCustomer(null).build());
  }

  @Property(tries = 100)
  void everyCutIsRefused(@ForAll("transactions") Transaction transaction) {
    byte[] bytes = CODEC.encode(transaction);
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      Reason expected = length < 2 ? Reason.NOT_AVRO : Reason.TRUNCATED;
      assertThat(refusal(cut, true)).isEqualTo(expected);
      assertThat(refusal(cut, false)).isEqualTo(expected);
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThat(refusal(longer, true)).isEqualTo(Reason.TRAILING_BYTES);
    assertThat(refusal(longer, false)).isEqualTo(Reason.TRAILING_BYTES);
  }

  /** Only DecodeException may come out of corrupt bytes, and both decoders agree on them. */
  @Property(tries = 1_000)
  void corruptBytesAreReadAlikeOrRefused(
      @ForAll("transactions") Transaction transaction, @ForAll long seed) {
    byte[] bytes = CODEC.encode(transaction);
    Random random = new Random(seed);
    for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
      int at = SingleObject.HEADER_BYTES + random.nextInt(bytes.length - SingleObject.HEADER_BYTES);
      bytes[at] =
          random.nextBoolean()
              ? (byte) (bytes[at] ^ 1 << random.nextInt(8))
              : (byte) random.nextInt(256);
    }
    assertThat(outcome(bytes, true)).isEqualTo(outcome(bytes, false));
  }

  @Property(tries = 1_000)
  void arbitraryBodiesAreReadAlikeOrRefused(@ForAll byte[] body) {
    byte[] header = SingleObject.header(SingleObject.fingerprint(Transaction.getClassSchema()));
    byte[] bytes = Arrays.copyOf(header, header.length + body.length);
    System.arraycopy(body, 0, bytes, header.length, body.length);
    assertThat(outcome(bytes, true)).isEqualTo(outcome(bytes, false));
  }

  @Test
  void otherBytesAreNotAvro() {
    DecodeException refused =
        refused("{\"transaction_id\": 1}".getBytes(StandardCharsets.UTF_8), true);

    assertThat(refused.reason().code()).isEqualTo("not_avro");
    assertThat(refused).hasMessageContaining("C3 01").hasMessageContaining("21 bytes");
  }

  @Test
  void anotherContractIsAnUnknownSchemaNamedByItsFingerprint() throws IOException {
    byte[] tick = Codec.of(Tick.class).encode(new Tick(5L, "job"));

    DecodeException refused = refused(tick, true);

    assertThat(refused.reason().code()).isEqualTo("unknown_schema");
    assertThat(refused)
        .hasMessageContaining(String.format("%016x", SingleObject.fingerprint(tick)));
    assertThat(DECODER.reads(SingleObject.fingerprint(tick))).isFalse();
    assertThat(Codec.of(Tick.class).reads(SingleObject.fingerprint(tick))).isTrue();
  }

  @Test
  void aLengthBeyondTheInputAllocatesNothing() {
    byte[] bytes = new byte[SingleObject.HEADER_BYTES + 5];
    System.arraycopy(
        SingleObject.header(SingleObject.fingerprint(Transaction.getClassSchema())),
        0,
        bytes,
        0,
        10);
    // 2^31 - 2 as a zigzag number: the length of transaction_id.
    byte[] length = {(byte) 0xFC, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x0F};
    System.arraycopy(length, 0, bytes, SingleObject.HEADER_BYTES, 5);

    assertThat(refusal(bytes, true)).isEqualTo(Reason.TRUNCATED);
    assertThat(refusal(bytes, false)).isEqualTo(Reason.TRUNCATED);
  }

  @Test
  void textThatIsNotUtf8IsMalformed() {
    byte[] bytes = CODEC.encode(transaction("abc"));
    bytes[SingleObject.HEADER_BYTES + 1] = (byte) 0xFF;

    assertThat(refusal(bytes, true)).isEqualTo(Reason.MALFORMED);
    assertThat(refusal(bytes, false)).isEqualTo(Reason.MALFORMED);
  }

  @Test
  void theReplacementCharacterItselfIsText() throws IOException {
    Transaction transaction = transaction("a\uFFFDb");

    assertThat(DECODER.decode(CODEC.encode(transaction))).isEqualTo(transaction);
  }

  @Test
  void anEncoderSurvivesARecordThatLacksAField() throws IOException {
    Codec<Label> labels = Codec.of(Label.class);
    Label incomplete = new Label();
    incomplete.setLabelId("l-1");

    assertThatThrownBy(() -> labels.encode(incomplete))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Label")
        .hasMessageContaining("null");
    Codec<Transaction> codec = Codec.of(Transaction.class);
    assertThatThrownBy(() -> codec.encode(new Transaction()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(codec.decode(codec.encode(transaction("t")))).isEqualTo(transaction("t"));
  }

  @Provide
  Arbitrary<Transaction> transactions() {
    Arbitrary<String> text =
        Arbitraries.strings().withCharRange('\u0000', '\uD7FF').ofMaxLength(40);
    Arbitrary<Map<String, String>> attributes =
        Arbitraries.maps(text, text).ofMaxSize(6).map(LinkedHashMap::new);
    return Combinators.combine(
            text,
            Arbitraries.longs(),
            text.injectNull(0.4).array(String[].class).ofSize(10),
            Arbitraries.integers().between(0, 9_999).injectNull(0.3),
            Arbitraries.of(Channel.values()),
            Arbitraries.of(EntryMode.values()),
            Arbitraries.doubles().array(Double[].class).ofSize(2).injectNull(0.3),
            attributes)
        .as(
            (id, number, optional, mcc, channel, entryMode, place, map) ->
                Transaction.newBuilder(transaction(id))
                    .setEventTime(number)
                    .setAmountMinor(number >> 3)
                    .setBillingAmountMinor(-number)
                    .setCard(optional[0])
                    .setCardReference(optional[1])
                    .setMerchant(optional[2])
                    .setTerminal(optional[3])
                    .setDevice(optional[4])
                    .setIp(optional[5])
                    .setCounterparty(optional[6])
                    .setCountry(optional[7])
                    .setMcc(mcc)
                    .setChannel(channel)
                    .setEntryMode(entryMode)
                    .setLatitude(place == null ? null : place[0])
                    .setLongitude(place == null ? null : place[1])
                    .setAttributes(map)
                    .setSealed(
                        optional[8] == null
                            ? null
                            : ByteBuffer.wrap(optional[8].getBytes(StandardCharsets.UTF_8)))
                    .setCustomer(optional[9])
                    .build());
  }

  private static Transaction transaction(String id) {
    return Transaction.newBuilder()
        .setTransactionId(id)
        .setEventTime(1_522_540_831_000L)
        .setAccount("596")
        .setAmountMinor(5_716)
        .setCurrency("EUR")
        .setBillingAmountMinor(5_716)
        .setBillingCurrency("EUR")
        .build();
  }

  /** The record as text, or the reason code. */
  private static String outcome(byte[] bytes, boolean byHand) {
    try {
      Transaction read = byHand ? DECODER.decode(bytes) : CODEC.decode(bytes);
      return SpecificData.get().toString(Transaction.newBuilder(read).setAttributes(Map.of()))
          + new TreeMap<>(read.getAttributes());
    } catch (DecodeException e) {
      return e.reason().code();
    }
  }

  private static Reason refusal(byte[] bytes, boolean byHand) {
    return refused(bytes, byHand).reason();
  }

  private static DecodeException refused(byte[] bytes, boolean byHand) {
    return catchThrowableOfType(
        DecodeException.class,
        () -> {
          if (byHand) {
            DECODER.decode(bytes);
          } else {
            CODEC.decode(bytes);
          }
        });
  }
}
