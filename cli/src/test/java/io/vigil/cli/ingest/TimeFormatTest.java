package io.vigil.cli.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TimeFormatTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  @ParameterizedTest
  @CsvSource({
    "2018-04-01T00:00:31, 2018-04-01T00:00:31Z",
    "2018-04-01 00:00:31, 2018-04-01T00:00:31Z",
    "2019-11-01T01:27:15.811098, 2019-11-01T01:27:15.811Z",
    "'2019-11-01T01:27:15,8', 2019-11-01T01:27:15.800Z",
    "2019-11-01T01:27:15.007Z, 2019-11-01T01:27:15.007Z",
    "2019-11-01T01:27:15+02:00, 2019-10-31T23:27:15Z",
    "2019-11-01T01:27:15.5-0330, 2019-11-01T04:57:15.500Z",
    "2019-11-01T01:27+02, 2019-10-31T23:27:00Z",
    "2002-09-01 06:21, 2002-09-01T06:21:00Z",
    "2020-02-29, 2020-02-29T00:00:00Z",
    "1969-12-31T23:59:59.999, 1969-12-31T23:59:59.999Z"
  })
  void readsIso(String text, Instant expected) throws BadCellException {
    assertThat(TimeFormat.ISO.parse("event_time", text)).isEqualTo(expected.toEpochMilli());
  }

  /** The JDK's own parser is the oracle. */
  @Property
  void readsWhatTheJdkWrites(
      @ForAll @LongRange(min = -62_135_596_800_000L, max = 253_402_300_799_999L) long timeMs,
      @ForAll @IntRange(min = -18 * 60, max = 18 * 60) int offsetMinutes)
      throws BadCellException {
    Instant instant = Instant.ofEpochMilli(timeMs);
    LocalDateTime utc = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
    assertThat(TimeFormat.ISO.parse("t", utc.toString())).isEqualTo(timeMs);
    OffsetDateTime there = instant.atOffset(ZoneOffset.ofTotalSeconds(offsetMinutes * 60));
    if (there.getYear() >= 1 && there.getYear() <= 9_999) {
      assertThat(TimeFormat.ISO.parse("t", there.toString())).isEqualTo(timeMs);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"2019-11-31T10:00:00", "2019-02-29", "2019-13-01T00:00:00"})
  void saysThatThereIsNoSuchDay(String text) {
    BadCellException bad =
        catchThrowableOfType(
            BadCellException.class, () -> TimeFormat.ISO.parse("event_time", text));

    assertThat(bad.reason()).isEqualTo("no_such_day");
    assertThat(bad).hasMessage("event_time: no such day: " + text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "yesterday",
        "2019-11-01T24:00:00",
        "2019-11-01T10:60:00",
        "2019-11-01T10:00:60",
        "2019-11-01T10:00:00.",
        "2019-11-01T10:00:00 Berlin",
        "2019-11-01T1:00",
        "2019-11-0١T10:00:00",
        "19-11-01"
      })
  void refusesWhatIsNoTime(String text) {
    BadCellException bad =
        catchThrowableOfType(
            BadCellException.class, () -> TimeFormat.ISO.parse("event_time", text));

    assertThat(bad.reason()).isEqualTo("bad_time");
    assertThat(bad).hasMessageContaining("2018-04-01T00:00:31").hasMessageContaining(text);
  }

  @Test
  void readsPatternsInTheirZone() throws BadCellException {
    TimeFormat german = TimeFormat.of("dd.MM.yyyy HH:mm", BERLIN);

    assertThat(german.parse("t", "01.07.2019 12:00"))
        .isEqualTo(Instant.parse("2019-07-01T10:00:00Z").toEpochMilli());
    assertThat(TimeFormat.of("MMM d, yyyy", ZoneOffset.UTC).parse("t", "Nov 3, 2019"))
        .isEqualTo(Instant.parse("2019-11-03T00:00:00Z").toEpochMilli());
    assertThat(
            TimeFormat.of("uuuu-MM-dd'T'HH:mm:ss.SSSXXX", BERLIN)
                .parse("t", "2019-07-01T00:00:00.125+05:30"))
        .isEqualTo(Instant.parse("2019-06-30T18:30:00.125Z").toEpochMilli());
    assertThat(
            catchThrowableOfType(
                    BadCellException.class, () -> german.parse("t", "31.11.2019 12:00"))
                .reason())
        .isEqualTo("no_such_day");
    assertThat(
            catchThrowableOfType(BadCellException.class, () -> german.parse("t", "31/10/2019"))
                .reason())
        .isEqualTo("bad_time");
  }

  @Test
  void refusesTimesThatTheClocksSkipAndTakesTheEarlierOfTwo() throws BadCellException {
    TimeFormat berlin = TimeFormat.of("iso", BERLIN);
    BadCellException skipped =
        catchThrowableOfType(
            BadCellException.class, () -> berlin.parse("event_time", "2019-03-31T02:30:00"));

    assertThat(skipped.reason()).isEqualTo("no_such_time");
    assertThat(skipped).hasMessageContaining("Europe/Berlin");
    assertThat(berlin.parse("t", "2019-03-31T03:00:00"))
        .isEqualTo(Instant.parse("2019-03-31T01:00:00Z").toEpochMilli());
    assertThat(berlin.parse("t", "2019-10-27T02:30:00.250"))
        .isEqualTo(Instant.parse("2019-10-27T00:30:00.250Z").toEpochMilli());
  }

  @Test
  void readsEpochs() throws BadCellException {
    assertThat(TimeFormat.of("epoch_ms", ZoneOffset.UTC).parse("t", "1522540831007"))
        .isEqualTo(1_522_540_831_007L);
    assertThat(TimeFormat.of("epoch_s", ZoneOffset.UTC).parse("t", "-1")).isEqualTo(-1_000);
    assertThatThrownBy(
            () -> TimeFormat.of("epoch_s", ZoneOffset.UTC).parse("t", "9223372036854775807"))
        .isInstanceOf(BadCellException.class);
  }
}
