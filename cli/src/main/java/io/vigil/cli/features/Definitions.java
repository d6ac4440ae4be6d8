package io.vigil.cli.features;

import io.vigil.model.event.Field;
import io.vigil.model.feature.Aggregate;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.Window;
import java.util.StringJoiner;

/** Features in words: those of the spec. */
public final class Definitions {
  private static final long MINUTE_MS = 60_000;
  private static final long HOUR_MS = 60 * MINUTE_MS;
  private static final long DAY_MS = 24 * HOUR_MS;

  private Definitions() {}

  /** What makes the number: {@code aggregate}, {@code ratio} or {@code expression}. */
  public static String kind(Feature feature) {
    if (feature instanceof Feature.Aggregated) {
      return "aggregate";
    }
    return feature instanceof Feature.Ratio ? "ratio" : "expression";
  }

  /** Everything that the spec says of the feature but its name and default. */
  public static String of(Feature feature) {
    if (feature instanceof Feature.Aggregated aggregated) {
      return "entity: " + aggregated.entity().field().id() + ", " + aggregate(aggregated);
    }
    if (feature instanceof Feature.Ratio ratio) {
      return "ratio: [" + ratio.dividend() + ", " + ratio.divisor() + "]";
    }
    return "expression: " + ((Feature.Computed) feature).source();
  }

  /** What is taken over an entity's events. */
  public static String aggregate(Feature.Aggregated feature) {
    StringJoiner words = new StringJoiner(", ");
    words.add("aggregate: " + feature.aggregate().id());
    Field of = feature.of();
    if (of != null) {
      words.add("of: " + of.id());
    } else if (feature.aggregate() == Aggregate.RATE) {
      words.add("of: fraud_label");
    }
    Window window = feature.window();
    if (window != null) {
      words.add("window: " + duration(window.lengthMs()));
      if (window.delayMs() > 0) {
        words.add("delay: " + duration(window.delayMs()));
      } else if (!window.includesCurrent() && feature.aggregate() != Aggregate.SEEN) {
        words.add("include_current: false");
      }
    }
    return words.toString();
  }

  /** A default without needless digits. */
  public static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static String duration(long ms) {
    if (ms % DAY_MS == 0) {
      return ms / DAY_MS + "d";
    }
    return ms % HOUR_MS == 0 ? ms / HOUR_MS + "h" : ms / MINUTE_MS + "m";
  }
}
