package io.vigil.job.dedupe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.ArtefactSet;
import io.vigil.job.ControlLog;
import io.vigil.job.Topics;
import io.vigil.job.control.JobKeys;
import io.vigil.job.record.LogRecord;
import io.vigil.job.sink.Output;
import io.vigil.job.source.RecordDecoder;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.Receipt;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.state.rocksdb.RocksDBKeyedStateBackend;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How long deduplication keeps an id, on RocksDB. */
class RememberedIdsTest {
  private static final long START_MS = 1_772_366_400_000L;
  private static final Duration HORIZON = Duration.ofDays(7);
  private static final Duration SLACK = Duration.ofDays(3);
  private static final Duration FORGET_AFTER = Duration.ofDays(400);

  private final RecordDecoder decoder = new RecordDecoder(300_000);
  private @Nullable KeyedOneInputStreamOperatorTestHarness<String, LogRecord, LogRecord> harness;
  private long offset;

  @AfterEach
  void close() throws Exception {
    if (harness != null) {
      harness.close();
    }
  }

  @Test
  void idsAreDroppedWhenTheyNoLongerCountAndThoseOfDeploymentsAreNot() throws Exception {
    start(null, START_MS);
    send(Topics.TRANSACTIONS, transaction());
    send(Topics.CONTROL, deployment());
    assertThat(keys("ids")).isEqualTo(1);
    assertThat(keys("seen")).isEqualTo(1);

    // To the last instant at which a job that is behind by the slack may need it.
    compactAt(START_MS + HORIZON.plus(SLACK).toMillis());
    assertThat(keys("ids")).isEqualTo(1);
    send(Topics.TRANSACTIONS, transaction());
    assertThat(outcomes()).containsExactly(ReceiptOutcome.APPLIED, ReceiptOutcome.DUPLICATE);

    compactAt(START_MS + HORIZON.plus(SLACK).plusHours(2).toMillis());
    assertThat(keys("ids")).isZero();
    send(Topics.CONTROL, deployment());
    assertThat(outcomes()).last().isEqualTo(ReceiptOutcome.DUPLICATE);
  }

  @Test
  void anIdOfAJobThatKeptThemAllAlikeIsKnown() throws Exception {
    start(null, START_MS);
    send(Topics.TRANSACTIONS, transaction());
    // Where such a job kept it.
    backend().setCurrentKey(LogRecord.transactionKey("t"));
    state("seen").update(state("ids").value());
    state("ids").clear();
    send(Topics.TRANSACTIONS, transaction());

    assertThat(outcomes()).containsExactly(ReceiptOutcome.DUPLICATE);
    assertThat(keys("ids")).isZero();
  }

  @Test
  void nothingIsDecidedThatMayRepeatWhatIsForgotten() throws Exception {
    start(null, START_MS + 2);
    send(Topics.TRANSACTIONS, transaction());
    OperatorSubtaskState saved = harness().snapshot(1, START_MS);
    harness().close();

    // What waited while no job ran.
    start(saved, START_MS + 3 + SLACK.toMillis() + 1);
    assertThatThrownBy(() -> send(Topics.TRANSACTIONS, transaction()))
        .hasMessageStartingWith(
            "t: expected to come within vigil.dedupe.slack (3 d) of its time, as others did, got"
                + " PT72H0.001S later");
    harness().close();
    start(saved, START_MS + 3 + SLACK.toMillis());
    send(Topics.TRANSACTIONS, transaction());
    assertThat(outcomes()).containsExactly(ReceiptOutcome.DUPLICATE);
    harness().close();

    // And what came when a job ran again, however long nobody had asked for one.
    start(saved, START_MS + 4 * SLACK.toMillis());
    offset += 4 * SLACK.toMillis() - 10;
    send(Topics.TRANSACTIONS, transaction(START_MS + offset));
    assertThat(harness().extractOutputValues()).hasSize(1);
  }

