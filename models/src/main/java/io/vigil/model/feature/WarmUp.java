package io.vigil.model.feature;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Which features of a new spec lack history when it goes on with the state of an old one.
 *
 * @param feature the feature's name; those derived from it lack the same
 * @param kind when it will be right
 * @param afterMs for {@link Kind#AFTER} how long after the change, milliseconds; else 0
 */
public record WarmUp(String feature, Kind kind, long afterMs) {

  /** When a feature will be what it would be had the new spec always been in force. */
  public enum Kind {
    /** Once that much event time has passed. */
    AFTER,
    /** For each entity, once the events have come that it looks back at. */
    AFTER_EVENTS,
    /** For entities that are new then: it looks back without end. */
    NEW_ENTITIES
  }

  /** In the order of the new spec; what is carried over whole is left out. */
  public static List<WarmUp> between(FeatureSpec before, FeatureSpec after) {
    List<WarmUp> all = new ArrayList<>();
    for (Feature feature : after.features()) {
      if (feature instanceof Feature.Aggregated aggregated) {
        List<Feature.Aggregated> old = new ArrayList<>();
        for (Feature other : before.features()) {
          if (other instanceof Feature.Aggregated known
              && known.grouping().equals(aggregated.grouping())) {
            old.add(known);
          }
        }
        if (!carried(aggregated, old)) {
          all.add(of(aggregated));
        }
      }
    }
    return List.copyOf(all);
  }

  private static WarmUp of(Feature.Aggregated feature) {
    Window window = feature.window();
    if (window != null && window.kind() == Window.Kind.TIME) {
      return new WarmUp(feature.name(), Kind.AFTER, window.reachMs());
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

  private static boolean carried(Feature.Aggregated feature, List<Feature.Aggregated> old) {
    Layout kept = Layout.of(old);
    Layout needed = Layout.of(List.of(feature));
    EntityState.Reaches before = EntityState.Reaches.of(old, kept);
    EntityState.Reaches now = EntityState.Reaches.of(List.of(feature), needed);
    return implies(needed.log(), kept.log())
        && implies(needed.amount(), kept.amount())
        && implies(needed.firstSeen(), kept.firstSeen())
        && implies(needed.labelsByTransaction(), kept.labelsByTransaction())
        && implies(needed.labelsByLabel(), kept.labelsByLabel())
        && implies(needed.positions(), kept.positions())
        && kept.texts().containsAll(needed.texts())
        && kept.conditions().containsAll(needed.conditions())
        && kept.decays().containsAll(needed.decays())
        && now.eventsMs() <= before.eventsMs()
        && now.newest() <= before.newest()
        && now.labelsMs() <= before.labelsMs()
        && needed.lifetimes().stream().allMatch(lifetime -> keeps(kept, lifetime))
        && ringsKept(kept, before, needed, now);
  }

  private static boolean implies(boolean needed, boolean kept) {
    return !needed || kept;
  }

  private static boolean keeps(Layout kept, Layout.Lifetime needed) {
    return kept.lifetimes().stream()
        .anyMatch(
            lifetime ->
                Objects.equals(lifetime.condition(), needed.condition())
                    && (needed.parts() & ~lifetime.parts()) == 0);
  }

  private static boolean ringsKept(
      Layout kept, EntityState.Reaches before, Layout needed, EntityState.Reaches now) {
    for (int at = 0; at < needed.rings().size(); at++) {
      Layout.Ring ring = needed.rings().get(at);
      boolean found = false;
      for (int other = 0; other < kept.rings().size(); other++) {
        Layout.Ring known = kept.rings().get(other);
        found |=
            known.resolutionMs() == ring.resolutionMs()
                && Objects.equals(known.condition(), ring.condition())
                && (ring.parts() & ~known.parts()) == 0
                && now.ringsMs()[at] <= before.ringsMs()[other];
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }
}
