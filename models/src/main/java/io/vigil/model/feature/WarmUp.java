package io.vigil.model.feature;

import java.util.ArrayList;
import java.util.List;

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
      // The panes of a delayed window begin up to a pane before it.
      long cutMs = window.delayMs() > 0 ? window.resolutionMs() : 0;
      return new WarmUp(feature.name(), Kind.AFTER, window.reachMs() + cutMs);
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
