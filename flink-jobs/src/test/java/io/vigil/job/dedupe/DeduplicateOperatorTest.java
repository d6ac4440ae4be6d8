package io.vigil.job.dedupe;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.ArtefactSet;
import io.vigil.job.ControlLog;
import io.vigil.job.Topics;
import io.vigil.job.control.JobKeys;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.sink.Output;
import io.vigil.job.source.RecordDecoder;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Receipt;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What deduplication lets through to those who decide. */
class DeduplicateOperatorTest {
  private static final long START_MS = 1_772_366_400_000L;

  private final RecordDecoder decoder = new RecordDecoder(300_000);
  private KeyedOneInputStreamOperatorTestHarness<String, LogRecord, LogRecord> harness;
  private long offset;

  @BeforeEach
  void open() throws Exception {
    harness =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new DeduplicateOperator(
                ArtefactSet.read(new Configuration()).withoutLists(),
                JobKeys.NONE,
                Duration.ofDays(7),
                Duration.ofDays(7),
                Duration.ofDays(400)),
            LogRecord::stateKey,
            Types.STRING);
    harness.open();
  }

  @AfterEach
  void close() throws Exception {
    harness.close();
  }

  @Test
  void aReturnThatIsSaidAgainWithOtherNumbersIsADuplicate() throws Exception {
    Deployment back =
        ControlLog.activated(
            "return-a", ArtefactKind.MODEL, Alias.CHALLENGER, "%064x".formatted(1), 0);
    back.setRequestId(null);
    back.setReturns("answer-b");
    back.setReason("returned: alert_rate: expected at most 2, got 3");
    deployment(back);
    back.setReason("returned: alert_rate: expected at most 2, got 4");
    deployment(back);

    assertThat(harness.getSideOutput(DeduplicateOperator.CONTROL)).hasSize(1);
    assertThat(harness.getSideOutput(Output.DEAD_LETTERS)).isNullOrEmpty();
    List<ReceiptOutcome> outcomes = new ArrayList<>();
    for (var receipt : harness.getSideOutput(Output.RECEIPTS)) {
      Outgoing outgoing = receipt.getValue();
      outcomes.add(Codec.of(Receipt.class).decode(outgoing.value()).getOutcome());
    }
    assertThat(outcomes).containsExactly(ReceiptOutcome.APPLIED, ReceiptOutcome.DUPLICATE);
  }

  @Test
  void thoseWhoDecideHearOfLabelsThatCameToBeInForce() throws Exception {
    label("l1", LabelValue.FRAUD, 100);
    label("l1", LabelValue.FRAUD, 100);
    label("l3", LabelValue.GENUINE, 300);
    // It tells of an earlier time than the one that is in force.
    label("l2", LabelValue.FRAUD, 200);
    label("l4", LabelValue.WITHDRAWN, 400);

    assertThat(harness.extractOutputValues())
        .extracting(LogRecord::id)
        .containsExactly("l1", "l3", "l4");
  }

  /** A source that resends says a payment's tokens as it does at that time. */
  @Test
  void aRecordThatIsSentAgainInAnotherPhaseOfAChangeOfTheKeyIsADuplicate() throws Exception {
    int pairs = 0;
    for (int first = 0; first < 4; first++) {
      for (int again = 0; again < 4; again++) {
        if (first + again == 3 && Math.abs(first - again) == 3) {
          continue; // Under the old key alone, then under the new one alone.
        }
        pairs++;
        String id = "p" + first + again;
        transaction(phase(id, first, 5));
        transaction(phase(id, again, 5));
        event(phased(id, first));
        event(phased(id, again));
      }
    }
    assertThat(harness.getSideOutput(Output.DEAD_LETTERS)).isNullOrEmpty();
    assertThat(harness.extractOutputValues()).hasSize(pairs);
    List<ReceiptOutcome> outcomes = new ArrayList<>();
    for (var receipt : harness.getSideOutput(Output.RECEIPTS)) {
      outcomes.add(Codec.of(Receipt.class).decode(receipt.getValue().value()).getOutcome());
    }
    assertThat(outcomes)
        .hasSize(3 * pairs)
        .filteredOn(ReceiptOutcome.DUPLICATE::equals)
        .hasSize(2 * pairs);
  }

  @Test
  void otherContentIsAConflictInWhateverPhaseItComes() throws Exception {
    int sent = 0;
    for (int first = 0; first < 4; first++) {
      for (int again = 0; again < 4; again++, sent++) {
        transaction(phase("p" + first + again, first, 5));
        transaction(phase("p" + first + again, again, 6));
      }
    }
    Transaction both = phase("q", 1, 5);
    transaction(both);
    both.setNextTokens(Map.of("card", "d".repeat(64)));
    transaction(both);
    sent++;

    assertThat(harness.getSideOutput(Output.DEAD_LETTERS)).hasSize(sent);
    assertThat(harness.extractOutputValues()).hasSize(sent);
  }

  /** Under the old key, with both, with both in their new places, or under the new key. */
  private static Transaction phase(String id, int phase, long amount) {
    Map<String, String> attributes = new LinkedHashMap<>();
    for (int i = 9; i > 0; i--) {
      attributes.put("attribute" + i, "x");
    }
    return Transaction.newBuilder()
        .setTransactionId(id)
        .setEventTime(START_MS)
        .setAccount("A")
        .setCard((phase > 1 ? "b" : "a").repeat(64))
        .setNextTokens(next(phase))
        .setAmountMinor(amount)
        .setCurrency("EUR")
        .setBillingAmountMinor(amount)
        .setBillingCurrency("EUR")
        .setAttributes(attributes)
        .build();
  }

  private static @Nullable Map<String, String> next(int phase) {
    return phase == 1
        ? Map.of("card", "b".repeat(64))
        : phase == 2 ? Map.of("card", "a".repeat(64)) : null;
  }

  /** As imports write them: attributes by name. */
  private static Event phased(String id, int phase) {
    Map<String, String> attributes = new TreeMap<>();
    for (int i = 9; i > 0; i--) {
      attributes.put("attribute" + i, "x");
    }
    Event event =
        Event.newBuilder()
            .setEventId(id)
            .setEventTime(START_MS)
            .setAccount("A")
            .setKind("login")
            .setCard((phase > 1 ? "b" : "a").repeat(64))
            .setNextTokens(next(phase))
            .build();
    event.setAttributes(attributes);
    return event;
  }

  private void transaction(Transaction transaction) throws Exception {
    // A builder copies a map without its order.
    Map<String, String> attributes = new TreeMap<>(Comparator.reverseOrder());
    attributes.putAll(transaction.getAttributes());
    transaction.setAttributes(attributes);
    send(Topics.TRANSACTIONS, Codec.of(Transaction.class).encode(transaction));
  }

  private void event(Event event) throws Exception {
    send(Topics.EVENTS, Codec.of(Event.class).encode(event));
  }

  private void deployment(Deployment deployment) throws Exception {
    send(Topics.CONTROL, Codec.of(Deployment.class).encode(deployment));
  }

  private void label(String id, LabelValue value, long atMs) throws Exception {
    send(
        Topics.LABELS,
        Codec.of(Label.class)
            .encode(
                Label.newBuilder()
                    .setLabelId(id)
                    .setTransactionId("t")
                    .setTransactionTime(START_MS)
                    .setAccount("A")
                    .setValue(value)
                    .setSource(LabelSource.ANALYST)
                    .setLabelTime(START_MS + atMs)
                    .build()));
  }

  private void send(String topic, byte[] value) throws Exception {
    long timeMs = START_MS + ++offset;
    harness.processElement(
        decoder.decode(topic, 0, offset, START_MS + 1_000, null, value).sequenced(timeMs, false),
        0);
    harness.processWatermark(new Watermark(timeMs));
  }
}