  @Test
  void aLongerHorizonDoesNotReachBackToWhatAShorterOneDropped() throws Exception {
    start(null, START_MS + 2);
    send(Topics.TRANSACTIONS, transaction());
    Duration kept = HORIZON.plus(SLACK);
    long nowMs = START_MS + kept.toMillis() + Duration.ofHours(2).toMillis();
    harness().setProcessingTime(nowMs);
    compactAt(nowMs);
    assertThat(keys("ids")).isZero();
    OperatorSubtaskState saved = harness().snapshot(1, START_MS);
    harness().close();

    Duration longer = HORIZON.multipliedBy(2);
    offset += nowMs - START_MS - 10;
    long timeMs = START_MS + offset;
    start(saved, nowMs, longer, SLACK);
    assertThatThrownBy(() -> send(Topics.TRANSACTIONS, transaction(timeMs)))
        .hasMessageContaining(
            "from which vigil.dedupe.horizon (14 d) does not reach back to ids that were dropped");
    harness().close();

    // As the message says: ids are kept for as long first.
    start(saved, nowMs, HORIZON, longer.plus(SLACK).minus(HORIZON));
    send(Topics.TRANSACTIONS, transaction(timeMs));
    long thenMs = nowMs + longer.minus(HORIZON).toMillis() + Duration.ofHours(1).toMillis();
    harness().setProcessingTime(thenMs);
    saved = harness().snapshot(2, START_MS);
    harness().close();
    start(saved, thenMs, longer, SLACK);
    offset += thenMs - nowMs;
    send(Topics.TRANSACTIONS, transaction(timeMs));
    assertThat(outcomes()).containsExactly(ReceiptOutcome.DUPLICATE);
  }

  private void start(@Nullable OperatorSubtaskState saved, long nowMs) throws Exception {
    start(saved, nowMs, HORIZON, SLACK);
  }

  private void start(
      @Nullable OperatorSubtaskState saved, long nowMs, Duration horizon, Duration slack)
      throws Exception {
    KeyedOneInputStreamOperatorTestHarness<String, LogRecord, LogRecord> started =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new DeduplicateOperator(
                ArtefactSet.read(new Configuration()).withoutLists(),
                JobKeys.NONE,
                horizon,
                slack,
                FORGET_AFTER),
            LogRecord::stateKey,
            Types.STRING);
    harness = started;
    started.setStateBackend(new EmbeddedRocksDBStateBackend());
    started.setProcessingTime(nowMs);
    started.setStateTtlProcessingTime(nowMs);
    if (saved != null) {
      started.initializeState(saved);
    }
    started.open();
  }

  private void compactAt(long nowMs) throws Exception {
    harness().setStateTtlProcessingTime(nowMs);
    backend().compactState(descriptor("ids"));
    backend().compactState(descriptor("seen"));
  }

  private long keys(String name) {
    try (Stream<String> keys = backend().getKeys(name, VoidNamespace.INSTANCE)) {
      return keys.count();
    }
  }

  private ValueState<byte[]> state(String name) throws Exception {
    return backend()
        .getPartitionedState(
            VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor(name));
  }

  private static ValueStateDescriptor<byte[]> descriptor(String name) {
    return new ValueStateDescriptor<>(name, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
  }

  @SuppressWarnings("unchecked")
  private RocksDBKeyedStateBackend<String> backend() {
    return (RocksDBKeyedStateBackend<String>)
        ((DeduplicateOperator) harness().getOperator()).<String>getKeyedStateBackend();
  }

  private KeyedOneInputStreamOperatorTestHarness<String, LogRecord, LogRecord> harness() {
    return Objects.requireNonNull(harness);
  }

  private List<ReceiptOutcome> outcomes() throws Exception {
    List<ReceiptOutcome> outcomes = new ArrayList<>();
    for (var receipt : harness().getSideOutput(Output.RECEIPTS)) {
      outcomes.add(Codec.of(Receipt.class).decode(receipt.getValue().value()).getOutcome());
    }
    return outcomes;
  }

  private static byte[] transaction() {
    return transaction(START_MS);
  }

  private static byte[] transaction(long eventTimeMs) {
    return Codec.of(Transaction.class)
        .encode(
            Transaction.newBuilder()
                .setTransactionId("t")
                .setEventTime(eventTimeMs)
                .setAccount("A")
                .setAmountMinor(5)
                .setCurrency("EUR")
                .setBillingAmountMinor(5)
                .setBillingCurrency("EUR")
                .build());
  }

  private static byte[] deployment() {
    return Codec.of(Deployment.class)
        .encode(
            ControlLog.activated(
                "answer", ArtefactKind.MODEL, Alias.CHALLENGER, "%064x".formatted(1), 0));
  }

  private void send(String topic, byte[] value) throws Exception {
    long timeMs = START_MS + ++offset;
    harness()
        .processElement(
            decoder.decode(topic, 0, offset, timeMs + 1_000, null, value).sequenced(timeMs, false),
            0);
    harness().processWatermark(new Watermark(timeMs));
  }
}
