package io.vigil.job.source;

import io.vigil.job.Topics;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Rejection;
import io.vigil.schema.Deployment;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.Profile;
import io.vigil.schema.Stage;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.SingleObject;
import io.vigil.schema.codec.TransactionDecoder;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of an input record into a {@link LogRecord}. Whatever the bytes are, a record
 * comes out: what can't be decoded or is not valid carries its rejection. Not thread-safe.
 */
public final class RecordDecoder {
  /** Records larger than this are dead letters, bytes. */
  public static final int MAX_RECORD_BYTES = 64 * 1024;

  /** Of the control topic: a deployment carries a plan, or a feature spec. */
  public static final int MAX_CONTROL_BYTES = 512 * 1024;

  /** No payment stream that Vigil reads begins before 2000-01-01T00:00Z. */
  public static final long EARLIEST_MS = 946_684_800_000L;

  /** The end of the year 2100. */
  private static final long LATEST_MS = 4_133_980_799_999L;

  private final long futureLimitMs;
  private final TransactionDecoder transactions = new TransactionDecoder();
  private final Codec<Label> labels = Codec.of(Label.class);
  private final Codec<Event> events = Codec.of(Event.class);
  private final Codec<Profile> profiles = Codec.of(Profile.class);
  private final Codec<Tick> ticks = Codec.of(Tick.class);
  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final TransactionValidator validator = new TransactionValidator();

  /**
   * @param futureLimitMs how far an event time may lie ahead of its append time, 0 or more
   */
  public RecordDecoder(long futureLimitMs) {
    this.futureLimitMs = futureLimitMs;
  }

  /** Decodes one record. */
  public LogRecord decode(
      String topic,
      int partition,
      long offset,
      long appendTimeMs,
      byte @Nullable [] key,
      byte @Nullable [] value) {
    Origin origin =
        new Origin(
            topic, partition, offset, appendTimeMs, key, value == null ? new byte[0] : value);
    Kind expected = kindOf(topic);
    int bytesMax = expected == Kind.DEPLOYMENT ? MAX_CONTROL_BYTES : MAX_RECORD_BYTES;
    if (origin.value.length > bytesMax) {
      return origin.rejected(
          expected,
          Stage.DECODE,
          "too_large",
          "record: expected at most " + bytesMax + " bytes, got " + origin.value.length);
    }
    try {
      if (ticks.reads(SingleObject.fingerprint(origin.value))) {
        // A tick moves the clock as it stands; it is checked like an event time.
        Tick tick = ticks.decode(origin.value);
        return checkTime(
            origin, origin.record(Kind.TICK, origin.name(), origin.name(), tick.getClock()));
      }
      return switch (expected) {
        case LABEL -> label(origin);
        case EVENT -> event(origin);
        case PROFILE -> profile(origin);
        case DEPLOYMENT -> deployment(origin);
        case TRANSACTION, TICK -> transaction(origin);
      };
    } catch (DecodeException e) {
      return origin.rejected(expected, Stage.DECODE, e.reason().code(), e.getMessage());
    }
  }

  private LogRecord transaction(Origin origin) throws DecodeException {
    Transaction t = transactions.decode(origin.value);
    LogRecord read =
        origin.record(
            Kind.TRANSACTION, t.getTransactionId(), t.getTransactionId(), t.getEventTime());
    Rejection invalid = validator.check(t);
    if (invalid != null) {
      return origin.rejected(
          Kind.TRANSACTION, invalid.stage(), invalid.reason(), invalid.message());
    }
    return checkTime(origin, read);
  }

  private LogRecord label(Origin origin) throws DecodeException {
    Label label = labels.decode(origin.value);
    Rejection invalid = validator.check(label);
    if (invalid != null) {
      return origin.rejected(Kind.LABEL, invalid.stage(), invalid.reason(), invalid.message());
    }
    long transactionMs = label.getTransactionTime();
    if (transactionMs < EARLIEST_MS || transactionMs > origin.appendTimeMs + futureLimitMs) {
      return origin.rejected(
          Kind.LABEL,
          Stage.VALIDATE,
          "transaction_time_out_of_range",
          "transaction time: expected milliseconds from "
              + EARLIEST_MS
              + " (2000-01-01) to "
              + futureLimitMs
              + " ms after the append time "
              + origin.appendTimeMs
              + ", got "
              + shown(transactionMs));
    }
    return checkTime(
        origin,
        origin.record(
            Kind.LABEL, label.getLabelId(), label.getTransactionId(), label.getLabelTime()));
  }

