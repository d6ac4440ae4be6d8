package io.vigil.model.monitor;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * Something that comes in otherwise than it used to at that time of day. Immutable.
 *
 * @param kind what happened
 * @param dimension what is counted, such as {@code currency}
 * @param value the category, such as {@code EUR}; {@link InputWatch#NONE} where a field was empty
 * @param fromMs beginning of the window in which it was seen first, stream time, milliseconds since
 *     the epoch
 * @param atMs when it was reported: the end of that window
 * @param observed records of the value in the window
 * @param expected records that were expected there
 * @param of records of the dimension in the window
 * @param deviations how far off, in standard deviations as the series shows them; 0 for a silence,
 *     which is not judged by them
 */
public record Finding(
    Kind kind,
    String dimension,
    String value,
    long fromMs,
    long atMs,
    long observed,
    double expected,
    long of,
    double deviations) {

  /** What happened. */
  public enum Kind {
    /** A feed sends next to nothing. */
    SILENT,
    /** A category is gone. */
    VANISHED,
    /** A category that was never seen, or next to never. */
    NEW,
    /** A category's share grew. */
    MORE,
    /** A category's share shrank. */
    LESS
  }

  /** One line for people. */
  public String text() {
    String what = dimension + " " + value;
    return String.format(
        Locale.ROOT,
        "%s %s: %d of %,d records since %s, expected %.1f%s",
        what,
        switch (kind) {
          case SILENT -> "fell silent";
          case VANISHED -> "vanished";
          case NEW -> "is new";
          case MORE -> "came more often";
          case LESS -> "came less often";
        },
        observed,
        of,
        Instant.ofEpochMilli(fromMs).truncatedTo(ChronoUnit.SECONDS),
        expected,
        deviations == 0
            ? ""
            : String.format(Locale.ROOT, " (%+.0f standard deviations)", deviations));
  }
}
