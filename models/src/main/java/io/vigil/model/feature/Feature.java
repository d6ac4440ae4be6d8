package io.vigil.model.feature;

import io.vigil.model.event.Field;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/** One named number of the vector and its definition. */
public sealed interface Feature {

  /** Letters, digits and underscores, not beginning with a digit. */
  String name();

  /** Stands in when there is no value: finite, within the range of float32. */
  double defaultValue();

  /** Found in what is kept of one of the transaction's entities, or of a pair of them. */
  sealed interface Kept extends Feature {
    /** Whose history, and of what. */
    Grouping grouping();

    /** The same feature, found in another history. */
    Kept by(Grouping other);
  }

  /**
   * What the profile of one of the transaction's entities says at its event time.
   *
   * @param grouping of one entity, by its profile
   * @param fact the fact's name
   * @param equalTo 1 where the fact is this, 0 where it is something else; null for its number
   */
  record FromProfile(
      String name, Grouping grouping, String fact, @Nullable String equalTo, double defaultValue)
      implements Kept {
    @Override
    public FromProfile by(Grouping other) {
      return new FromProfile(name, other, fact, equalTo, defaultValue);
    }
  }

  /**
   * Taken from the history of one of the transaction's entities, or of a pair of them.
   *
   * @param of what is aggregated: the field, or null for events and labels
   * @param window null exactly for aggregates that have none
   * @param where only events for which this condition over the event's own fields holds are seen,
   *     in the language of {@link io.vigil.model.expression.Expression}; null for all. What a share
   *     and a streak ask of an event, and last without a field
   * @param parameter quantile: the probability, in (0, 1); decayed aggregates: the half-life,
   *     milliseconds; last and elapsed: how many events back, from 1; 0 for the others
   * @param buckets last of a text: 2 to 65,536, see {@link HashBucket}; 0 for all others
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
      int buckets,
      @Nullable LabelClock labels,
      double defaultValue)
      implements Kept {
    @Override
    public Aggregated by(Grouping other) {
      return new Aggregated(
          name, other, aggregate, of, window, where, parameter, buckets, labels, defaultValue);
    }
  }

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
   * One number less another.
   *
   * @param minuend an earlier feature or a number field
   * @param subtrahend an earlier feature or a number field
   */
  record Difference(String name, String minuend, String subtrahend, double defaultValue)
      implements Feature {}

  /**
   * How many standard deviations a number lies above a mean, the default where the deviation is 0.
   *
   * @param value an earlier feature or a number field
   * @param mean an earlier feature or a number field
   * @param deviation an earlier feature or a number field
   */
  record ZScore(String name, String value, String mean, String deviation, double defaultValue)
      implements Feature {}

  /**
   * An expression over the transaction's fields and earlier features; a condition yields 1 or 0.
   *
   * @param source in the language of {@link io.vigil.model.expression.Expression}
   */
  record Computed(String name, String source, double defaultValue) implements Feature {}

  /**
   * The natural logarithm of 1 + |x| with the sign of x, so that it exists for every x.
   *
   * @param of an earlier feature or a number field
   */
  record Log1p(String name, String of, double defaultValue) implements Feature {}

  /**
   * A number held between two bounds.
   *
   * @param of an earlier feature or a number field
   * @param low the lower bound, finite
   * @param high the upper bound, finite, not below {@code low}
   */
  record Clip(String name, String of, double low, double high, double defaultValue)
      implements Feature {}

  /**
   * 1 where a text equals a value, 0 where it is another, the default where it is missing.
   *
   * @param text a text field, or {@code attributes.KEY}
   */
  record OneHot(String name, String text, String value, double defaultValue) implements Feature {}

  /**
   * XXH64 (seed 0, UTF-8) of a text, taken as an unsigned number, modulo a number of buckets; the
   * default where the text is missing.
   *
   * @param text a text field, {@code mcc} for its four digits, or {@code attributes.KEY}
   * @param buckets 2 to 65,536
   */
  record HashBucket(String name, String text, int buckets, double defaultValue)
      implements Feature {}

  /**
   * Where the event's time stands in a cycle of the calendar: one coordinate of a point on the unit
   * circle, -1 to 1, so that the last hour lies next to the first.
   */
  record Cyclic(String name, Cycle cycle, Wave wave, ZoneId zone) implements Feature {
    /** An event always has a time, so that nothing ever stands in for it. */
    @Override
    public double defaultValue() {
      return 0;
    }
  }

  /** A cycle of the calendar, in whole steps. */
  enum Cycle {
    /** The hour of the day, 0 to 23. */
    HOUR("hour", 24),
    /** The day of the week, 0 (Monday) to 6. */
    WEEKDAY("weekday", 7);

    private final String id;
    private final int steps;

    Cycle(String id, int steps) {
      this.id = id;
      this.steps = steps;
    }

    /** The name that specs use. */
    public String id() {
      return id;
    }

    /** Steps in a cycle. */
    public int steps() {
      return steps;
    }
  }

  /** A coordinate on the unit circle. */
  enum Wave {
    SIN("sin"),
    COS("cos");

    private final String id;

    Wave(String id) {
      this.id = id;
    }

    /** What a feature's name ends with. */
    public String id() {
      return id;
    }
  }
}
