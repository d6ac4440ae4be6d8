package io.vigil.model.drift;

import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a report.
 *
 * @param source of the decisions, in words
 * @param period that is looked at
 * @param reference that it is held against; null for none
 * @param labelled days of which labels can tell
 * @param asOf up to its end labels count
 * @param labelDelayDays after so many days labels have come, 0 or more
 * @param alertsPerDay alerts a day on average at the most; null when nobody says
 * @param groups keys to group by
 * @param groupLeast groups with fewer decisions are merged, at least 1
 * @param groupRatio within it, and its inverse, groups differ little; at least 1
 */
public record Settings(
    String source,
    Span period,
    @Nullable Span reference,
    Span labelled,
    LocalDate asOf,
    long labelDelayDays,
    @Nullable Double alertsPerDay,
    List<String> groups,
    long groupLeast,
    double groupRatio) {
  /** Beyond it innocent groups are not treated alike: the four-fifths rule, 29 CFR 1607.4(D). */
  public static final double FOUR_FIFTHS = 1.25;

  public Settings {
    groups = List.copyOf(groups);
    if (labelDelayDays < 0 || groupLeast < 1 || !(groupRatio >= 1)) {
      throw new IllegalArgumentException(
          "expected a delay of 0 days or more, groups of 1 or more and a ratio of 1 or more, got %d, %d and %s"
              .formatted(labelDelayDays, groupLeast, groupRatio));
    }
  }
}
