package io.vigil.cli.features;

import io.vigil.model.event.Field;
import io.vigil.model.feature.Aggregate;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.History;
import io.vigil.model.feature.Window;
import java.util.StringJoiner;

/** Features in words: those of the spec. */
public final class Definitions {
  private static final long MINUTE_MS = 60_000;
  private static final long HOUR_MS = 60 * MINUTE_MS;
  private static final long DAY_MS = 24 * HOUR_MS;

  private Definitions() {}

  /** What makes the number: the key that says so in the spec. */
  public static String kind(Feature feature) {
    if (feature instanceof Feature.Aggregated) {
      return "aggregate";
    }
    String definition = of(feature);
    return definition.substring(0, definition.indexOf(':'));
  }

  /** Everything that the spec says of the feature but its name and default. */
  public static String of(Feature feature) {
    if (feature instanceof Feature.Aggregated aggregated) {
      return "entity: " + aggregated.grouping().names() + ", " + kept(aggregated);
    }
    if (feature instanceof Feature.FromProfile fact) {
      String words = kept(fact);
      int end = words.contains(",") ? words.indexOf(',') : words.length();
      return words.substring(0, end)
          + ", entity: "
          + fact.grouping().names()
          + words.substring(end);
    }
    if (feature instanceof Feature.Ratio ratio) {
      return "ratio: [" + ratio.dividend() + ", " + ratio.divisor() + "]";
    }
    if (feature instanceof Feature.Difference difference) {
      return "difference: [" + difference.minuend() + ", " + difference.subtrahend() + "]";
    }
    if (feature instanceof Feature.ZScore z) {
      return "zscore: [" + z.value() + ", " + z.mean() + ", " + z.deviation() + "]";
    }
    if (feature instanceof Feature.Log1p log) {
      return "log1p: " + log.of();
    }
    if (feature instanceof Feature.Clip clip) {
      return "clip: "
          + clip.of()
          + ", low: "
          + number(clip.low())
          + ", high: "
          + number(clip.high());
    }
    if (feature instanceof Feature.OneHot hot) {
      return "one_hot: " + hot.text() + ", value: " + hot.value();
    }
    if (feature instanceof Feature.HashBucket bucket) {
      return "hash_bucket: " + bucket.text() + ", buckets: " + bucket.buckets();
    }
    if (feature instanceof Feature.Cyclic cyclic) {
      return "cyclic: "
          + cyclic.cycle().id()
          + ", "
          + cyclic.wave().id()
          + ", zone: "
          + cyclic.zone().getId();
    }
    return "expression: " + ((Feature.Computed) feature).source();
  }

  /** What is taken of what is kept of an entity. */
  public static String kept(Feature.Kept feature) {
    if (feature instanceof Feature.FromProfile fact) {
      String equalTo = fact.equalTo();
      return "fact: " + fact.fact() + (equalTo == null ? "" : ", equals: " + equalTo);
    }
    return aggregate((Feature.Aggregated) feature);
  }

  private static String aggregate(Feature.Aggregated feature) {
    StringJoiner words = new StringJoiner(", ");
    words.add("aggregate: " + feature.aggregate().id());
    String event = feature.grouping().history().kind();
    if (!event.isEmpty()) {
      words.add("event: " + event);
    }
    Field of = feature.of();
    if (of != null) {
      words.add("of: " + of.id());
    }
    Feature.LabelClock labels = feature.labels();
    if (labels != null) {
      words.add("of: fraud_label");
      if (labels == Feature.LabelClock.LABEL) {
        words.add("by: label");
      }
    }
    Window window = feature.window();
    if (window != null) {
      window(feature, window, words);
    }
    switch (feature.aggregate()) {
      case QUANTILE -> words.add("q: " + number(feature.parameter()));
      case LAST, ELAPSED -> {
        if (feature.parameter() != 1) {
          words.add("back: " + number(feature.parameter()));
        }
      }
      case DECAYED_COUNT, DECAYED_SUM ->
          words.add("half_life: " + duration((long) feature.parameter()));
      default -> {}
    }
    if (feature.buckets() > 0) {
      words.add("buckets: " + feature.buckets());
    }
    if (feature.where() != null) {
      words.add("where: " + feature.where());
    }
    return words.toString();
  }

  private static void window(Feature.Aggregated feature, Window window, StringJoiner words) {
    switch (window.kind()) {
      case TIME -> words.add("window: " + duration(window.lengthMs()));
      case EVENTS -> words.add("last: " + window.events());
      case LIFETIME -> words.add("window: lifetime");
    }
    if (window.resolutionMs() > 0) {
      words.add("resolution: " + duration(window.resolutionMs()));
    }
    boolean earlierOnly =
        feature.aggregate() == Aggregate.SEEN
            || feature.aggregate() == Aggregate.FREQUENCY
            || !feature.grouping().history().equals(History.TRANSACTIONS);
    if (window.delayMs() > 0) {
      words.add("delay: " + duration(window.delayMs()));
    } else if (!window.includesCurrent() && !earlierOnly) {
      words.add("include_current: false");
    }
  }

  /** A default without needless digits. */
  public static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  /** As specs write it: a whole number of days, hours or minutes. */
  public static String duration(long ms) {
    if (ms % DAY_MS == 0) {
      return ms / DAY_MS + "d";
    }
    return ms % HOUR_MS == 0 ? ms / HOUR_MS + "h" : ms / MINUTE_MS + "m";
  }
}
