package io.vigil.job.decide;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import io.vigil.model.feature.Aggregate;
import io.vigil.model.feature.Backfill;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.Grouping;
import io.vigil.model.feature.History;
import io.vigil.model.feature.Window;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Says what a feature's value means, in a sentence that a person can check: beside what the entity
 * itself usually does, where the vector holds that, else beside what the model takes for typical.
 * Amounts are in major units of the base currency. Immutable.
 */
final class FeatureText {
  private static final long MINUTE_MS = 60_000L;
  private static final long HOUR_MS = 60 * MINUTE_MS;
  private static final long DAY_MS = 24 * HOUR_MS;
  private static final String AMOUNT = Field.AMOUNT.id();

  private final List<Feature> features;
  private final Map<String, Integer> indexes = new HashMap<>();
  private final Set<String> conditions = new HashSet<>();

  FeatureText(FeatureSpec spec) {
    features = spec.features();
    for (int i = 0; i < features.size(); i++) {
      if (features.get(i) instanceof Feature.Computed c && isCondition(c)) {
        conditions.add(c.name());
      }
      indexes.put(features.get(i).name(), i);
    }
  }

  private boolean isCondition(Feature.Computed computed) {
    try {
      List<String> earlier = List.copyOf(indexes.keySet());
      return Expression.parse(computed.source(), earlier).type() == Expression.Type.BOOLEAN;
    } catch (ExpressionException e) {
      throw new IllegalArgumentException(
          "feature " + computed.name() + ": a spec holds only expressions that were read", e);
    }
  }

