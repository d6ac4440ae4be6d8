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
import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Receipt;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.codec.Codec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
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
