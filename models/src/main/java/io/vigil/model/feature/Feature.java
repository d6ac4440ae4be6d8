package io.vigil.model.feature;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Field;
import org.jspecify.annotations.Nullable;

/** One named number of the vector and its definition. */
public sealed interface Feature {

  /** Letters, digits and underscores, not beginning with a digit. */
  String name();

  /** Stands in when there is no value: finite, within the range of float32. */
  double defaultValue();

  /**
   * Taken from the history of one of the transaction's entities, or of a pair of them.
   *
   * @param of what is aggregated: the field, or null for events and labels
   * @param window null exactly for aggregates that have none
   * @param where only events for which this condition over the event's own fields holds are seen,
   *     in the language of {@link io.vigil.model.expression.Expression}; null for all. What a share
   *     and a streak ask of an event
   * @param parameter quantile: the probability, in (0, 1); decayed aggregates: the half-life,
   *     milliseconds; last and elapsed: how many events back, from 1; 0 for the others
   * @param labels for rates and counts of fraud labels, by which time a label counts; null for all
   *     others
   */
  record Aggregated(
      String name,
      Grouping grouping,
      Aggregate aggregate,
      @Nullable Field of,
      @Nullable Window window,
      @Nullable String where,
      double parameter,
      @Nullable LabelClock labels,
      double defaultValue)
      implements Feature {}

  /** By which time a label counts. */
  enum LabelClock {
    /** The event time of the transaction it speaks of. */
    TRANSACTION,
    /** Its own effective time: a verdict of this minute matters in the next. */
    LABEL
  }

  /**
   * One number divided by another, the default where the divisor is 0.
   *
   * @param dividend an earlier feature or a number field
   * @param divisor an earlier feature or a number field
   */
  record Ratio(String name, String dividend, String divisor, double defaultValue)
      implements Feature {}

  /**
   * An expression over the transaction's fields and earlier features; a condition yields 1 or 0.
   *
   * @param source in the language of {@link io.vigil.model.expression.Expression}
   */
  record Computed(String name, String source, double defaultValue) implements Feature {}
}
