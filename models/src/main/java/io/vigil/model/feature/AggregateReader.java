package io.vigil.model.feature;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the features that look at a history. For one spec. */
final class AggregateReader {
  private static final String LABEL = "fraud_label";
  private static final int BACK_MAX = 256;

  /** What can be kept up to date without the events themselves. */
  private static final Set<Aggregate> RUNNING =
      EnumSet.of(
          Aggregate.COUNT,
          Aggregate.SUM,
          Aggregate.MEAN,
          Aggregate.STD,
          Aggregate.MIN,
          Aggregate.MAX,
          Aggregate.SHARE);

  private static final Set<Aggregate> CONDITIONAL =
      EnumSet.of(
          Aggregate.COUNT,
          Aggregate.SUM,
          Aggregate.MEAN,
          Aggregate.STD,
          Aggregate.MIN,
          Aggregate.MAX,
          Aggregate.QUANTILE,
          Aggregate.SHARE,
          Aggregate.LAST,
          Aggregate.STREAK,
          Aggregate.DECAYED_COUNT,
          Aggregate.DECAYED_SUM);

  private static final Set<Aggregate> OF_EARLIER = EnumSet.of(Aggregate.SEEN, Aggregate.FREQUENCY);
  private static final Set<Aggregate> BACKWARD = EnumSet.of(Aggregate.LAST, Aggregate.ELAPSED);
  private static final Set<Aggregate> DECAYED =
      EnumSet.of(Aggregate.DECAYED_COUNT, Aggregate.DECAYED_SUM);

  /** What is asked of events. */
  private static final Set<Aggregate> ABOUT_EVENTS =
      EnumSet.of(
          Aggregate.COUNT,
          Aggregate.DISTINCT,
          Aggregate.SEEN,
          Aggregate.FREQUENCY,
          Aggregate.SHARE,
          Aggregate.LAST,
          Aggregate.ELAPSED,
          Aggregate.FIRST_SEEN,
          Aggregate.DECAYED_COUNT);

  /** What an event may have of what a transaction has. */
  private static final Set<Field> OF_EVENTS =
      EnumSet.of(
          Field.ACCOUNT,
          Field.CARD,
          Field.MERCHANT,
          Field.TERMINAL,
          Field.DEVICE,
          Field.IP,
          Field.COUNTERPARTY,
          Field.CUSTOMER);

  private final SpecNames names;
  private final Map<Grouping, Set<String>> conditions = new HashMap<>();

  AggregateReader(SpecNames names) {
    this.names = names;
  }

  Feature.Aggregated aggregated(SpecMapping map, String name) {
    if (map.has("label_by")) {
      throw map.error("label_by", "expected the key by, which is what label_by is called now");
    }
    map.allow(FeatureKind.AGGREGATE.legal());
    names.claim(map, name);
    Grouping entities = grouping(map, "entity");
    Aggregate aggregate = Aggregate.byId(map.text("aggregate"));
    if (aggregate == null) {
      throw map.unexpected("aggregate", ids(EnumSet.allOf(Aggregate.class)));
    }
    boolean events = map.has("event");
    Grouping grouping = events ? entities.by(events(map, aggregate)) : entities;
    Field of = of(map, aggregate);
    if (events && of != null && !OF_EVENTS.contains(of)) {
      throw map.unexpected("of", OF_EVENTS.stream().map(Field::id).toList());
    }
    Feature.LabelClock labels = labels(map, aggregate);
    Window window = aggregate.windowed() ? window(map, aggregate, labels != null) : null;
    if (window == null) {
      for (String key : List.of("window", "last", "resolution", "delay", "include_current")) {
        map.refuse(key, "which " + aggregate.id() + " has not");
      }
    }
    String where = where(map, aggregate, of, labels != null, grouping);
    if (events && where != null) {
      requireOfEvents(map, where);
    }
    double parameter = parameter(map, aggregate);
    int buckets = buckets(map, aggregate, of);
    double otherwise = map.has("default") ? map.number("default") : 0;
    return new Feature.Aggregated(
        name, grouping, aggregate, of, window, where, parameter, buckets, labels, otherwise);
  }

