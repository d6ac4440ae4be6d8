package io.vigil.model.feature;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Keeps every raw event and reckons each aggregate from its definition. */
final class BruteForce {

  private static final class Event {
    final Facts facts;
    @Nullable Long fraudSinceMs;

    Event(Facts facts) {
      this.facts = facts;
    }

    long timeMs() {
      return facts.eventTimeMs();
    }
  }

  private final List<Event> events = new ArrayList<>();
  private final Map<String, Expression> conditions = new HashMap<>();

  void transaction(Facts facts) {
    events.add(new Event(facts));
  }

  Facts facts(int index) {
    return events.get(index).facts;
  }

  /**
   * Turns the label of an event.
   *
   * @return the time at which the label counts, its sign reversed when it is taken back
   */
  long toggleLabel(int index, long nowMs) {
    Event event = events.get(index);
    Long sinceMs = event.fraudSinceMs;
    event.fraudSinceMs = sinceMs == null ? nowMs : null;
    return sinceMs == null ? nowMs : -sinceMs;
  }

  int size() {
    return events.size();
  }

  /** Of the latest event. */
  double value(Feature.Aggregated feature) {
    Event current = events.get(events.size() - 1);
    String key = feature.grouping().key(current.facts);
    if (key == null) {
      return feature.defaultValue();
    }
    List<Event> own = select(events, event -> key.equals(feature.grouping().key(event.facts)));
    double value = value(feature, current, own);
    return Double.isNaN(value) ? feature.defaultValue() : value;
  }

  private double value(Feature.Aggregated feature, Event current, List<Event> own) {
    List<Event> earlier = select(own, e -> e != current && e.timeMs() <= current.timeMs());
    // A stable sort: of equal times the later applied stands later.
    List<Event> past = new ArrayList<>(earlier);
    past.sort(Comparator.comparingLong(Event::timeMs));
    int back = (int) feature.parameter();
    switch (feature.aggregate()) {
      case LAST:
        return past.size() < back ? Double.NaN : fact(feature, past.get(past.size() - back));
      case ELAPSED:
        past.add(current);
        return past.size() <= back
            ? Double.NaN
            : (past.get(past.size() - back).timeMs() - past.get(past.size() - back - 1).timeMs())
                / 1_000.0;
      case FIRST_SEEN:
        long firstMs =
            own.stream().filter(e -> e != current).mapToLong(Event::timeMs).min().orElse(-1);
        return firstMs < 0 ? Double.NaN : Math.max(0, current.timeMs() - firstMs) / 1_000.0;
      case STREAK:
        past.add(current);
        int streak = 0;
        while (streak < past.size()
            && streak < 64
            && holds(feature.where(), past.get(past.size() - 1 - streak))) {
          streak++;
        }
        return streak;
      case DECAYED_COUNT:
      case DECAYED_SUM:
        long newestMs = own.stream().mapToLong(Event::timeMs).max().orElseThrow();
        return select(own, e -> holds(feature.where(), e)).stream()
            .mapToDouble(
                e ->
                    Math.pow(0.5, (newestMs - e.timeMs()) / feature.parameter())
                        * (feature.aggregate() == Aggregate.DECAYED_SUM ? amount(e) : 1))
            .sum();
      case GEO_DISTANCE:
      case GEO_SPEED:
        return movement(feature.aggregate(), current, earlier);
      default:
        return windowed(feature, current, own, past);
    }
  }

  /** What a past event was: its amount, the bucket of its text, or whether it met a condition. */
  private double fact(Feature.Aggregated feature, Event event) {
    Field of = feature.of();
    if (of == null) {
      return holds(feature.where(), event) ? 1 : 0;
    }
    if (of == Field.AMOUNT) {
      return amount(event);
    }
    double mcc = event.facts.number(Field.MCC);
    String text =
        of != Field.MCC
            ? event.facts.text(of)
            : Double.isNaN(mcc) ? null : "%04d".formatted((int) mcc);
    if (text == null) {
      return Double.NaN;
    }
    long hash = TextHash.xxh64(text.getBytes(StandardCharsets.UTF_8));
    return new BigInteger(Long.toUnsignedString(hash))
        .mod(BigInteger.valueOf(feature.buckets()))
        .doubleValue();
  }