  private LogRecord event(Origin origin) throws DecodeException {
    Event event = events.decode(origin.value);
    Rejection invalid = validator.check(event);
    if (invalid != null) {
      return origin.rejected(Kind.EVENT, invalid.stage(), invalid.reason(), invalid.message());
    }
    return checkTime(
        origin,
        origin.record(Kind.EVENT, event.getEventId(), event.getEventId(), event.getEventTime()));
  }

  private LogRecord profile(Origin origin) throws DecodeException {
    Profile profile = profiles.decode(origin.value);
    Rejection invalid = validator.check(profile);
    if (invalid != null) {
      return origin.rejected(Kind.PROFILE, invalid.stage(), invalid.reason(), invalid.message());
    }
    return checkTime(
        origin,
        origin.record(
            Kind.PROFILE, profile.getProfileId(), profile.getProfileId(), profile.getEventTime()));
  }

  private LogRecord deployment(Origin origin) throws DecodeException {
    Deployment d = deployments.decode(origin.value);
    Rejection invalid = validator.check(d);
    if (invalid != null) {
      return origin.rejected(Kind.DEPLOYMENT, invalid.stage(), invalid.reason(), invalid.message());
    }
    // Scheduled for whenever its author likes: a deployment moves no clock.
    return origin.record(
        Kind.DEPLOYMENT, d.getDeploymentId(), d.getDeploymentId(), d.getEffectiveAt());
  }

  /** One producer's fast clock must re-time nobody else, so such a record never reaches a clock. */
  private LogRecord checkTime(Origin origin, LogRecord read) {
    if (read.eventTimeMs() > origin.appendTimeMs + futureLimitMs) {
      return origin.rejected(
          read.kind(),
          Stage.VALIDATE,
          "event_time_in_future",
          "event time: expected at most "
              + futureLimitMs
              + " ms after the append time "
              + origin.appendTimeMs
              + ", got "
              + shown(read.eventTimeMs()));
    }
    // Of facts it may be the day on which a customer came.
    long earliestMs = read.kind() == Kind.PROFILE ? 0 : EARLIEST_MS;
    if (read.eventTimeMs() < earliestMs) {
      return origin.rejected(
          read.kind(),
          Stage.VALIDATE,
          "event_time_out_of_range",
          "event time: expected "
              + earliestMs
              + (earliestMs == 0 ? " (1970-01-01)" : " (2000-01-01)")
              + " or later, got "
              + shown(read.eventTimeMs()));
    }
    return read;
  }

  /** A time that is none may be a card number in the wrong column. */
  private static String shown(long timeMs) {
    return Math.abs(timeMs) <= LATEST_MS ? Long.toString(timeMs) : "one far beyond";
  }

  /** What the records of an input topic are, ticks aside. */
  public static Kind kindOf(String topic) {
    return switch (topic) {
      case Topics.LABELS -> Kind.LABEL;
      case Topics.EVENTS -> Kind.EVENT;
      case Topics.PROFILES -> Kind.PROFILE;
      case Topics.CONTROL -> Kind.DEPLOYMENT;
      default -> Kind.TRANSACTION;
    };
  }

  private record Origin(
      String topic,
      int partition,
      long offset,
      long appendTimeMs,
      byte @Nullable [] key,
      byte[] value) {

    String name() {
      return topic + "-" + partition + "@" + offset;
    }

    LogRecord record(Kind kind, String id, String subject, long eventTimeMs) {
      // The key is only needed to publish a dead letter again; what may still become one keeps it.
      return new LogRecord(
          kind,
          id,
          subject,
          eventTimeMs,
          eventTimeMs,
          false,
          topic,
          partition,
          offset,
          appendTimeMs,
          value,
          key,
          null);
    }

    LogRecord rejected(Kind kind, Stage stage, String reason, @Nullable String message) {
      // An event time would move the clock; a rejected record has none.
      return new LogRecord(
          kind,
          name(),
          name(),
          Long.MIN_VALUE,
          Long.MIN_VALUE,
          false,
          topic,
          partition,
          offset,
          appendTimeMs,
          value,
          key,
          new Rejection(stage, reason, message == null ? reason : message));
    }
  }
}
