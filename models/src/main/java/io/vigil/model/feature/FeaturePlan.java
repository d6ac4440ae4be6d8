package io.vigil.model.feature;

import io.vigil.model.event.Facts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A compiled spec: a plan for each entity or pair that its features need, and what finishes the
 * vector from their results. It owns scratch: one instance a thread.
 */
public final class FeaturePlan {
  private final String fingerprint;
  private final List<String> names;
  private final List<EntityPlan> entities;
  private final Step[] steps;
  private final double[] defaults;
  private final double[] values;

  private FeaturePlan(
      String fingerprint,
      List<String> names,
      List<EntityPlan> entities,
      Step[] steps,
      double[] defaults) {
    this.fingerprint = fingerprint;
    this.names = names;
    this.entities = entities;
    this.steps = steps;
    this.defaults = defaults;
    values = new double[steps.length];
  }

  /**
   * Compiles a spec.
   *
   * @throws IllegalArgumentException when a feature names what does not exist; a spec that was read
   *     from YAML compiles
   */
  public static FeaturePlan compile(FeatureSpec spec) {
    return compile(spec, List.of());
  }

  /**
   * Compiles a spec that goes on with the state of others: what they kept and it keeps too is
   * carried over, what only it keeps starts empty.
   *
   * @param earlier every spec that may have written the state, in any order
   * @throws IllegalArgumentException when a feature names what does not exist; a spec that was read
   *     from YAML compiles
   */
  public static FeaturePlan compile(FeatureSpec spec, List<FeatureSpec> earlier) {
    Map<Grouping, List<Feature.Kept>> byGrouping = byGrouping(spec);
    List<Map<Grouping, List<Feature.Kept>>> before =
        earlier.stream().map(FeaturePlan::byGrouping).toList();
    List<EntityPlan> entities = new ArrayList<>();
    Map<Feature, Step.Part> parts = new HashMap<>();
    byGrouping.forEach(
        (grouping, features) -> {
          for (int output = 0; output < features.size(); output++) {
            parts.put(features.get(output), new Step.Part(entities.size(), output));
          }
          entities.add(
              entity(
                  grouping,
                  features,
                  before.stream()
                      .map(groups -> groups.get(grouping))
                      .filter(Objects::nonNull)
                      .toList()));
        });
    List<String> names = new ArrayList<>();
    List<Step> steps = new ArrayList<>();
    for (Feature feature : spec.features()) {
      Step.Part part = parts.get(feature);
      steps.add(part == null ? Step.of(feature, names) : part);
      names.add(feature.name());
    }
    return new FeaturePlan(
        Fingerprint.of(spec.features()),
        List.copyOf(names),
        List.copyOf(entities),
        steps.toArray(Step[]::new),
        spec.features().stream().mapToDouble(Feature::defaultValue).toArray());
  }

  private static EntityPlan entity(
      Grouping grouping, List<Feature.Kept> features, List<List<Feature.Kept>> earlier) {
    return grouping.history().equals(History.PROFILE)
        ? new ProfilePlan(
            grouping,
            only(Feature.FromProfile.class, features),
            earlier.stream()
                .map(other -> ProfileState.Layout.of(only(Feature.FromProfile.class, other)))
                .toList())
        : new BehaviourPlan(
            grouping,
            only(Feature.Aggregated.class, features),
            earlier.stream()
                .map(other -> Layout.of(only(Feature.Aggregated.class, other)))
                .toList());
  }

  /** Those of a grouping are of one type, by its history. */
  private static <F extends Feature.Kept> List<F> only(Class<F> type, List<Feature.Kept> features) {
    return features.stream().map(type::cast).toList();
  }

  private static Map<Grouping, List<Feature.Kept>> byGrouping(FeatureSpec spec) {
    Map<Grouping, List<Feature.Kept>> byGrouping = new TreeMap<>();
    for (Feature feature : spec.features()) {
      if (feature instanceof Feature.Kept kept) {
        byGrouping.computeIfAbsent(kept.grouping(), grouping -> new ArrayList<>()).add(kept);
      }
    }
    return byGrouping;
  }

  /**
   * SHA-256 in hex over what the vector means: the names and definitions of the features in their
   * order and the version of the engine's semantics; not the spec's own name and version, nor
   * comments and layout. Equal fingerprints mean that vectors and entity states are
   * interchangeable.
   */
  public String fingerprint() {
    return fingerprint;
  }

  /** The features' names in the order of the vector. */
  public List<String> names() {
    return names;
  }

  /**
   * Plans for the entities and pairs that the features need, and only those, in the order of
   * Grouping.
   */
  public List<EntityPlan> entities() {
    return entities;
  }

  /**
   * Builds the vector of a transaction.
   *
   * @param parts by index in {@link #entities()} what its plan computed for this transaction; null
   *     when the transaction lacks that entity
   * @param vector receives as many values as there are names, at 0 onwards: finite, never NaN or
   *     negative zero; what has no value is the feature's default, and magnitudes beyond float32
   *     are held at its greatest
   */
  public void finish(Facts facts, double[] @Nullable [] parts, float[] vector) {
    for (int index = 0; index < steps.length; index++) {
      double value = steps[index].value(facts, parts, values);
      if (Double.isNaN(value)) {
        value = defaults[index];
      }
      // Adding 0.0 turns -0.0 into 0.0, so that equal vectors have equal bytes.
      value = Math.max(-Float.MAX_VALUE, Math.min(Float.MAX_VALUE, value)) + 0.0;
      values[index] = value;
      vector[index] = (float) value + 0.0f;
    }
  }
}
