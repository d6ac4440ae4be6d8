package io.vigil.cli.ingest;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Month;
import java.time.Year;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalQueries;
import java.time.zone.ZoneRules;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a file writes its times. Finer fractions than milliseconds are cut off. A local time that the
 * zone skips is refused; one that it has twice is the earlier. Immutable.
 */
final class TimeFormat {
  private static final long DAY_MS = 86_400_000L;

  /** BigDecimal would write out 1.0e999999999 digit by digit. */
  private static final int EPOCH_DIGITS_MAX = 19;

  /** ISO 8601, in UTC when it names no offset. */
  static final TimeFormat ISO = of("iso", ZoneOffset.UTC);

  private enum Kind {
    ISO,
    EPOCH_MS,
    EPOCH_US,
    EPOCH_S,
    PATTERN
  }

  private final Kind kind;
  private final @Nullable DateTimeFormatter pattern;
  private final String expected;
  private final ZoneId zone;
  private final ZoneRules rules;
  private final boolean fixed;
  private final long fixedOffsetMs;

  private TimeFormat(Kind kind, @Nullable DateTimeFormatter pattern, String expected, ZoneId zone) {
    this.kind = kind;
    this.pattern = pattern;
    this.expected = expected;
    this.zone = zone;
    this.rules = zone.getRules();
    this.fixed = rules.isFixedOffset();
    this.fixedOffsetMs = fixed ? rules.getOffset(LocalDateTime.MIN).getTotalSeconds() * 1_000L : 0;
  }

  /**
   * @param format iso, epoch_ms, epoch_us, epoch_s, or a pattern of {@link DateTimeFormatter}
   * @param zone of times that name no offset themselves
   * @throws IllegalArgumentException when it is none of them
   */
  static TimeFormat of(String format, ZoneId zone) {
    return switch (format) {
      case "iso" -> new TimeFormat(Kind.ISO, null, "a time such as 2018-04-01T00:00:31", zone);
      case "epoch_ms" ->
          new TimeFormat(Kind.EPOCH_MS, null, "milliseconds since 1970-01-01T00:00Z", zone);
      case "epoch_us" ->
          new TimeFormat(Kind.EPOCH_US, null, "microseconds since 1970-01-01T00:00Z", zone);
      case "epoch_s" -> new TimeFormat(Kind.EPOCH_S, null, "seconds since 1970-01-01T00:00Z", zone);
      default -> {
        DateTimeFormatter pattern =
            new DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern(format)
                // Strict parsing of yyyy, which most people write for uuuu, wants an era.
                .parseDefaulting(ChronoField.ERA, 1)
                .toFormatter(Locale.ENGLISH)
                .withResolverStyle(ResolverStyle.STRICT);
        yield new TimeFormat(Kind.PATTERN, pattern, "a time in the form " + format, zone);
      }
    };
  }

  /**
   * Milliseconds since the epoch.
   *
   * @throws BadCellException bad_time, no_such_day, no_such_time
   */
  long parse(String field, String text) throws BadCellException {
    try {
      return switch (kind) {
        case ISO -> iso(field, text);
        case EPOCH_MS -> Long.parseLong(text);
        case EPOCH_US -> Math.floorDiv(Long.parseLong(text), 1_000L);
        case EPOCH_S -> seconds(text);
        case PATTERN -> pattern(field, text);
      };
    } catch (NumberFormatException | ArithmeticException e) {
      throw bad(field, text);
    }
  }

  /** Seconds, perhaps with a fraction; exactly, as the digits say. */
  private static long seconds(String text) {
    int point = text.indexOf('.');
    if (point < 0) {
      return Math.multiplyExact(Long.parseLong(text), 1_000L);
    }
    BigDecimal ms = new BigDecimal(text).movePointRight(3);
    if (ms.precision() - ms.scale() > EPOCH_DIGITS_MAX) {
      throw new ArithmeticException("out of range");
    }
    return ms.setScale(0, RoundingMode.FLOOR).longValueExact();
  }

