package io.vigil.model.drift;

import java.time.LocalDate;

/**
 * Days of effective time, UTC, both included.
 *
 * @param from not after {@code to}
 */
public record Span(LocalDate from, LocalDate to) {
  public Span {
    if (from.isAfter(to)) {
      throw new IllegalArgumentException(
          "expected a first day that is not after the last, got %s to %s".formatted(from, to));
    }
  }

  /** Whether it has the day. */
  public boolean has(LocalDate day) {
    return !day.isBefore(from) && !day.isAfter(to);
  }

  boolean has(long epochDay) {
    return epochDay >= from.toEpochDay() && epochDay <= to.toEpochDay();
  }

  /** At least 1. */
  public long days() {
    return to.toEpochDay() - from.toEpochDay() + 1;
  }

  /**
   * The days of which labels can tell: those of this span that are old enough, or when none is, as
   * many days as it has, the last that are.
   *
   * @param asOf the day up to whose end labels are known; a day is old enough when its last instant
   *     lies a delay before {@code asOf} begins
   * @param delayDays 0 or more
   */
  public Span matured(LocalDate asOf, long delayDays) {
    LocalDate last = asOf.minusDays(delayDays + 1);
    if (last.isBefore(from)) {
      return new Span(last.minusDays(days() - 1), last);
    }
    return new Span(from, last.isBefore(to) ? last : to);
  }

  @Override
  public String toString() {
    return from.equals(to) ? from.toString() : from + " to " + to;
  }
}