  /**
   * @param name a feature of the spec
   * @param values the vector, in spec order
   * @param usual what is typical of it, in its own unit; NaN leaves that out
   * @throws IllegalArgumentException when the spec has no such feature
   */
  String of(String name, Facts facts, double[] values, double usual) {
    Feature feature = features.get(index(name));
    double value = values[index(name)];
    if (feature instanceof Feature.Aggregated a) {
      return aggregated(a, facts, values, value, usual);
    }
    if (feature instanceof Feature.FromProfile p) {
      return profile(p, facts, value, usual);
    }
    if (feature instanceof Feature.Ratio r) {
      return ratio(r, facts, values, value, usual);
    }
    if (feature instanceof Feature.Difference d) {
      return compared(d.minuend(), facts, values)
          + " is "
          + plain(Math.abs(value))
          + (value < 0 ? " below " : " above ")
          + standard(d.subtrahend(), facts, values)
          + usually(usual, plain(usual));
    }
    if (feature instanceof Feature.ZScore z) {
      return compared(z.value(), facts, values)
          + " is "
          + plain(Math.abs(value))
          + " standard deviations "
          + (value < 0 ? "below " : "above ")
          + standard(z.mean(), facts, values);
    }
    if (feature instanceof Feature.Log1p l) {
      // What is typical of a logarithm is not the logarithm of what is typical.
      return operand(l.of(), facts, values, Double.NaN);
    }
    if (feature instanceof Feature.Clip c) {
      return operand(c.of(), facts, values, usual);
    }
    if (feature instanceof Feature.Cyclic c) {
      ZonedDateTime time = Instant.ofEpochMilli(facts.eventTimeMs()).atZone(c.zone());
      return c.cycle() == Feature.Cycle.HOUR
          ? "paid at " + time.getHour() + " o'clock, " + c.zone()
          : "paid on a " + time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ROOT);
    }
    if (feature instanceof Feature.OneHot h) {
      return condition(h.text().replace('_', ' ') + " " + h.value(), value, usual);
    }
    if (feature instanceof Feature.Computed c && c.source().strip().equals(AMOUNT)) {
      return amount(facts, values, usual);
    }
    if (conditions.contains(name)) {
      return condition(words(name), value, usual);
    }
    return words(name) + " is " + plain(value) + usually(usual, plain(usual));
  }

  private String operand(String name, Facts facts, double[] values, double usual) {
    if (indexes.containsKey(name)) {
      return of(name, facts, values, usual);
    }
    return name.equals(AMOUNT)
        ? amount(facts, values, usual)
        : words(name) + " is " + plain(number(name, facts, values)) + usually(usual, plain(usual));
  }

  /** The amount beside the account's own mean, or else the card's or the customer's. */
  private String amount(Facts facts, double[] values, double usual) {
    for (Entity entity : new Entity[] {Entity.ACCOUNT, Entity.CARD, Entity.CUSTOMER}) {
      Feature.Aggregated mean = longest(Grouping.of(entity), Aggregate.MEAN);
      if (mean != null && values[index(mean.name())] > 0) {
        return times(AMOUNT, mean, facts, values);
      }
    }
    return compared(AMOUNT, facts, values) + usually(usual, money(usual));
  }

  private String ratio(Feature.Ratio r, Facts facts, double[] values, double value, double usual) {
    String known = usually(usual, plain(usual) + " x");
    if (number(r.divisor(), facts, values) == 0) {
      return compared(r.dividend(), facts, values)
          + ", and "
          + noun(r.divisor())
          + " is not known"
          + known;
    }
    return compared(r.dividend(), facts, values)
        + " is "
        + plain(value)
        + " x "
        + standard(r.divisor(), facts, values)
        + known;
  }

  /** A default may stand for what nobody said. */
  private static String profile(Feature.FromProfile p, Facts facts, double value, double usual) {
    if (p.grouping().key(facts) == null) {
      return "no " + p.grouping().names() + " given";
    }
    String what = words(p.fact()) + " of " + whose(p.grouping());
    return p.equalTo() == null
        ? what + " is " + plain(value) + usually(usual, plain(usual))
        : condition(what + " is " + p.equalTo(), value, usual);
  }

  private String aggregated(
      Feature.Aggregated a, Facts facts, double[] values, double value, double usual) {
    if (a.grouping().key(facts) == null) {
      return "no " + a.grouping().names().replace(" x ", " or no ") + " given";
    }
    Field field = a.of();
    boolean absent = field != null && field.type() == Field.Type.TEXT && facts.text(field) == null;
    String whose = whose(a.grouping());
    String payment = payment(a);
    String which = payment + (a.where() == null ? "s" : "s with " + a.where());
    String within = a.window() == null ? "" : window(a.window());
    String typical = usually(usual, shown(a, usual));
    String shown = shown(a, value);
    return switch (a.aggregate()) {
      case COUNT ->
          a.labels() == null
              ? shown + " " + which + " of " + whose + within + rest(a, values, value, typical)
              : shown + " " + which + " of " + whose + " reported as fraud" + within + typical;
      case SUM ->
          shown
              + " in all, of "
              + which
              + " of "
              + whose
              + within
              + rest(a, values, value, typical);
      case MEAN, MIN, MAX, QUANTILE ->
          value > 0 ? times(AMOUNT, a, facts, values) : noun(a) + " is " + shown + typical;
      case STD -> noun(a) + " is " + shown + typical;
      case DISTINCT -> shown + " different " + plural(of(a)) + " on " + whose + within + typical;
      case SEEN ->
          absent
              ? "no " + of(a) + " given"
              : value == 0
                  ? "this "
                      + of(a)
                      + " is new to "
                      + whose
                      + within
                      + usually(usual, "seen " + shown(a, usual) + " times before")
                  : "this "
                      + of(a)
                      + " seen "
                      + shown
                      + " times before on "
                      + whose
                      + within
                      + typical;
      case FREQUENCY ->
          absent
              ? "no " + of(a) + " given"
              : "this "
                  + of(a)
                  + " in "
                  + shown
                  + " of the earlier "
                  + payment
                  + "s of "
                  + whose
                  + within
                  + typical;
      case RATE ->
          shown + " of the payments of " + whose + within + " were reported as fraud" + typical;
      case SHARE ->
          shown + " of the " + payment + "s of " + whose + within + " have " + a.where() + typical;
      case LAST -> "an earlier " + payment + " of " + whose + " was " + shown + typical;
      case ELAPSED -> shown + " since the previous " + payment + " of " + whose + typical;
      case FIRST_SEEN -> shown + " since the first " + payment + " of " + whose + typical;
      case STREAK -> shown + " payments in a row of " + whose + " with " + a.where() + typical;
      case DECAYED_COUNT -> shown + " recent " + which + " of " + whose + typical;
      case DECAYED_SUM -> shown + " spent lately, of " + which + " of " + whose + typical;
      case GEO_DISTANCE, GEO_SPEED -> shown + " from the previous payment of " + whose + typical;
    };
  }

  /**
   * What the entity does in a span of that length on average, from the rest of its longest window
   * of the same kind, so that a burst is not held against itself.
   */
  private String rest(Feature.Aggregated a, double[] values, double value, String otherwise) {
    Window window = a.window();
    Feature.Aggregated whole = longest(a);
    if (whole == null || window == null) {
      return otherwise;
    }
    double spans = (double) (length(whole) - window.lengthMs()) / window.lengthMs();
    double mean = Math.max(0, values[index(whole.name())] - value) / spans;
    return ", " + shown(a, mean) + " on average in the rest of " + span(length(whole));
  }

  /** The same over a longer time; null when there is none. */
  private Feature.@Nullable Aggregated longest(Feature.Aggregated a) {
    Feature.Aggregated longest = null;
    for (Feature feature : features) {
      if (feature instanceof Feature.Aggregated other
          && sameButLength(a, other)
          && length(other) > Math.max(length(a), longest == null ? 0 : length(longest))) {
        longest = other;
      }
    }
    return longest;
  }

  /** Where their states are kept makes no difference. */
  private static boolean sameHistory(Grouping one, Grouping other) {
    return one.by(Backfill.NONE).equals(other.by(Backfill.NONE));
  }

  private static boolean sameButLength(Feature.Aggregated a, Feature.Aggregated other) {
    Window one = a.window();
    Window two = other.window();
    return other.aggregate() == a.aggregate()
        && sameHistory(other.grouping(), a.grouping())
        && other.of() == a.of()
        && Objects.equals(other.where(), a.where())
        && other.labels() == a.labels()
        && one != null
        && two != null
        && one.kind() == Window.Kind.TIME
        && two.kind() == Window.Kind.TIME
        && one.delayMs() == two.delayMs()
        && one.includesCurrent() == two.includesCurrent();
  }

  /** The aggregate of all amounts over the longest time; null when there is none. */
  private Feature.@Nullable Aggregated longest(Grouping grouping, Aggregate aggregate) {
    Feature.Aggregated longest = null;
    for (Feature feature : features) {
      if (feature instanceof Feature.Aggregated a
          && a.aggregate() == aggregate
          && sameHistory(a.grouping(), grouping)
          && a.where() == null
          && length(a) > (longest == null ? 0 : length(longest))) {
        longest = a;
      }
    }
    return longest;
  }

  private static long length(Feature.Aggregated a) {
    return a.window() == null ? 0 : a.window().lengthMs();
  }

  /** {@code amount 77.00 is 6.21 x this account's 30-day mean of 12.40}. */
  private String times(String what, Feature.Aggregated standard, Facts facts, double[] values) {
    double times = number(what, facts, values) / values[index(standard.name())];
    return compared(what, facts, values)
        + " is "
        + plain(times)
        + " x "
        + standard(standard.name(), facts, values);
  }

  /** What is held against something: {@code amount 77.00}. */
  private String compared(String name, Facts facts, double[] values) {
    return noun(name) + " " + shown(name, number(name, facts, values));
  }

  /** What something is held against: {@code this account's 30-day mean of 12.40}. */
  private String standard(String name, Facts facts, double[] values) {
    return noun(name) + " of " + shown(name, number(name, facts, values));
  }

  private double number(String name, Facts facts, double[] values) {
    Integer index = indexes.get(name);
    if (index != null) {
      return values[index];
    }
    Field field = Field.byId(name);
    return field == null ? Double.NaN : facts.number(field);
  }

  private String noun(String name) {
    Integer index = indexes.get(name);
    Feature feature = index == null ? null : features.get(index);
    if (feature instanceof Feature.Aggregated a) {
      return noun(a);
    }
    return isAmount(feature) ? AMOUNT : words(name);
  }

  private static String noun(Feature.Aggregated a) {
    String what =
        switch (a.aggregate()) {
          case COUNT, DECAYED_COUNT ->
              a.labels() == null ? "count of " + payment(a) + "s" : "count of frauds";
          case SUM, DECAYED_SUM -> "total";
          case MEAN -> "mean";
          case STD -> "standard deviation";
          case MIN -> "lowest";
          case MAX -> "highest";
          case QUANTILE -> plain(100 * a.parameter()) + " % quantile";
          case LAST -> "earlier " + payment(a);
          case ELAPSED -> "pause";
          case FIRST_SEEN -> "age";
          default -> words(a.name());
        };
    String which = a.where() == null ? "" : " of " + payment(a) + "s with " + a.where();
    return whose(a.grouping()) + "'s " + adjective(a.window()) + what + which;
  }

  private String shown(String name, double value) {
    Integer index = indexes.get(name);
    Feature feature = index == null ? null : features.get(index);
    if (feature instanceof Feature.Aggregated a) {
      return shown(a, value);
    }
    return isAmount(feature) || name.equals(AMOUNT) ? money(value) : plain(value);
  }

  private static boolean isAmount(@Nullable Feature feature) {
    return feature instanceof Feature.Computed c && c.source().strip().equals(AMOUNT);
  }

  private int index(String name) {
    Integer index = indexes.get(name);
    if (index == null) {
      throw new IllegalArgumentException("expected a feature of the spec, got " + name);
    }
    return index;
  }

  /** What is usual is 0 or 1, or a share of payments. */
  private static String condition(String what, double value, double usual) {
    String known = "";
    if (usual == 0 || usual == 1) {
      known = usual == 0 ? ", usually no" : ", usually yes";
    } else if (!Double.isNaN(usual)) {
      known = ", true of " + plain(100 * usual) + " % of payments";
    }
    return what + (value == 0 ? ": no" : ": yes") + known;
  }

  private static String usually(double usual, String shown) {
    return Double.isNaN(usual) ? "" : ", usually " + shown;
  }

  private static String whose(Grouping grouping) {
    return "this " + grouping.names().replace(" x ", " at this ");
  }

  /** What the history is made of: a payment, or a {@code payee changed event}. */
  private static String payment(Feature.Aggregated a) {
    History history = a.grouping().history();
    return history.equals(History.TRANSACTIONS) ? "payment" : words(history.kind()) + " event";
  }

  private static String of(Feature.Aggregated a) {
    Field field = a.of();
    return field == null ? "value" : words(field.id());
  }

  private static String plural(String noun) {
    return noun.endsWith("y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
  }

  private static String shown(Feature.Aggregated a, double value) {
    return switch (a.aggregate()) {
      case SUM, MEAN, STD, MIN, MAX, QUANTILE, LAST, DECAYED_SUM -> money(value);
      case RATE, SHARE, FREQUENCY -> plain(100 * value) + " %";
      case ELAPSED, FIRST_SEEN -> duration(value);
      case GEO_DISTANCE -> plain(value) + " km";
      case GEO_SPEED -> plain(value) + " km/h";
      case COUNT, DISTINCT, SEEN, STREAK, DECAYED_COUNT -> plain(value);
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

  private static String adjective(@Nullable Window window) {
    if (window == null || window.kind() == Window.Kind.LIFETIME) {
      return "";
    }
    return window.kind() == Window.Kind.EVENTS
        ? window.events() + "-payment "
        : span(window.lengthMs()).replaceAll("s$", "").replace(' ', '-') + " ";
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

  /** In the unit that leaves few digits. */
  private static String duration(double seconds) {
    double ms = seconds * 1000;
    if (ms >= 2 * DAY_MS) {
      return plain(ms / DAY_MS) + " days";
    }
    if (ms >= 2 * HOUR_MS) {
      return plain(ms / HOUR_MS) + " h";
    }
    return ms >= 2 * MINUTE_MS ? plain(ms / MINUTE_MS) + " min" : plain(seconds) + " s";
  }

  private static String words(String name) {
    return name.replace('_', ' ');
  }

  private static String money(double value) {
    return String.format(Locale.ROOT, "%,.2f", value);
  }

  /** Two decimals where they matter, none where they don't. */
  private static String plain(double value) {
    boolean whole = value == StrictMath.rint(value) || StrictMath.abs(value) >= 1000;
    return String.format(Locale.ROOT, whole ? "%,.0f" : "%,.2f", value);
  }
}
