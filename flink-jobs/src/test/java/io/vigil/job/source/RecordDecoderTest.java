package io.vigil.job.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.Topics;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.schema.Deployment;
import io.vigil.schema.Event;
import io.vigil.schema.FactValue;
import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Profile;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordDecoderTest {
  private static final long APPENDED_MS = 1_767_225_600_000L;

  private final RecordDecoder decoder = new RecordDecoder(300_000);
  private final Codec<Transaction> codec = Codec.of(Transaction.class);

  private static Transaction valid() {
    return Transaction.newBuilder()
        .setTransactionId("t1")
        .setEventTime(APPENDED_MS)
        .setAccount("A1")
        .setAmountMinor(1)
        .setCurrency("EUR")
        .setBillingAmountMinor(1)
        .setBillingCurrency("EUR")
        .build();
  }

  private LogRecord decode(byte @Nullable [] value) {
    return decoder.decode(Topics.TRANSACTIONS, 2, 17, APPENDED_MS, null, value);
  }

  private @Nullable String reasonFor(Consumer<Transaction> change) {
    Transaction t = valid();
    change.accept(t);
    LogRecord record = decode(codec.encode(t));
    return record.rejection() == null ? null : record.rejection().reason();
  }

  @Test
  void aValidTransactionPasses() {
    LogRecord record = decode(codec.encode(valid()));
    assertThat(record.rejection()).isNull();
    assertThat(record.kind()).isEqualTo(Kind.TRANSACTION);
    assertThat(record.id()).isEqualTo("t1");
    assertThat(record.eventTimeMs()).isEqualTo(APPENDED_MS);
    assertThat(record.origin()).isEqualTo("transactions-2@17");
  }

  @Test
  void whatATransactionWillBeUnderTheNextKeyIsATokenOfAnEntityThatItHas() {
    String token = "c".repeat(64);
    Consumer<Transaction> card = t -> t.setCard("d".repeat(64));
    assertThat(reasonFor(card.andThen(t -> t.setNextTokens(Map.of("card", token))))).isNull();
    assertThat(reasonFor(t -> t.setNextTokens(Map.of("account", "A2")))).isNull();
    assertThat(reasonFor(t -> t.setNextTokens(Map.of()))).isNull();

    assertThat(reasonFor(card.andThen(t -> t.setNextTokens(Map.of("card", "4111111111111111")))))
        .isEqualTo("not_a_token");
    assertThat(reasonFor(t -> t.setNextTokens(Map.of("account", "4111 1111 1111 1111"))))
        .isEqualTo("card_number_in_clear");
    for (Map<String, String> wrong :
        List.of(Map.of("card", token), Map.of("mcc", token), Map.of("account", ""))) {
      assertThat(reasonFor(t -> t.setNextTokens(wrong))).isEqualTo("next_token_of_nothing");
    }
    LogRecord record =
        decode(
            codec.encode(
                Transaction.newBuilder(valid())
                    .setNextTokens(Map.of("4111111111111111", token))
                    .build()));
    assertThat(record.rejection()).isNotNull();
    assertThat(record.rejection().message()).doesNotContain("4111");
  }

  @Test
  void whateverTheBytesAreARecordComesOut() {
    Random random = new Random(1);
    byte[] good = codec.encode(valid());
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = random.nextBoolean() ? good.clone() : new byte[random.nextInt(200)];
      if (bytes.length != good.length || random.nextInt(3) == 0) {
        random.nextBytes(bytes);
      } else if (random.nextBoolean()) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      } else {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      LogRecord record = decode(bytes);
      assertThat(record.rejection() != null || record.kind() == Kind.TRANSACTION).isTrue();
    }
    assertThat(decode(null).rejection()).isNotNull();
  }

  @Test
  void namesWhatIsWrongWithTheBytes() {
    assertThat(decode("hello".getBytes(java.nio.charset.StandardCharsets.UTF_8)).rejection())
        .satisfies(r -> assertThat(r.reason()).isEqualTo("not_avro"));
    byte[] unknown = codec.encode(valid());
    unknown[3] ^= 1;
    assertThat(decode(unknown).rejection())
        .satisfies(r -> assertThat(r.reason()).isEqualTo("unknown_schema"));
    assertThat(decode(Arrays.copyOf(codec.encode(valid()), 30)).rejection())
        .satisfies(r -> assertThat(r.reason()).isEqualTo("truncated"));
    assertThat(decode(new byte[RecordDecoder.MAX_RECORD_BYTES + 1]).rejection())
        .satisfies(r -> assertThat(r.reason()).isEqualTo("too_large"));
  }

  private @Nullable String reasonFor(String topic, byte[] value) {
    LogRecord record = decoder.decode(topic, 0, 1, APPENDED_MS, null, value);
    return record.rejection() == null ? null : record.rejection().reason();
  }

  private @Nullable String reasonForEvent(Consumer<Event> change) {
    Event event =
        Event.newBuilder()
            .setEventId("e1")
            .setEventTime(APPENDED_MS)
            .setAccount("A1")
            .setKind("payee_changed")
            .build();
    change.accept(event);
    return reasonFor(Topics.EVENTS, Codec.of(Event.class).encode(event));
  }

  private @Nullable String reasonForProfile(Consumer<Profile> change) {
    Profile profile =
        Profile.newBuilder()
            .setProfileId("p1")
            .setEventTime(APPENDED_MS)
            .setEntity("account")
            .setEntityId("A1")
            .setFacts(Map.of("limit", new FactValue(5.0, null)))
            .build();
    change.accept(profile);
    return reasonFor(Topics.PROFILES, Codec.of(Profile.class).encode(profile));
  }

  @Test
  void namesWhatIsWrongWithAnEvent() {
    String pan = "4111111111111111";
    assertThat(reasonForEvent(e -> {})).isNull();
    assertThat(reasonForEvent(e -> e.setEventId(""))).isEqualTo("missing_event_id");
    assertThat(reasonForEvent(e -> e.setAccount(""))).isEqualTo("missing_account");
    assertThat(reasonForEvent(e -> e.setKind("Payee changed"))).isEqualTo("not_a_name");
    assertThat(reasonForEvent(e -> e.setKind("k".repeat(65)))).isEqualTo("not_a_name");
    assertThat(reasonForEvent(e -> e.setCard(pan))).isEqualTo("not_a_token");
    assertThat(reasonForEvent(e -> e.setIp("10.0.0.1"))).isEqualTo("not_a_token");
    assertThat(reasonForEvent(e -> e.setDevice("d".repeat(129)))).isEqualTo("too_long");
    assertThat(reasonForEvent(e -> e.setKind("k_" + pan))).isEqualTo("card_number_in_clear");
    assertThat(reasonForEvent(e -> e.setCounterparty(pan))).isEqualTo("card_number_in_clear");
    assertThat(reasonForEvent(e -> e.setCustomer(pan))).isEqualTo("card_number_in_clear");
    assertThat(reasonForEvent(e -> e.setCustomer("k-1"))).isNull();
    assertThat(reasonForEvent(e -> e.setAttributes(Map.of("a", pan))))
        .isEqualTo("card_number_in_clear");
    assertThat(reasonForEvent(e -> e.setEventTime(APPENDED_MS + 300_001)))
        .isEqualTo("event_time_in_future");
    assertThat(reasonForEvent(e -> e.setEventTime(-1))).isEqualTo("event_time_out_of_range");
    assertThat(reasonFor(Topics.EVENTS, codec.encode(valid()))).isEqualTo("unknown_schema");
  }

  @Test
  void namesWhatIsWrongWithAProfile() {
    String pan = "4111111111111111";
    assertThat(reasonForProfile(p -> {})).isNull();
    assertThat(reasonForProfile(p -> p.setEventTime(RecordDecoder.EARLIEST_MS))).isNull();
    assertThat(reasonForProfile(p -> p.setProfileId(""))).isEqualTo("missing_profile_id");
    assertThat(reasonForProfile(p -> p.setEntity("customer"))).isNull();
    assertThat(reasonForProfile(p -> p.setEntity("household"))).isEqualTo("unknown_entity");
    assertThat(reasonForProfile(p -> p.setEntityId(""))).isEqualTo("missing_entity_id");
    assertThat(reasonForProfile(p -> p.setEntity("card"))).isEqualTo("not_a_token");
    assertThat(reasonForProfile(p -> p.setEntityId(pan))).isEqualTo("card_number_in_clear");
    assertThat(reasonForFact("Limit", new FactValue(5.0, null))).isEqualTo("not_a_name");
    assertThat(reasonForFact("limit", new FactValue(4.111111111111111e15, null)))
        .isEqualTo("fact_out_of_range");
    assertThat(reasonForFact("limit", new FactValue(Double.NaN, null)))
        .isEqualTo("fact_out_of_range");
    assertThat(reasonForFact("limit", new FactValue(null, pan))).isEqualTo("card_number_in_clear");
    assertThat(reasonForFact("limit", new FactValue(null, "x".repeat(1025)))).isEqualTo("too_long");
    Map<String, FactValue> many = new HashMap<>();
    for (int i = 0; i <= 64; i++) {
      many.put("f" + i, new FactValue(1.0, null));
    }
    assertThat(reasonForProfile(p -> p.setFacts(many))).isEqualTo("too_many_facts");
    assertThat(reasonForProfile(p -> p.setEventTime(APPENDED_MS + 300_001)))
        .isEqualTo("event_time_in_future");
  }

  private @Nullable String reasonForFact(String name, FactValue value) {
    return reasonForProfile(p -> p.setFacts(Map.of(name, value)));
  }

  @Test
  void namesWhatIsWrongWithTheContent() {
    assertThat(reasonFor(t -> {})).isNull();
    assertThat(reasonFor(t -> t.setAmountMinor(-1))).isEqualTo("amount_out_of_range");
    assertThat(reasonFor(t -> t.setBillingAmountMinor(Long.MAX_VALUE)))
        .isEqualTo("amount_out_of_range");
    assertThat(reasonFor(t -> t.setCurrency("ZZZ"))).isEqualTo("unknown_currency");
    assertThat(reasonFor(t -> t.setAccount(""))).isEqualTo("missing_account");
    assertThat(reasonFor(t -> t.setTransactionId(""))).isEqualTo("missing_transaction_id");
    assertThat(reasonFor(t -> t.setMerchant("m".repeat(129)))).isEqualTo("too_long");
    assertThat(reasonFor(t -> t.setMcc(10_000))).isEqualTo("mcc_out_of_range");
    assertThat(reasonFor(t -> t.setLatitude(Double.NaN))).isEqualTo("coordinate_out_of_range");
    assertThat(reasonFor(t -> t.setCard("4111111111111111"))).isEqualTo("not_a_token");
    assertThat(reasonFor(t -> t.setMerchant("shop 4111-1111-1111-1111")))
        .isEqualTo("card_number_in_clear");
    assertThat(reasonFor(t -> t.setAttributes(Map.of("note", "4111 1111 1111 1111"))))
        .isEqualTo("card_number_in_clear");
    assertThat(reasonFor(t -> t.setAttributes(Map.of("note", "x".repeat(1_025)))))
        .isEqualTo("too_long");
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i < 65; i++) {
      many.put("k" + i, "v");
    }
    assertThat(reasonFor(t -> t.setAttributes(many))).isEqualTo("too_many_attributes");
    // 1970, 2100, and just beyond the limit of what a clock may be ahead.
    assertThat(reasonFor(t -> t.setEventTime(5))).isEqualTo("event_time_out_of_range");
    assertThat(reasonFor(t -> t.setEventTime(4_102_444_800_000L)))
        .isEqualTo("event_time_in_future");
    assertThat(reasonFor(t -> t.setEventTime(APPENDED_MS + 300_001)))
        .isEqualTo("event_time_in_future");
    assertThat(reasonFor(t -> t.setEventTime(APPENDED_MS + 300_000))).isNull();
  }

  /** Microseconds, or no time at all, must not reach the state of the label's entities. */
  @ParameterizedTest
  @ValueSource(longs = {-1, 0, APPENDED_MS * 1000, APPENDED_MS + 300_001})
  void aLabelOfAnImpossibleTransactionTimeIsADeadLetter(long transactionMs) {
    Label label =
        Label.newBuilder()
            .setLabelId("l1")
            .setTransactionId("t1")
            .setTransactionTime(transactionMs)
            .setAccount("A1")
            .setValue(LabelValue.FRAUD)
            .setSource(LabelSource.ANALYST)
            .setLabelTime(APPENDED_MS)
            .build();
    byte[] value = Codec.of(Label.class).encode(label);
    LogRecord record = decoder.decode(Topics.LABELS, 0, 3, APPENDED_MS, null, value);
    assertThat(record.rejection().reason()).isEqualTo("transaction_time_out_of_range");
  }

  @Test
  void ticksAreKnownByTheirSchemaWhereverTheyStand() {
    byte[] tick = Codec.of(Tick.class).encode(new Tick(APPENDED_MS - 251, "job"));
    LogRecord record = decoder.decode(Topics.LABELS, 0, 3, APPENDED_MS, null, tick);
    assertThat(record.kind()).isEqualTo(Kind.TICK);
    assertThat(record.eventTimeMs()).isEqualTo(APPENDED_MS - 251);
  }

  @Test
  void aDeploymentMayBeScheduled() {
    Deployment deployment =
        Deployment.newBuilder()
            .setDeploymentId("d1")
            .setStatus(io.vigil.schema.DeploymentStatus.ACTIVATED)
            .setKind(io.vigil.schema.ArtefactKind.MODEL)
            .setName("m")
            .setVersion("1")
            .setDigest("00")
            .setEffectiveAt(APPENDED_MS + 86_400_000L)
            .build();
    LogRecord record =
        decoder.decode(
            Topics.CONTROL, 0, 0, APPENDED_MS, null, Codec.of(Deployment.class).encode(deployment));
    assertThat(record.rejection()).isNull();
    assertThat(record.kind()).isEqualTo(Kind.DEPLOYMENT);
  }

  @ParameterizedTest
  @CsvSource({
    "4111111111111111, true",
    "4111 1111 1111 1111, true",
    "ref 5500-0000-0000-0004 x, true",
    "340000000000009, true",
    "2025 4111 1111 1111 1111 99, true",
    "4111  1111 1111 1111, false",
    "4111111111111112, false",
    "1234567890123456, false",
    "123456789012347, false",
    "4b1d8c41111111111111111aa4b1d8c4, false",
    "acct_4b1d8c-4111111111111111, true",
    "x4b1d8c41111111111111111aa4b1d8c4, false",
    "tok_a4111111111111111f0, false",
    "card4111111111111111, true",
    "no digits, false"
  })
  void cardNumbersAreToldFromOtherNumbers(String text, boolean card) {
    assertThat(CardNumbers.in(text)).isEqualTo(card);
  }
}
