package io.vigil.cli.ingest;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Reads Avro's binary encoding (Avro 1.12, "Binary encoding") by the schema that wrote it, logical
 * types included and exactly. Whatever the bytes say, it takes no more memory than a small multiple
 * of them, and no deeper a stack than {@link #DEPTH_MAX}: Avro's own decoder believes a length that
 * stands in the bytes. Thread-confined.
 */
final class AvroReader {
  private static final int DEPTH_MAX = 64;

  /** So many values may take no bytes, as nulls and empty records do. */
  private static final int EMPTY_VALUES_MAX = 65_536;

  private static final int SCALE_MAX = 1_000;
  private static final int UUID_BYTES = 16;

  /** What a decoder puts where the bytes are no text. */
  private static final char REPLACED = '\uFFFD';

  private final byte[] bytes;
  private int at;
  private int depth;
  private int values;

  AvroReader(byte[] bytes, int from) {
    this.bytes = bytes;
    this.at = from;
  }

  /** Index of the next byte. */
  int at() {
    return at;
  }

  /**
   * The next value.
   *
   * @throws BadCellException bad_avro
   */
  Object read(Schema schema) throws BadCellException {
    Object value = value(schema);
    if (value == null) {
      throw new BadCellException("bad_avro", "record: expected a record, got null");
    }
    return value;
  }

  private @Nullable Object value(Schema schema) throws BadCellException {
    if (++depth > DEPTH_MAX) {
      throw bad("at most " + DEPTH_MAX + " levels");
    }
    if (++values > (long) bytes.length + EMPTY_VALUES_MAX) {
      throw bad("as many values as there are bytes for");
    }
    try {
      @Nullable LogicalType logical = schema.getLogicalType();
      @Nullable Object plain = plain(schema);
      return logical == null || plain == null ? plain : meant(logical, plain);
    } catch (DateTimeException | ArithmeticException e) {
      throw bad("a time within the calendar");
    } finally {
      depth--;
    }
  }

  private @Nullable Object plain(Schema schema) throws BadCellException {
    return switch (schema.getType()) {
      case NULL -> null;
      case BOOLEAN -> bool();
      case INT -> integer();
      case LONG -> number();
      case FLOAT -> fixed(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).getFloat();
      case DOUBLE -> fixed(Double.BYTES).order(ByteOrder.LITTLE_ENDIAN).getDouble();
      case STRING -> text();
      case BYTES -> copy(length());
      case FIXED -> copy(schema.getFixedSize());
      case ENUM -> schema.getEnumSymbols().get(index(schema.getEnumSymbols().size()));
      case UNION -> value(schema.getTypes().get(index(schema.getTypes().size())));
      case RECORD -> {
        Map<String, @Nullable Object> record = new LinkedHashMap<>();
        for (Schema.Field field : schema.getFields()) {
          record.put(field.name(), value(field.schema()));
        }
        yield record;
      }
      case ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        for (long block = block(); block != 0; block = block()) {
          for (long i = 0; i < block; i++) {
            list.add(value(schema.getElementType()));
          }
        }
        yield list;
      }
      case MAP -> {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (long block = block(); block != 0; block = block()) {
          for (long i = 0; i < block; i++) {
            String key = text();
            map.put(key, value(schema.getValueType()));
          }
        }
        yield map;
      }
    };
  }

  private Object meant(LogicalType logical, Object plain) throws BadCellException {
    return switch (logical.getName()) {
      case "decimal" -> decimal((byte[]) plain, ((LogicalTypes.Decimal) logical).getScale());
      case "big-decimal" -> {
        AvroReader inner = new AvroReader((byte[]) plain, 0);
        byte[] unscaled = inner.copy(inner.length());
        yield decimal(unscaled, inner.integer());
      }
      case "date" -> LocalDate.ofEpochDay((Integer) plain);
      case "time-millis" -> LocalTime.ofNanoOfDay((Integer) plain * 1_000_000L);
      case "time-micros" -> LocalTime.ofNanoOfDay(Math.multiplyExact((Long) plain, 1_000L));
      case "timestamp-millis" -> instant((Long) plain, 1_000);
      case "timestamp-micros" -> instant((Long) plain, 1_000_000);
      case "timestamp-nanos" -> instant((Long) plain, 1_000_000_000);
      case "local-timestamp-millis" -> local((Long) plain, 1_000);
      case "local-timestamp-micros" -> local((Long) plain, 1_000_000);
      case "local-timestamp-nanos" -> local((Long) plain, 1_000_000_000);
      case "uuid" -> plain instanceof byte[] raw && raw.length == UUID_BYTES ? uuid(raw) : plain;
      default -> plain;
    };
  }

  private static Instant instant(long value, int perSecond) {
    return Instant.ofEpochSecond(
        Math.floorDiv(value, (long) perSecond),
        Math.floorMod(value, (long) perSecond) * (1_000_000_000L / perSecond));
  }

  private static LocalDateTime local(long value, int perSecond) {
    return LocalDateTime.ofInstant(instant(value, perSecond), ZoneOffset.UTC);
  }

  private static String uuid(byte[] raw) {
    ByteBuffer buffer = ByteBuffer.wrap(raw);
    return new UUID(buffer.getLong(), buffer.getLong()).toString();
  }

  private BigDecimal decimal(byte[] unscaled, int scale) throws BadCellException {
    if (unscaled.length == 0) {
      throw bad("a decimal");
    }
    if (Math.abs((long) scale) > SCALE_MAX) {
      throw bad("a decimal of at most " + SCALE_MAX + " places");
    }
    return new BigDecimal(new BigInteger(unscaled), scale);
  }

  /** Elements of the next block; 0 at the end. */
  private long block() throws BadCellException {
    long count = number();
    if (count < 0) {
      var unusedSize = number();
      count = Math.negateExact(count);
    }
    return count;
  }

  private boolean bool() throws BadCellException {
    byte value = fixed(1).get();
    if (value != 0 && value != 1) {
      throw bad("a boolean");
    }
    return value == 1;
  }

  private int integer() throws BadCellException {
    long value = number();
    if (value != (int) value) {
      throw bad("an int");
    }
    return (int) value;
  }

  private long number() throws BadCellException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = fixed(1).get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw bad("a number");
  }

  private String text() throws BadCellException {
    ByteBuffer slice = fixed(length());
    String text = new String(bytes, slice.position(), slice.remaining(), StandardCharsets.UTF_8);
    if (text.indexOf(REPLACED) >= 0) {
      try {
        return StandardCharsets.UTF_8.newDecoder().decode(slice).toString();
      } catch (CharacterCodingException e) {
        throw bad("UTF-8 text");
      }
    }
    return text;
  }

  private int length() throws BadCellException {
    long length = number();
    if (length < 0 || length > bytes.length - at) {
      throw bad("a length within the record");
    }
    return (int) length;
  }

  private int index(int size) throws BadCellException {
    long index = number();
    if (index < 0 || index >= size) {
      throw bad("one of " + size);
    }
    return (int) index;
  }

  private byte[] copy(int length) throws BadCellException {
    ByteBuffer slice = fixed(length);
    return Arrays.copyOfRange(bytes, slice.position(), slice.position() + length);
  }

  private ByteBuffer fixed(int length) throws BadCellException {
    if (length > bytes.length - at) {
      throw bad("more bytes");
    }
    ByteBuffer slice = ByteBuffer.wrap(bytes, at, length);
    at += length;
    return slice;
  }

  private BadCellException bad(String expected) {
    return new BadCellException(
        "bad_avro", "record: expected %s at byte %d".formatted(expected, at));
  }
}
