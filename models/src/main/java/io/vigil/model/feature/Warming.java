package io.vigil.model.feature;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Which features of the spec in force may lack history, by event time: those that {@link WarmUp}
 * names for a spec that was in force before it on the same state. One of {@link WarmUp.Kind#AFTER}
 * until its time has passed; one of another kind without end, because that is a matter of each
 * entity's own events, which nobody counts. Immutable.
 */
public final class Warming {
  private static final long WITHOUT_END_MS = Long.MAX_VALUE;

  /** By the time until which they warm up, the features that warm up until then or longer. */
  private final NavigableMap<Long, List<String>> featuresByEndMs = new TreeMap<>();

  /**
   * An earlier spec.
   *
   * @param untilMs effective time of the last record, or later, that it was applied to,
   *     milliseconds since the epoch
   */
  public record Earlier(FeatureSpec spec, long untilMs) {}

  /**
   * @param spec the spec in force
   * @param earlier those that were in force before on the same state, in any order; none when the
   *     state is the spec's own
   */
  public Warming(FeatureSpec spec, List<Earlier> earlier) {
    Map<String, Long> endsMs = new HashMap<>();
    for (Earlier before : earlier) {
      for (WarmUp warmUp : WarmUp.between(before.spec, spec, before.untilMs)) {
        long endMs =
            warmUp.kind() == WarmUp.Kind.AFTER ? before.untilMs + warmUp.afterMs() : WITHOUT_END_MS;
        endsMs.merge(warmUp.feature(), endMs, Math::max);
      }
    }
    for (Long endMs : endsMs.values()) {
      featuresByEndMs.computeIfAbsent(
          endMs,
          end ->
              spec.features().stream()
                  .map(Feature::name)
                  .filter(name -> endsMs.getOrDefault(name, Long.MIN_VALUE) >= end)
                  .toList());
    }
  }

  /**
   * The features that may lack history at an event, in the spec's order.
   *
   * @param eventTimeMs milliseconds since the epoch
   */
  public List<String> at(long eventTimeMs) {
    // Until the last earlier spec's time + reach all of the window may lie before the change; an
    // event at exactly that time has left it.
    Map.Entry<Long, List<String>> next = featuresByEndMs.higherEntry(eventTimeMs);
    return next == null ? List.of() : next.getValue();
  }
}
