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
    String whose = "this " + a.grouping().id().replace(" x ", " at this ");
    String which = a.where() == null ? "payments" : "payments with " + a.where();
    String within = a.window() == null ? "" : window(a.window());
    String shown = number(scaled(a, value)) + unit(a);
    return switch (a.aggregate()) {
      case COUNT ->
          a.labels() == null
              ? shown + " " + which + " of " + whose + within
              : shown + " payments of " + whose + " reported as fraud" + within;
      case SUM -> shown + " in all, of " + which + " of " + whose + within;
      case MEAN -> "mean of " + which + " of " + whose + within + " is " + shown;
      case STD -> "standard deviation of " + which + " of " + whose + within + " is " + shown;
      case MIN -> "smallest of " + which + " of " + whose + within + " is " + shown;
      case MAX -> "largest of " + which + " of " + whose + within + " is " + shown;
      case QUANTILE ->
          number(100 * a.parameter())
              + " % of "
              + which
              + " of "
              + whose
              + within
              + " are at most "
              + shown;
      case DISTINCT -> shown + " different " + plural(of(a)) + " on " + whose + within;
      case SEEN ->
          value == 0
              ? "this " + of(a) + " is new to " + whose + within
              : "this " + of(a) + " seen " + shown + " times before on " + whose + within;
      case FREQUENCY ->
          "this " + of(a) + " in " + shown + " of the earlier payments of " + whose + within;
      case RATE -> shown + " of the payments of " + whose + within + " were fraud";
      case SHARE -> shown + " of the payments of " + whose + within + " have " + a.where();
      case LAST -> "an earlier payment of " + whose + " was " + shown;
      case ELAPSED -> shown + " since the previous payment of " + whose;
      case FIRST_SEEN -> shown + " since the first payment of " + whose;
      case STREAK -> shown + " payments in a row of " + whose + " with " + a.where();
      case DECAYED_COUNT -> shown + " recent " + which + " of " + whose;
      case DECAYED_SUM -> shown + " spent lately, of " + which + " of " + whose;
      case GEO_DISTANCE, GEO_SPEED -> shown + " from the previous payment of " + whose;
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
      case RATE, SHARE, FREQUENCY -> 100 * value;
      default -> value;
    };
  }

  private static String unit(Feature.Aggregated a) {
    return switch (a.aggregate()) {
      case RATE, SHARE, FREQUENCY -> " %";
      case ELAPSED, FIRST_SEEN -> " s";
      case GEO_DISTANCE -> " km";
      case GEO_SPEED -> " km/h";
      default -> "";
    };
  }

  private static String window(Window window) {
    if (window.kind() == Window.Kind.LIFETIME) {
      return " ever";
    }
    if (window.kind() == Window.Kind.EVENTS) {
      return " among the newest " + window.events();
    }
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
