package io.vigil.model.feature;

import io.vigil.model.event.Field;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The packed state of one entity, decoded. Layout version 1:
 *
 * <pre>
 * byte      1, the layout version
 * byte      what is kept: bit 0 amounts, bit 1 labels, bit 2 positions
 * byte      number of text columns, then for each the code of its field
 * labels    if kept: varint n; n times (time, zigzag frauds)
 * positions if kept: varint n; n times (time, 8 bytes latitude, 8 bytes longitude: raw double bits)
 * events    varint n; if n > 0: varint m, the first m entries are wide;
 *           for each text column: varint k, then k hashes (varint indexes skipped, 8 bytes);
 *           n times (time, [wide: varint count], [amounts: zigzag sum, [wide: zigzag min, zigzag max]],
 *           for each text column varint index of its hash from 1, 0 for none)
 * </pre>
 *
 * A time is the varint distance in milliseconds from the entry before; the first entry of a log has
 * the time it is told from before it, zigzag milliseconds since the epoch, and for events before
 * the first entry. Varints hold seven bits a byte, the lowest first; eight-byte values are
 * little-endian.
 *
 * <p>Reused scratch, single-threaded.
 */
final class EntityState {
  private static final byte LAYOUT_VERSION = 1;

  /** How late an event may come and still find all it should: one day. */
  static final long SLACK_MS = Window.DAY_MS;

  private final byte[] header;
  private final long eventsReachMs;
  private final long labelsReachMs;
  private final ByteReader in = new ByteReader();
  private final ByteWriter out = new ByteWriter();
  final EventLog events;
  final @Nullable LabelLog labels;
  final @Nullable PositionLog positions;

  /**
   * @param eventsReachMs how far back the longest window over events goes, 0 for none
   * @param labelsReachMs how far back the longest window over labels goes, negative for none
   */
  EntityState(
      boolean keepsAmount,
      List<Field> columns,
      boolean keepsPositions,
      long eventsReachMs,
      long labelsReachMs) {
    this.eventsReachMs = eventsReachMs;
    this.labelsReachMs = labelsReachMs;
    events = new EventLog(keepsAmount, columns.size());
    labels = labelsReachMs < 0 ? null : new LabelLog();
    positions = keepsPositions ? new PositionLog() : null;
    header = new byte[3 + columns.size()];
    header[0] = LAYOUT_VERSION;
    header[1] =
        (byte) ((keepsAmount ? 1 : 0) | (labels == null ? 0 : 2) | (positions == null ? 0 : 4));
    header[2] = (byte) columns.size();
    for (int column = 0; column < columns.size(); column++) {
      header[3 + column] = code(columns.get(column));
    }
  }

  /**
   * @throws IllegalArgumentException when the state was written in another layout or by a plan that
   *     keeps other values
   */
  void load(byte @Nullable [] state) {
    if (state == null) {
      if (labels != null) {
        labels.clear();
      }
      if (positions != null) {
        positions.clear();
      }
      events.clear();
      return;
    }
    in.wrap(state);
    for (int at = 0; at < header.length; at++) {
      byte found = in.one();
      if (found != header[at]) {
        throw new IllegalArgumentException(
            "state: expected %d at byte %d of the header (%s), got %d"
                .formatted(header[at], at, at == 0 ? "layout version" : "values kept", found));
      }
    }
    if (labels != null) {
      labels.read(in);
    }
    if (positions != null) {
      positions.read(in);
    }
    events.read(in);
  }

  /** Drops what no event at most a day late can ask for, and packs the rest. */
  byte[] save() {
    if (events.size() > 0) {
      long newestMs = events.timeMs(events.size() - 1);
      long previousMs = newestMs - SLACK_MS;
      if (labels != null) {
        labels.expire(previousMs - labelsReachMs);
      }
      if (positions != null) {
        positions.expire(previousMs);
      }
      events.expire(previousMs - eventsReachMs, previousMs);
    }
    out.clear();
    out.all(header, 0, header.length);
    if (labels != null) {
      labels.shrink();
      labels.write(out);
    }
    if (positions != null) {
      positions.write(out);
    }
    events.shrink();
    events.write(out);
    return out.copy();
  }

  /** Part of the layout: a code must never change its field. */
  private static byte code(Field field) {
    return switch (field) {
      case ACCOUNT -> 1;
      case CARD -> 2;
      case MERCHANT -> 3;
      case TERMINAL -> 4;
      case DEVICE -> 5;
      case IP -> 6;
      case COUNTERPARTY -> 7;
      case CURRENCY -> 8;
      case BILLING_CURRENCY -> 9;
      case CHANNEL -> 10;
      case ENTRY_MODE -> 11;
      case COUNTRY -> 12;
      case EVENT_TIME, AMOUNT, MCC, LATITUDE, LONGITUDE, TRANSACTION_ID ->
          throw new IllegalArgumentException("of: " + field.id() + " is not kept as a text");
    };
  }
}