  static Grouping grouping(SpecMapping map, String key) {
    List<String> ids = map.textOrTexts(key);
    List<Entity> entities = new ArrayList<>();
    for (String id : ids) {
      Entity entity = Entity.byId(id);
      if (entity == null) {
        throw map.error(
            key,
            "expected one of %s, or a pair of them, got '%s'"
                .formatted(
                    Arrays.stream(Entity.values())
                        .map(known -> known.field().id())
                        .collect(Collectors.joining(", ")),
                    id));
      }
      entities.add(entity);
    }
    if (map.isText(key)) {
      return Grouping.of(entities.get(0));
    }
    if (entities.size() != 2 || entities.get(0) == entities.get(1)) {
      throw map.error(
          key,
          "expected an entity or a pair of two different ones, got ["
              + String.join(", ", ids)
              + "]");
    }
    return Grouping.of(entities.get(0), entities.get(1));
  }

  /** Of which events; a transaction is looked at from outside, and an event has no amount. */
  private static History events(SpecMapping map, Aggregate aggregate) {
    if (!ABOUT_EVENTS.contains(aggregate)) {
      throw map.error(
          "event",
          "expected one of %s beside it, got %s"
              .formatted(String.join(", ", ids(ABOUT_EVENTS)), aggregate.id()));
    }
    String kind = map.text("event");
    if (!History.KIND.matcher(kind).matches()) {
      throw map.error(
          "event",
          "expected a kind of event in snake_case, such as payee_changed, got '" + kind + "'");
    }
    if (aggregate == Aggregate.COUNT) {
      map.refuse("of", "as no event is labelled fraud");
    }
    return History.events(kind);
  }

  private static @Nullable Field of(SpecMapping map, Aggregate aggregate) {
    switch (aggregate.of()) {
      case NOTHING -> {
        map.refuse("of", "which " + aggregate.id() + " has not");
        return null;
      }
      case NOTHING_OR_LABEL -> {
        if (map.has("of")) {
          requireOf(map, LABEL);
        }
        return null;
      }
      case FRAUD_LABEL -> {
        requireOf(map, LABEL);
        return null;
      }
      case AMOUNT -> {
        requireOf(map, Field.AMOUNT.id());
        return Field.AMOUNT;
      }
      case TEXT -> {
        String id = of(map, SpecNames.categories());
        Field field = Field.byId(id);
        if (field == null || !SpecNames.isCategory(field)) {
          throw map.unexpected("of", SpecNames.categories());
        }
        return field;
      }
      case AMOUNT_OR_CODE_OR_NOTHING -> {
        return map.has("where") && !map.has("of") ? null : past(map);
      }
    }
    throw new AssertionError(aggregate);
  }

  private static Field past(SpecMapping map) {
    List<String> legal = new ArrayList<>(List.of(Field.AMOUNT.id()));
    legal.addAll(Codes.ids());
    if (!map.has("of")) {
      throw map.error(
          "of", "missing, expected one of %s; or where".formatted(String.join(", ", legal)));
    }
    String id = map.text("of");
    return id.equals(Field.AMOUNT.id()) ? Field.AMOUNT : code(map, legal);
  }

  /**
   * A field whose values fall into buckets.
   *
   * @param legal what the message of any other text says
   */
  static Field code(SpecMapping map, List<String> legal) {
    Field field = Field.byId(map.text("of"));
    if (field == null || !Codes.fields().contains(field)) {
      throw map.unexpected("of", legal);
    }
    return field;
  }

  private static int buckets(SpecMapping map, Aggregate aggregate, @Nullable Field of) {
    if (aggregate == Aggregate.LAST && of != null && of != Field.AMOUNT) {
      return DerivedReader.buckets(map);
    }
    map.refuse("buckets", "only last of a text or of mcc has it");
    return 0;
  }

  private static void requireOf(SpecMapping map, String legal) {
    if (!of(map, List.of(legal)).equals(legal)) {
      throw map.unexpected("of", List.of(legal));
    }
  }

  private static String of(SpecMapping map, List<String> legal) {
    if (!map.has("of")) {
      throw map.error("of", "missing, expected one of " + String.join(", ", legal));
    }
    return map.text("of");
  }

  private static Feature.@Nullable LabelClock labels(SpecMapping map, Aggregate aggregate) {
    boolean labels = aggregate == Aggregate.RATE || (aggregate == Aggregate.COUNT && map.has("of"));
    if (!labels) {
      map.refuse("by", "only a rate and a count of fraud_label have it");
      return null;
    }
    if (!map.has("by")) {
      return Feature.LabelClock.TRANSACTION;
    }
    return switch (map.text("by")) {
      case "transaction" -> Feature.LabelClock.TRANSACTION;
      case "label" -> Feature.LabelClock.LABEL;
      default -> throw map.unexpected("by", List.of("transaction", "label"));
    };
  }

