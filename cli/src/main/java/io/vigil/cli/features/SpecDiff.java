package io.vigil.cli.features;

import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeatureSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What differs between two specs. A feature is changed when its definition or default differs, and
 * moved when it left the order that the others kept; the moved are as few as can explain the order.
 *
 * @param added names only the new spec has, in its order
 * @param removed names only the old spec has, in its order
 * @param changed in the order of the new spec
 * @param moved in the order of the new spec
 */
public record SpecDiff(
    List<String> added, List<String> removed, List<Change> changed, List<Move> moved) {

  /** A definition, before and after. */
  public record Change(String name, String before, String after) {}

  /** A place in the vector from 0, before and after. */
  public record Move(String name, int before, int after) {}

  public SpecDiff {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
    changed = List.copyOf(changed);
    moved = List.copyOf(moved);
  }

  /** Compares two specs. */
  public static SpecDiff between(FeatureSpec before, FeatureSpec after) {
    Map<String, Integer> oldIndexes = indexes(before);
    Map<String, Integer> newIndexes = indexes(after);
    List<String> added = new ArrayList<>();
    List<String> common = new ArrayList<>();
    List<Change> changed = new ArrayList<>();
    for (Feature feature : after.features()) {
      Integer index = oldIndexes.get(feature.name());
      if (index == null) {
        added.add(feature.name());
        continue;
      }
      common.add(feature.name());
      String was = words(before.features().get(index));
      String is = words(feature);
      if (!was.equals(is)) {
        changed.add(new Change(feature.name(), was, is));
      }
    }
    List<String> removed =
        before.features().stream()
            .map(Feature::name)
            .filter(name -> !newIndexes.containsKey(name))
            .toList();
    int[] places = common.stream().mapToInt(name -> oldIndexes.getOrDefault(name, -1)).toArray();
    Set<Integer> kept = increasing(places);
    List<Move> moved = new ArrayList<>();
    for (int i = 0; i < places.length; i++) {
      if (!kept.contains(i)) {
        String name = common.get(i);
        moved.add(new Move(name, places[i], newIndexes.getOrDefault(name, -1)));
      }
    }
    return new SpecDiff(added, removed, changed, moved);
  }

  public boolean isEmpty() {
    return added.isEmpty() && removed.isEmpty() && changed.isEmpty() && moved.isEmpty();
  }

  private static String words(Feature feature) {
    String definition = Definitions.of(feature);
    return feature.defaultValue() == 0
        ? definition
        : definition + ", default: " + Definitions.number(feature.defaultValue());
  }

  private static Map<String, Integer> indexes(FeatureSpec spec) {
    Map<String, Integer> indexes = new HashMap<>();
    for (Feature feature : spec.features()) {
      indexes.put(feature.name(), indexes.size());
    }
    return indexes;
  }

  /** Indexes of a longest increasing subsequence; quadratic, and there are 512 at most. */
  private static Set<Integer> increasing(int[] values) {
    int[] lengths = new int[values.length];
    int[] previous = new int[values.length];
    Arrays.fill(previous, -1);
    int end = -1;
    for (int i = 0; i < values.length; i++) {
      lengths[i] = 1;
      for (int j = 0; j < i; j++) {
        if (values[j] < values[i] && lengths[j] >= lengths[i]) {
          lengths[i] = lengths[j] + 1;
          previous[i] = j;
        }
      }
      if (end < 0 || lengths[i] > lengths[end]) {
        end = i;
      }
    }
    Set<Integer> kept = new HashSet<>();
    for (int i = end; i >= 0; i = previous[i]) {
      kept.add(i);
    }
    return kept;
  }
}
