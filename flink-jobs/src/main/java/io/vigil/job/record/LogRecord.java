package io.vigil.job.record;

import io.vigil.model.order.Ordered;
import io.vigil.schema.Stage;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A record of an input topic on its way through the job. Immutable by agreement: nobody writes into
 * the arrays.
 *
 * @param kind what it is
 * @param id its own id; for a tick and for what could not be decoded its origin
 * @param subject the id it is keyed by: a label's transaction, otherwise its own
 * @param eventTimeMs milliseconds since the epoch; a tick's clock
 * @param effectiveTimeMs milliseconds since the epoch; the event time until it is sequenced
 * @param late reached its partition after the clock had passed its event time
 * @param topic where it was read
 * @param partition partition of the topic
 * @param offset offset in the partition
 * @param appendTimeMs when the log took it, milliseconds since the epoch, the broker's clock
 * @param value its bytes as they stand in the topic
 * @param key its key's bytes, kept for dead letters only
 * @param rejection set when it is a dead letter
 */
public record LogRecord(
    Kind kind,
    String id,
    String subject,
    long eventTimeMs,
    long effectiveTimeMs,
    boolean late,
    String topic,
    int partition,
    long offset,
    long appendTimeMs,
    byte[] value,
    byte @Nullable [] key,
    @Nullable Rejection rejection)
    implements Ordered {

  /** How log records travel. */
  public static final Wire<LogRecord> WIRE = new LogRecordWire();

  @Override
  public int rank() {
    return kind == Kind.TRANSACTION ? 1 : 0;
  }

  /** Where it was read, as people write it: topic-partition@offset. */
  public String origin() {
    return topic + "-" + partition + "@" + offset;
  }

  /** What keyed state of one subject is filed under; kinds that share state share the key. */
  public String stateKey() {
    return switch (kind) {
      case DEPLOYMENT -> 'd' + subject;
      case EVENT -> 'e' + subject;
      case PROFILE -> 'p' + subject;
      case TRANSACTION, LABEL, TICK -> transactionKey(subject);
    };
  }

  /** What keyed state of that transaction is filed under. */
  public static String transactionKey(String transactionId) {
    return 't' + transactionId;
  }

  /**
   * Whether what is filed under a state key is forgotten after the horizon; deployments are not.
   */
  public static boolean isForgotten(String stateKey) {
    return stateKey.charAt(0) != 'd';
  }

  /** The same record with its place in the order of the stream. */
  public LogRecord sequenced(long effectiveTimeMs, boolean late) {
    return new LogRecord(
        kind,
        id,
        subject,
        eventTimeMs,
        effectiveTimeMs,
        late,
        topic,
        partition,
        offset,
        appendTimeMs,
        value,
        key,
        rejection);
  }

  /** The same record as a dead letter. */
  public LogRecord rejected(Stage stage, String reason, String message) {
    return new LogRecord(
        kind,
        id,
        subject,
        eventTimeMs,
        effectiveTimeMs,
        late,
        topic,
        partition,
        offset,
        appendTimeMs,
        value,
        key,
        new Rejection(stage, reason, message));
  }

  private static final class LogRecordWire implements Wire<LogRecord> {
    private static final long serialVersionUID = 1L;
    private static final int LATE = 1;
    private static final int KEYED = 2;
    private static final int REJECTED = 4;
    private static final int OWN_SUBJECT = 8;

    @Override
    public Class<LogRecord> type() {
      return LogRecord.class;
    }

    @Override
    public void write(LogRecord r, DataOutput out) throws IOException {
      boolean ownSubject = r.subject.equals(r.id);
      out.writeByte(r.kind.code());
      out.writeByte(
          (r.late ? LATE : 0)
              | (r.key != null ? KEYED : 0)
              | (r.rejection != null ? REJECTED : 0)
              | (ownSubject ? OWN_SUBJECT : 0));
      out.writeUTF(r.id);
      if (!ownSubject) {
        out.writeUTF(r.subject);
      }
      out.writeLong(r.eventTimeMs);
      out.writeLong(r.effectiveTimeMs);
      out.writeUTF(r.topic);
      out.writeInt(r.partition);
      out.writeLong(r.offset);
      out.writeLong(r.appendTimeMs);
      out.writeInt(r.value.length);
      out.write(r.value);
      if (r.key != null) {
        out.writeInt(r.key.length);
        out.write(r.key);
      }
      if (r.rejection != null) {
        out.writeUTF(r.rejection.stage().name());
        out.writeUTF(r.rejection.reason());
        out.writeUTF(r.rejection.message());
      }
    }

    @Override
    public LogRecord read(DataInput in) throws IOException {
      Kind kind = Kind.of(in.readByte());
      int flags = in.readByte();
      String id = in.readUTF();
      String subject = (flags & OWN_SUBJECT) != 0 ? id : in.readUTF();
      return new LogRecord(
          kind,
          id,
          subject,
          in.readLong(),
          in.readLong(),
          (flags & LATE) != 0,
          in.readUTF(),
          in.readInt(),
          in.readLong(),
          in.readLong(),
          bytes(in),
          (flags & KEYED) != 0 ? bytes(in) : null,
          (flags & REJECTED) != 0
              ? new Rejection(Stage.valueOf(in.readUTF()), in.readUTF(), in.readUTF())
              : null);
    }

    private static byte[] bytes(DataInput in) throws IOException {
      byte[] bytes = new byte[in.readInt()];
      in.readFully(bytes);
      return bytes;
    }
  }
}