  private static Window window(SpecMapping map, Aggregate aggregate, boolean labels) {
    boolean lifetime = RUNNING.contains(aggregate) && !labels;
    String legal =
        "window: 1m to 90d"
            + (lifetime ? ", window: lifetime" : "")
            + (labels ? "" : ", last: 1 to " + Window.EVENTS_MAX);
    if (map.has("last")) {
      if (map.has("window")) {
        throw map.error("last", "expected either window or last, got both");
      }
      if (labels) {
        map.refuse("last", "as labels are counted by time: expected " + legal);
      }
      refuseOutsideTime(map);
      int events = map.wholeNumber("last", 1, Window.EVENTS_MAX);
      boolean current = includesCurrent(map, aggregate, labels, 0);
      return new Window(Window.Kind.EVENTS, 0, events, 0, current, 0);
    }
    if (!map.has("window")) {
      throw map.error("window", "missing, expected one of " + legal);
    }
    if (map.text("window").equals("lifetime")) {
      if (!lifetime) {
        throw map.error(
            "window",
            "expected one of %s, got 'lifetime', which only %s of events have"
                .formatted(legal, String.join(", ", ids(RUNNING))));
      }
      refuseOutsideTime(map);
      boolean current = includesCurrent(map, aggregate, false, 0);
      return new Window(Window.Kind.LIFETIME, 0, 0, 0, current, 0);
    }
    long lengthMs = map.durationMs("window");
    if (lengthMs < Window.MINUTE_MS || lengthMs > Window.MAX_MS) {
      throw map.error(
          "window",
          "expected a whole number and one of m, h, d, from 1m to 90d%s, got '%s'"
              .formatted(lifetime ? ", or lifetime" : "", map.text("window")));
    }
    long delayMs = delayMs(map);
    boolean current = includesCurrent(map, aggregate, labels, delayMs);
    long resolutionMs =
        map.has("resolution") ? resolutionMs(map, aggregate, labels, lengthMs, delayMs) : 0;
    return new Window(Window.Kind.TIME, lengthMs, 0, delayMs, current, resolutionMs);
  }

  private static void refuseOutsideTime(SpecMapping map) {
    map.refuse("delay", "only a window in time has it");
    map.refuse("resolution", "only a window in time has it");
  }

  private static long delayMs(SpecMapping map) {
    if (!map.has("delay")) {
      return 0;
    }
    long delayMs = map.durationMs("delay");
    if (delayMs > Window.MAX_MS) {
      throw map.error(
          "delay",
          "expected at most 90d, as events are retained for 180d, a window of 90d included, got '"
              + map.text("delay")
              + "'");
    }
    if (delayMs < 0) {
      throw map.error(
          "delay",
          "expected a whole number and one of m, h, d, from 0d to 90d, got '"
              + map.text("delay")
              + "'");
    }
    return delayMs;
  }

  private static boolean includesCurrent(
      SpecMapping map, Aggregate aggregate, boolean labels, long delayMs) {
    if (map.has("event")) {
      map.refuse("include_current", "as the current transaction is none of the events");
      return false;
    }
    if (OF_EARLIER.contains(aggregate)) {
      map.refuse("include_current", "as " + aggregate.id() + " counts earlier events only");
      return false;
    }
    if (labels && aggregate == Aggregate.COUNT) {
      map.refuse("include_current", "as the current event has no label yet");
    }
    if (delayMs > 0) {
      map.refuse("include_current", "as the delay leaves the current event out");
      return false;
    }
    return map.flag("include_current", true);
  }

  private static long resolutionMs(
      SpecMapping map, Aggregate aggregate, boolean labels, long lengthMs, long delayMs) {
    if (!RUNNING.contains(aggregate) || labels) {
      map.refuse(
          "resolution", "only %s of events have it".formatted(String.join(", ", ids(RUNNING))));
    }
    String window = map.text("window");
    String text = map.text("resolution");
    long resolutionMs = map.durationMs("resolution");
    if (resolutionMs < Window.MINUTE_MS || lengthMs % resolutionMs != 0) {
      throw map.error(
          "resolution",
          "expected a whole number and one of m, h, d that divides the window of %s, got '%s'"
              .formatted(window, text));
    }
    if (lengthMs / resolutionMs > Window.PANES_MAX) {
      long finestMs = Window.MINUTE_MS;
      while (lengthMs % finestMs != 0 || lengthMs / finestMs > Window.PANES_MAX) {
        finestMs += Window.MINUTE_MS;
      }
      throw map.error(
          "resolution",
          "expected at most %d panes, so for a window of %s at least %dm, got '%s'"
              .formatted(Window.PANES_MAX, window, finestMs / Window.MINUTE_MS, text));
    }
    long kept = (lengthMs + delayMs) / resolutionMs;
    if (kept > Window.PANES_KEPT_MAX) {
      throw map.error(
          "resolution",
          "expected at most %d panes in the window of %s and its delay of %s, got %d of '%s'"
              .formatted(Window.PANES_KEPT_MAX, window, map.text("delay"), kept, text));
    }
    return resolutionMs;
  }