  private double windowed(
      Feature.Aggregated feature, Event current, List<Event> own, List<Event> past) {
    Window window = Objects.requireNonNull(feature.window());
    long endMs = current.timeMs() - window.delayMs();
    if (feature.aggregate() == Aggregate.COUNT && feature.labels() != null) {
      return frauds(feature, own, window, current);
    }
    List<Event> all = in(window, current, own, past);
    List<Event> in = select(all, event -> holds(feature.where(), event));
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
      case STD -> std(in);
      case MIN -> in.stream().mapToDouble(BruteForce::amount).min().orElse(Double.NaN);
      case MAX -> in.stream().mapToDouble(BruteForce::amount).max().orElse(Double.NaN);
      case QUANTILE -> {
        double[] sorted = in.stream().mapToDouble(BruteForce::amount).sorted().toArray();
        int rank = 0;
        while (rank < sorted.length && (rank + 1.0) / sorted.length < feature.parameter()) {
          rank++;
        }
        yield sorted.length == 0 ? Double.NaN : sorted[rank];
      }
      case DISTINCT ->
          in.stream()
              .map(event -> event.facts.text(of))
              .filter(text -> text != null)
              .distinct()
              .count();
      case SEEN, FREQUENCY -> {
        String wanted = current.facts.text(of);
        List<Event> others = select(in, event -> event != current);
        double seen =
            wanted == null
                ? Double.NaN
                : select(others, e -> wanted.equals(e.facts.text(of))).size();
        yield feature.aggregate() == Aggregate.SEEN
            ? seen
            : others.isEmpty() ? Double.NaN : seen / others.size();
      }
      case RATE -> in.isEmpty() ? Double.NaN : rate(feature, own, window, current, in.size());
      case SHARE -> all.isEmpty() ? Double.NaN : in.size() / (double) all.size();
      default -> throw new AssertionError(feature.aggregate() + " has no window, to " + endMs);
    };
  }

  private static List<Event> in(Window window, Event current, List<Event> own, List<Event> past) {
    switch (window.kind()) {
      case LIFETIME -> {
        return select(own, event -> event != current || window.includesCurrent());
      }
      case EVENTS -> {
        List<Event> newest = new ArrayList<>(past);
        if (window.includesCurrent()) {
          newest.add(current);
        }
        return newest.subList(Math.max(0, newest.size() - window.events()), newest.size());
      }
      case TIME -> {}
    }
    if (window.resolutionMs() > 0) {
      long r = window.resolutionMs();
      long end = Math.floorDiv(current.timeMs() - window.delayMs(), r);
      long last = window.delayMs() > 0 ? end - 1 : end;
      boolean withCurrent = window.includesCurrent() && window.delayMs() == 0;
      return select(
          own,
          event ->
              Math.floorDiv(event.timeMs(), r) <= last
                  && Math.floorDiv(event.timeMs(), r) > last - window.lengthMs() / r
                  && (event != current || withCurrent));
    }
    long endMs = current.timeMs() - window.delayMs();
    return select(
        own,
        event ->
            event.timeMs() > endMs - window.lengthMs()
                && event.timeMs() <= endMs
                && (event != current || window.includesCurrent()));
  }

  private static double rate(
      Feature.Aggregated feature, List<Event> own, Window window, Event current, int events) {
    return Math.min(events, frauds(feature, own, window, current)) / (double) events;
  }

  private static int frauds(
      Feature.Aggregated feature, List<Event> own, Window window, Event current) {
    long endMs = current.timeMs() - window.delayMs();
    return select(
            own,
            event -> {
              if (event.fraudSinceMs == null) {
                return false;
              }
              long atMs =
                  feature.labels() == Feature.LabelClock.LABEL
                      ? event.fraudSinceMs
                      : event.timeMs();
              return atMs > endMs - window.lengthMs() && atMs <= endMs;
            })
        .size();
  }

  private boolean holds(@Nullable String condition, Event event) {
    return condition == null
        || conditions
            .computeIfAbsent(
                condition,
                source -> {
                  try {
                    return Expression.parse(source, List.of());
                  } catch (ExpressionException e) {
                    throw new AssertionError(e);
                  }
                })
            .test(event.facts, new double[0]);
  }

  /** By the definition's differences from the mean, not by the engine's formula. */
  private static double std(List<Event> in) {
    if (in.size() < 2) {
      return Double.NaN;
    }
    BigInteger n = BigInteger.valueOf(in.size());
    BigInteger sum = BigInteger.valueOf(sum(in));
    BigInteger squares = BigInteger.ZERO;
    for (Event event : in) {
      squares =
          squares.add(
              BigInteger.valueOf(event.facts.amountMinor()).multiply(n).subtract(sum).pow(2));
    }
    return new BigDecimal(squares)
            .divide(
                new BigDecimal(n.pow(2).multiply(n.subtract(BigInteger.ONE))),
                MathContext.DECIMAL128)
            .sqrt(MathContext.DECIMAL64)
            .doubleValue()
        / 100;
  }

  /** By the chord between points of the unit sphere, so not by the engine's formula. */
  private static double movement(Aggregate aggregate, Event current, List<Event> earlier) {
    Event previous = null;
    for (Event event : earlier) {
      if (!Double.isNaN(event.facts.number(Field.LATITUDE))
          && (previous == null || event.timeMs() >= previous.timeMs())) {
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
    long elapsedMs = current.timeMs() - previous.timeMs();
    return aggregate == Aggregate.GEO_DISTANCE
        ? km
        : km / (Math.max(1_000, elapsedMs) / 3_600_000.0);
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
