package io.vigil.job.sink;

import io.vigil.job.Topics;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.Rejection;
import io.vigil.job.record.WireType;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Receipt;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.RecordKind;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.PanMask;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/** The side outputs of the job, and how their records are made. Not thread-safe. */
public final class Output {
  /** Every record that could not be decided. */
  public static final OutputTag<Outgoing> DEAD_LETTERS = tag("dead-letters");

  /** What became of labels, deployments, ticks, and duplicates. */
  public static final OutputTag<Outgoing> RECEIPTS = tag("receipts");

  /** Every record of the input topics, for the archive. */
  public static final OutputTag<Outgoing> INPUTS = tag("inputs");

  private final Codec<DeadLetter> deadLetters = Codec.of(DeadLetter.class);
  private final Codec<Receipt> receipts = Codec.of(Receipt.class);
  private final Codec<LogEntry> logEntries = Codec.of(LogEntry.class);

  private static OutputTag<Outgoing> tag(String id) {
    return new OutputTag<>(id, new WireType<>(Outgoing.WIRE));
  }

  /** The dead letter of a record that carries its rejection. */
  public Outgoing deadLetter(LogRecord record) {
    Rejection rejection = record.rejection();
    if (rejection == null) {
      throw new IllegalArgumentException(
          "dead letter: record " + record.origin() + " was not rejected");
    }
    byte[] value = PanMask.mask(record.value());
    byte[] key = record.key() == null ? null : PanMask.mask(record.key());
    DeadLetter letter =
        DeadLetter.newBuilder()
            .setSourceTopic(record.topic())
            .setSourcePartition(record.partition())
            .setSourceOffset(record.offset())
            .setAppendTime(record.appendTimeMs())
            .setKey(key == null ? null : ByteBuffer.wrap(key))
            .setValue(ByteBuffer.wrap(value))
            .setMasked(value != record.value() || key != record.key())
            .setStage(rejection.stage())
            .setReason(rejection.reason())
            .setMessage(rejection.message())
            .build();
    return new Outgoing(
        Topics.DEAD_LETTERS, null, deadLetters.encode(letter), record.appendTimeMs());
  }

  /** The receipt of a record. */
  public Outgoing receipt(
      LogRecord record,
      ReceiptOutcome outcome,
      @Nullable String duplicateOf,
      @Nullable String reason) {
    Receipt receipt =
        Receipt.newBuilder()
            .setRecordId(record.id())
            .setKind(RecordKind.valueOf(record.kind().name()))
            .setSourceTopic(record.topic())
            .setSourcePartition(record.partition())
            .setSourceOffset(record.offset())
            .setEffectiveTime(record.effectiveTimeMs())
            .setOutcome(outcome)
            .setDuplicateOf(duplicateOf)
            .setReason(reason)
            .build();
    return new Outgoing(
        Topics.RECEIPTS,
        record.id().getBytes(StandardCharsets.UTF_8),
        receipts.encode(receipt),
        record.effectiveTimeMs());
  }

  /** A record of an input topic as the archive keeps it. */
  public Outgoing logEntry(LogRecord record) {
    boolean rejected = record.rejection() != null;
    long timeMs = rejected ? record.appendTimeMs() : record.effectiveTimeMs();
    LogEntry entry =
        new LogEntry(
            record.topic(),
            record.partition(),
            record.offset(),
            record.appendTimeMs(),
            timeMs,
            record.late(),
            ByteBuffer.wrap(rejected ? PanMask.mask(record.value()) : record.value()));
    return new Outgoing(record.topic(), null, logEntries.encode(entry), timeMs);
  }
}