  private @Nullable String where(
      SpecMapping map, Aggregate aggregate, @Nullable Field of, boolean labels, Grouping grouping) {
    if (aggregate == Aggregate.LAST && of != null) {
      map.refuse("where", "which last of " + of.id() + " has not");
      return null;
    }
    if (!CONDITIONAL.contains(aggregate) || labels) {
      map.refuse("where", "which " + aggregate.id() + (labels ? " of labels" : "") + " has not");
      return null;
    }
    if (!map.has("where")) {
      if (aggregate == Aggregate.SHARE || aggregate == Aggregate.STREAK) {
        throw map.error(
            "where", "missing, expected a condition over fields and attributes of the event");
      }
      return null;
    }
    return condition(map, grouping);
  }

  /** What an event never has would never be so, and nobody would notice. */
  private static void requireOfEvents(SpecMapping map, String where) {
    List<String> fields;
    try {
      fields = Expression.parse(where, List.of()).allReads().fields();
    } catch (ExpressionException e) {
      throw new IllegalStateException("parsed before, not now: " + where, e);
    }
    for (String field : fields) {
      Field known = Field.byId(field);
      if (known != null && known != Field.EVENT_TIME && !OF_EVENTS.contains(known)) {
        throw map.error(
            "where",
            "expected what an event has (%s, event_time, attributes.KEY), got '%s' in: %s"
                .formatted(
                    OF_EVENTS.stream().map(Field::id).collect(Collectors.joining(", ")),
                    field,
                    where));
      }
    }
  }

  /** A condition that events of the grouping are told apart by from now on. */
  String condition(SpecMapping map, Grouping grouping) {
    String where = names.condition(map, "where");
    Set<String> known = conditions.computeIfAbsent(grouping, key -> new HashSet<>());
    if (known.add(where) && known.size() > EntityPlan.CONDITIONS_MAX) {
      throw map.error(
          "where",
          "expected at most %d different conditions for %s, got one more: %s"
              .formatted(EntityPlan.CONDITIONS_MAX, grouping.id(), where));
    }
    return where;
  }

  private static double parameter(SpecMapping map, Aggregate aggregate) {
    requireOnly(map, "q", aggregate == Aggregate.QUANTILE, aggregate);
    requireOnly(map, "back", BACKWARD.contains(aggregate), aggregate);
    requireOnly(map, "half_life", DECAYED.contains(aggregate), aggregate);
    if (aggregate == Aggregate.QUANTILE) {
      if (!map.has("q")) {
        throw map.error("q", "missing, expected a number above 0 and below 1");
      }
      double q = map.number("q");
      if (q <= 0 || q >= 1) {
        throw map.error("q", "expected a number above 0 and below 1, got '" + map.text("q") + "'");
      }
      return q;
    }
    if (BACKWARD.contains(aggregate)) {
      return map.has("back") ? map.wholeNumber("back", 1, BACK_MAX) : 1;
    }
    if (DECAYED.contains(aggregate)) {
      String legal = "expected a whole number and one of m, h, d, from 1m to 90d";
      if (!map.has("half_life")) {
        throw map.error("half_life", "missing, " + legal);
      }
      long halfLifeMs = map.durationMs("half_life");
      if (halfLifeMs < Window.MINUTE_MS || halfLifeMs > Window.MAX_MS) {
        throw map.error("half_life", legal + ", got '" + map.text("half_life") + "'");
      }
      return halfLifeMs;
    }
    return 0;
  }

  private static void requireOnly(SpecMapping map, String key, boolean has, Aggregate aggregate) {
    if (!has) {
      map.refuse(key, "which " + aggregate.id() + " has not");
    }
  }

  private static List<String> ids(Set<Aggregate> aggregates) {
    return aggregates.stream().map(Aggregate::id).toList();
  }
}
