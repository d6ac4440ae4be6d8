package io.vigil.model.feature;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Keeps every raw event and reckons each aggregate from its definition. */
final class BruteForce {

  private static final class Event {
    final Facts facts;
    boolean fraud;

    Event(Facts facts) {
      this.facts = facts;
    }
  }

  private final List<Event> events = new ArrayList<>();

  void transaction(Facts facts) {
    events.add(new Event(facts));
  }

  Facts facts(int index) {
    return events.get(index).facts;
  }

  /** Turns the label of an event; the delta that says so. */
  int toggleLabel(int index) {
    Event event = events.get(index);
    event.fraud = !event.fraud;
    return event.fraud ? 1 : -1;
  }

  int size() {
    return events.size();
  }

  /** Of the latest event. */
  double value(Feature.Aggregated feature) {
    Event current = events.get(events.size() - 1);
    Field key = feature.entity().field();
    String entity = current.facts.text(key);
    if (entity == null) {
      return feature.defaultValue();
    }
    List<Event> own = select(events, event -> entity.equals(event.facts.text(key)));
    double value = value(feature, current, own);
    return Double.isNaN(value) ? feature.defaultValue() : value;
  }

  private static double value(Feature.Aggregated feature, Event current, List<Event> own) {
    long nowMs = current.facts.eventTimeMs();
    Window window = feature.window();
    if (window == null) {
      List<Event> earlier =
          select(own, event -> event != current && event.facts.eventTimeMs() <= nowMs);
      return feature.aggregate() == Aggregate.ELAPSED
          ? elapsedS(current, earlier)
          : speedKmh(current, earlier);
    }
    long endMs = nowMs - window.delayMs();
    List<Event> in =
        select(
            own,
            event ->
                event.facts.eventTimeMs() > endMs - window.lengthMs()
                    && event.facts.eventTimeMs() <= endMs
                    && (event != current || window.includesCurrent()));
    Field of = feature.of() == null ? Field.AMOUNT : feature.of();
    return switch (feature.aggregate()) {
      case COUNT -> in.size();
      case SUM -> major(sum(in)).doubleValue();
      case MEAN ->
          in.isEmpty()
              ? Double.NaN
              : major(sum(in))
                  .divide(BigDecimal.valueOf(in.size()), MathContext.DECIMAL128)
                  .doubleValue();
      case MIN -> in.stream().mapToDouble(BruteForce::amount).min().orElse(Double.NaN);
      case MAX -> in.stream().mapToDouble(BruteForce::amount).max().orElse(Double.NaN);
      case DISTINCT ->
          in.stream()
              .map(event -> event.facts.text(of))
              .filter(text -> text != null)
              .distinct()
              .count();
      case SEEN -> {
        String wanted = current.facts.text(of);
        yield wanted == null
            ? Double.NaN
            : select(in, event -> wanted.equals(event.facts.text(of))).size();
      }
      case RATE ->
          in.isEmpty() ? Double.NaN : select(in, event -> event.fraud).size() / (double) in.size();
      case ELAPSED, GEO_SPEED -> throw new AssertionError("these have no window");
    };
  }

  private static double elapsedS(Event current, List<Event> earlier) {
    return earlier.stream()
        .mapToDouble(event -> (current.facts.eventTimeMs() - event.facts.eventTimeMs()) / 1_000.0)
        .min()
        .orElse(Double.NaN);
  }

  /** By the chord between points of the unit sphere, so not by the engine's formula. */
  private static double speedKmh(Event current, List<Event> earlier) {
    Event previous = null;
    for (Event event : earlier) {
      if (!Double.isNaN(event.facts.number(Field.LATITUDE))
          && (previous == null || event.facts.eventTimeMs() >= previous.facts.eventTimeMs())) {
        previous = event;
      }
    }
    if (previous == null || Double.isNaN(current.facts.number(Field.LATITUDE))) {
      return Double.NaN;
    }
    double[] a = point(previous.facts);
    double[] b = point(current.facts);
    double chord = Math.hypot(Math.hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
    double km = 2 * 6371.0088 * Math.asin(Math.min(1, chord / 2));
    long elapsedMs = current.facts.eventTimeMs() - previous.facts.eventTimeMs();
    return km / (Math.max(1_000, elapsedMs) / 3_600_000.0);
  }

  private static double[] point(Facts facts) {
    double latitude = Math.toRadians(facts.number(Field.LATITUDE));
    double longitude = Math.toRadians(facts.number(Field.LONGITUDE));
    return new double[] {
      Math.cos(latitude) * Math.cos(longitude),
      Math.cos(latitude) * Math.sin(longitude),
      Math.sin(latitude)
    };
  }

  private static List<Event> select(List<Event> events, Predicate<Event> wanted) {
    return events.stream().filter(wanted).toList();
  }

  private static long sum(List<Event> events) {
    return events.stream().mapToLong(event -> event.facts.amountMinor()).sum();
  }

  private static BigDecimal major(long minor) {
    return BigDecimal.valueOf(minor, 2);
  }

  private static double amount(Event event) {
    return major(event.facts.amountMinor()).doubleValue();
  }
}
