package io.vigil.model.feature;

import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which features of a new spec lack history when it goes on with the state of an old one. What is
 * derived from such features lacks what they lack.
 *
 * @param feature the feature's name
 * @param kind when it will be right
 * @param afterMs how long after the change at the earliest, milliseconds; more than 0 for {@link
 *     Kind#AFTER} and for what is derived from features of that and of {@link Kind#AFTER_EVENTS}
 */
public record WarmUp(String feature, Kind kind, long afterMs) {

  /**
   * When a feature will be what it would be had the new spec always been in force; a later kind
   * takes more than those before it.
   */
  public enum Kind {
    /** Once that much event time has passed. */
    AFTER,
    /** For each entity, once the events have come that it looks back at. */
    AFTER_EVENTS,
    /** For entities that are new then: it looks back without end. */
    NEW_ENTITIES
  }

  /**
   * In the order of the new spec; what is carried over whole is left out.
   *
   * @throws IllegalArgumentException when a feature names what does not exist; a spec that was read
   *     from YAML has none
   */
  public static List<WarmUp> between(FeatureSpec before, FeatureSpec after) {
    return between(before, after, Long.MAX_VALUE);
  }

  /**
   * As above.
   *
   * @param changedMs effective time of the last record that the earlier spec was applied to: from a
   *     history that was read beforehand it takes that much longer until it is whole, or not at all
   */
  static List<WarmUp> between(FeatureSpec before, FeatureSpec after, long changedMs) {
    Map<String, WarmUp> all = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    for (Feature feature : after.features()) {
      WarmUp warmUp =
          feature instanceof Feature.Aggregated aggregated
              ? since(aggregated, ofAggregated(aggregated, before), changedMs)
              : feature instanceof Feature.FromProfile fact
                  ? since(fact, ofProfile(fact, before), changedMs)
                  : ofDerived(feature, names, all);
      if (warmUp != null) {
        all.put(feature.name(), warmUp);
      }
      names.add(feature.name());
    }
    return List.copyOf(all.values());
  }

  /** What of it is left when the feature's history was read beforehand. */
  private static @Nullable WarmUp since(
      Feature.Kept feature, @Nullable WarmUp warmUp, long changedMs) {
    Backfill backfill = feature.grouping().backfill();
    if (warmUp == null || backfill.equals(Backfill.NONE)) {
      return warmUp;
    }
    if (backfill.sinceMs() == Long.MIN_VALUE) {
      return null;
    }
    if (warmUp.kind != Kind.AFTER || changedMs == Long.MIN_VALUE) {
      return warmUp;
    }
    long afterMs = backfill.sinceMs() - 1 + warmUp.afterMs - changedMs;
    return afterMs > 0 ? new WarmUp(warmUp.feature, Kind.AFTER, afterMs) : null;
  }

  private static @Nullable WarmUp ofAggregated(Feature.Aggregated feature, FeatureSpec before) {
    List<Feature.Aggregated> old = new ArrayList<>();
    for (Feature other : before.features()) {
      if (other instanceof Feature.Aggregated known
          && known.grouping().equals(feature.grouping())) {
        old.add(known);
      }
    }
    if (carried(feature, old)) {
      return null;
    }
    Window window = feature.window();
    if (window != null && window.kind() == Window.Kind.TIME) {
      // Panes before a delay end and begin where panes do: up to one of them earlier.
      long earlierMs = window.delayMs() > 0 ? window.resolutionMs() : 0;
      return new WarmUp(feature.name(), Kind.AFTER, window.reachMs() + earlierMs);
    }
    boolean events =
        window != null
            ? window.kind() == Window.Kind.EVENTS
            : switch (feature.aggregate()) {
              case LAST, ELAPSED, STREAK, GEO_DISTANCE, GEO_SPEED -> true;
              default -> false;
            };
    return new WarmUp(feature.name(), events ? Kind.AFTER_EVENTS : Kind.NEW_ENTITIES, 0);
  }

  /** Right once the entity's next profile has come, unless the fact was kept before. */
  private static @Nullable WarmUp ofProfile(Feature.FromProfile fact, FeatureSpec before) {
    for (Feature other : before.features()) {
      if (other instanceof Feature.FromProfile known
          && known.grouping().equals(fact.grouping())
          && ProfileState.Column.of(known).equals(ProfileState.Column.of(fact))) {
        return null;
      }
    }
    return new WarmUp(fact.name(), Kind.AFTER_EVENTS, 0);
  }

  /** Right when all that it reads is right. */
  private static @Nullable WarmUp ofDerived(
      Feature feature, List<String> earlier, Map<String, WarmUp> warming) {
    Kind kind = null;
    long afterMs = 0;
    for (String read : reads(feature, earlier)) {
      WarmUp of = warming.get(read);
      if (of != null) {
        kind = kind == null || of.kind.compareTo(kind) > 0 ? of.kind : kind;
        afterMs = Math.max(afterMs, of.afterMs);
      }
    }
    if (kind == null) {
      return null;
    }
    // All that an entity ever did lies after the change if it is new then.
    return new WarmUp(feature.name(), kind, kind == Kind.NEW_ENTITIES ? 0 : afterMs);
  }

  /** What a derived feature reads: names of features and of number fields. */
  static List<String> reads(Feature feature, List<String> earlier) {
    if (feature instanceof Feature.Ratio ratio) {
      return List.of(ratio.dividend(), ratio.divisor());
    }
    if (feature instanceof Feature.Difference difference) {
      return List.of(difference.minuend(), difference.subtrahend());
    }
    if (feature instanceof Feature.ZScore score) {
      return List.of(score.value(), score.mean(), score.deviation());
    }
    if (feature instanceof Feature.Log1p log) {
      return List.of(log.of());
    }
    if (feature instanceof Feature.Clip clip) {
      return List.of(clip.of());
    }
    if (feature instanceof Feature.Computed computed) {
      try {
        return Expression.parse(computed.source(), List.copyOf(earlier)).reads();
      } catch (ExpressionException e) {
        throw new IllegalArgumentException(feature.name() + ": " + e.getMessage(), e);
      }
    }
    // The others read the event alone.
    return List.of();
  }

  private static boolean carried(Feature.Aggregated feature, List<Feature.Aggregated> old) {
    Layout kept = Layout.of(old);
    Layout needed = Layout.of(List.of(feature));
    EntityState.Reaches before = EntityState.Reaches.of(old, kept);
    EntityState.Reaches now = EntityState.Reaches.of(List.of(feature), needed);
    return new CarryOver(kept, needed).isWhole()
        && now.eventsMs() <= before.eventsMs()
        && now.newest() <= before.newest()
        && now.labelsMs() <= before.labelsMs()
        && ringsReachBack(kept, before, needed, now);
  }

  /** Panes of a width are kept for the longest window over any of them. */
  private static boolean ringsReachBack(
      Layout kept, EntityState.Reaches before, Layout needed, EntityState.Reaches now) {
    for (int at = 0; at < needed.rings().size(); at++) {
      for (int other = 0; other < kept.rings().size(); other++) {
        boolean same =
            kept.rings().get(other).resolutionMs() == needed.rings().get(at).resolutionMs();
        if (same && now.ringsMs()[at] > before.ringsMs()[other]) {
          return false;
        }
      }
    }
    return true;
  }
}