  /** date [T|space] hh:mm [:ss [.fraction]] [Z | +hh | +hhmm | +hh:mm] */
  private long iso(String field, String text) throws BadCellException {
    int length = text.length();
    if (length < 10 || text.charAt(4) != '-' || text.charAt(7) != '-') {
      throw bad(field, text);
    }
    int year = number(field, text, 0, 4);
    int month = number(field, text, 5, 2);
    int day = number(field, text, 8, 2);
    if (month < 1 || month > 12 || day < 1 || day > Month.of(month).length(Year.isLeap(year))) {
      throw noSuchDay(field, text);
    }
    long localMs = LocalDate.of(year, month, day).toEpochDay() * DAY_MS;
    if (length == 10) {
      return inZone(field, text, localMs);
    }
    char t = text.charAt(10);
    if ((t != 'T' && t != ' ') || length < 16 || text.charAt(13) != ':') {
      throw bad(field, text);
    }
    int hour = number(field, text, 11, 2);
    int minute = number(field, text, 14, 2);
    int second = 0;
    int millis = 0;
    int i = 16;
    if (i < length && text.charAt(i) == ':') {
      second = number(field, text, 17, 2);
      i = 19;
      if (i < length && (text.charAt(i) == '.' || text.charAt(i) == ',')) {
        int start = ++i;
        int weight = 100;
        while (i < length && isDigit(text.charAt(i))) {
          millis += (text.charAt(i) - '0') * weight;
          weight /= 10;
          i++;
        }
        if (i == start) {
          throw bad(field, text);
        }
      }
    }
    if (hour > 23 || minute > 59 || second > 59) {
      throw bad(field, text);
    }
    localMs += ((hour * 60L + minute) * 60 + second) * 1_000 + millis;
    return i == length ? inZone(field, text, localMs) : localMs - offsetMs(field, text, i);
  }

  private long offsetMs(String field, String text, int from) throws BadCellException {
    String offset = text.substring(from);
    try {
      return ZoneOffset.of(offset.equals("z") ? "Z" : offset).getTotalSeconds() * 1_000L;
    } catch (DateTimeException e) {
      throw bad(field, text);
    }
  }

  private long pattern(String field, String text) throws BadCellException {
    DateTimeFormatter formatter = java.util.Objects.requireNonNull(pattern);
    TemporalAccessor parsed;
    try {
      parsed = formatter.parse(text);
    } catch (DateTimeException e) {
      throw readsLeniently(formatter, text) ? noSuchDay(field, text) : bad(field, text);
    }
    if (parsed.isSupported(ChronoField.INSTANT_SECONDS)) {
      return parsed.getLong(ChronoField.INSTANT_SECONDS) * 1_000
          + parsed.get(ChronoField.MILLI_OF_SECOND);
    }
    @Nullable LocalDate date = parsed.query(TemporalQueries.localDate());
    @Nullable LocalTime time = parsed.query(TemporalQueries.localTime());
    if (date == null) {
      throw bad(field, text);
    }
    long timeMs = time == null ? 0 : time.toNanoOfDay() / 1_000_000;
    return inZone(field, text, date.toEpochDay() * DAY_MS + timeMs);
  }

  /** The shape is right, so only the calendar can be wrong. */
  private static boolean readsLeniently(DateTimeFormatter formatter, String text) {
    try {
      formatter.withResolverStyle(ResolverStyle.LENIENT).parse(text);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private long inZone(String field, String text, long localMs) throws BadCellException {
    if (fixed) {
      return localMs - fixedOffsetMs;
    }
    LocalDateTime local =
        LocalDateTime.ofEpochSecond(Math.floorDiv(localMs, 1_000L), 0, ZoneOffset.UTC);
    List<ZoneOffset> offsets = rules.getValidOffsets(local);
    if (offsets.isEmpty()) {
      throw new BadCellException(
          "no_such_time",
          field + ": no such time in " + zone + ", whose clocks skip it: " + shown(text));
    }
    return localMs - offsets.get(0).getTotalSeconds() * 1_000L;
  }

  private int number(String field, String text, int from, int digits) throws BadCellException {
    if (from + digits > text.length()) {
      throw bad(field, text);
    }
    int number = 0;
    for (int i = from; i < from + digits; i++) {
      if (!isDigit(text.charAt(i))) {
        throw bad(field, text);
      }
      number = number * 10 + text.charAt(i) - '0';
    }
    return number;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static BadCellException noSuchDay(String field, String text) {
    return new BadCellException("no_such_day", field + ": no such day: " + shown(text));
  }

  private BadCellException bad(String field, String text) {
    return new BadCellException(
        "bad_time", field + ": expected " + expected + ", got '" + shown(text) + "'");
  }

  private static String shown(String text) {
    return RowMapper.shown(text);
  }
}
