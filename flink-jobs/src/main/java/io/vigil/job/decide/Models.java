package io.vigil.job.decide;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Which model decides at which effective time, and which others score beside it.
 *
 * @param champions by the effective time from which each is in force, milliseconds; the first from
 *     the beginning of time
 * @param challengers score every row without deciding, in the order of their digests
 */
public record Models(NavigableMap<Long, ModelInForce> champions, List<ModelInForce> challengers)
    implements AutoCloseable {

  public Models {
    champions = new TreeMap<>(champions);
    challengers = List.copyOf(challengers);
    if (champions.isEmpty() || champions.firstKey() != Long.MIN_VALUE) {
      throw new IllegalArgumentException("expected a model in force from the beginning of time");
    }
  }

  /** The model in force at an effective time. */
  ModelInForce champion(long effectiveTimeMs) {
    Map.Entry<Long, ModelInForce> entry = champions.floorEntry(effectiveTimeMs);
    if (entry == null) {
      throw new IllegalStateException("a model is in force at all times");
    }
    return entry.getValue();
  }

  @Override
  public void close() {
    List<ModelInForce> all = new ArrayList<>(champions.values());
    all.addAll(challengers);
    all.forEach(model -> model.served().close());
  }
}
