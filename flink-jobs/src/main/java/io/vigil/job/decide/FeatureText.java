package io.vigil.job.decide;

import io.vigil.model.event.Field;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.Window;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Says what a feature's value means, in a sentence that a person can check. Immutable. */
final class FeatureText {
  private static final long MINUTE_MS = 60_000L;
  private static final long HOUR_MS = 60 * MINUTE_MS;
  private static final long DAY_MS = 24 * HOUR_MS;

  private final Map<String, Feature> features = new HashMap<>();

  FeatureText(FeatureSpec spec) {
    for (Feature feature : spec.features()) {
      features.put(feature.name(), feature);
    }
  }

  /**
   * @param name a feature of the spec
   * @param value its value, in its own unit
   * @param usual what is usual, in the same unit
   */
  String of(String name, double value, double usual) {
    Feature feature = features.get(name);
    if (feature instanceof Feature.Aggregated a) {
      return aggregated(a, value) + ", usually " + number(scaled(a, usual)) + unit(a);
    }
    if (feature instanceof Feature.Ratio r) {
      return words(r.dividend())
          + " is "
          + number(value)
          + " x "
          + words(r.divisor())
          + ", usually "
          + number(usual)
          + " x";
    }
    return words(name) + " is " + number(value) + ", usually " + number(usual);
  }

  private static String aggregated(Feature.Aggregated a, double value) {
    String whose = "this " + a.entity().field().id();
    String within = a.window() == null ? "" : window(a.window());
    String shown = number(scaled(a, value)) + unit(a);
    return switch (a.aggregate()) {
      case COUNT -> shown + " payments of " + whose + within;
      case SUM -> shown + " in all on " + whose + within;
      case MEAN -> "mean payment of " + whose + within + " is " + shown;
      case MIN -> "smallest payment of " + whose + within + " is " + shown;
      case MAX -> "largest payment of " + whose + within + " is " + shown;
      case DISTINCT -> shown + " different " + plural(of(a)) + " on " + whose + within;
      case SEEN -> "this " + of(a) + " seen " + shown + " times before on " + whose + within;
      case RATE -> shown + " of the payments of " + whose + within + " were fraud";
      case ELAPSED -> shown + " since the previous payment of " + whose;
      case GEO_SPEED -> shown + " since the previous payment of " + whose;
    };
  }

  private static String of(Feature.Aggregated a) {
    Field field = a.of();
    return field == null ? "value" : field.id().replace('_', ' ');
  }

  private static String plural(String noun) {
    return noun.endsWith("y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
  }

  private static double scaled(Feature.Aggregated a, double value) {
    return switch (a.aggregate()) {
      case RATE -> 100 * value;
      default -> value;
    };
  }

  private static String unit(Feature.Aggregated a) {
    return switch (a.aggregate()) {
      case RATE -> " %";
      case ELAPSED -> " s";
      case GEO_SPEED -> " km/h";
      default -> "";
    };
  }

  private static String window(Window window) {
    String length = " in " + span(window.lengthMs());
    return window.delayMs() == 0 ? length : length + " up to " + span(window.delayMs()) + " ago";
  }

  private static String span(long ms) {
    if (ms % DAY_MS == 0 && ms > DAY_MS) {
      return ms / DAY_MS + " days";
    }
    if (ms % HOUR_MS == 0) {
      return ms / HOUR_MS + " h";
    }
    return ms / MINUTE_MS + " min";
  }

  private static String words(String name) {
    return name.replace('_', ' ');
  }

  /** Two decimals where they matter, none where they don't. */
  private static String number(double value) {
    boolean whole = value == StrictMath.rint(value) || StrictMath.abs(value) >= 1000;
    return String.format(Locale.ROOT, whole ? "%,.0f" : "%,.2f", value);
  }
}
