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
   * Taken from the history of one of the transaction's entities.
   *
   * @param of the field that is aggregated; null for events and labels
   * @param window null exactly for aggregates that have none
   */
  record Aggregated(
      String name,
      Entity entity,
      Aggregate aggregate,
      @Nullable Field of,
      @Nullable Window window,
      double defaultValue)
      implements Feature {}

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
