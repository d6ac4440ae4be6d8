package io.vigil.model.feature;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The vector of an event had the event itself been another. What is derived from the event and from
 * other features is reckoned anew by the plan of the spec; what an entity's history says is held as
 * it was recorded, for the history itself is not at hand.
 *
 * <p>Held values come from float32, so what is derived from one may differ in its last bits from
 * what the history itself would give; a feature that nothing changed keeps the recorded bits. It
 * owns scratch: one instance a thread.
 */
public final class WhatIf {
  private static final double[] NO_VALUES = new double[0];

  private final List<Feature> features;
  private final FeaturePlan plan;
  private final List<List<Integer>> reads = new ArrayList<>();
  private final Map<String, Integer> indexes = new HashMap<>();
  private final Map<String, Expression> conditions = new HashMap<>();

  /**
   * What comes of a question.
   *
   * @param vector as the spec orders it
   * @param changed names of the features with another value, in the spec's order
   * @param held names of the features that the change might have altered and that kept their value
   *     for want of the history, in the spec's order
   */
  public record Answer(float[] vector, List<String> changed, List<String> held) {
    public Answer {
      changed = List.copyOf(changed);
      held = List.copyOf(held);
    }
  }

  /**
   * @throws IllegalArgumentException when a feature names what does not exist; a spec that was read
   *     from YAML compiles
   */
  public WhatIf(FeatureSpec spec) {
    features = spec.features();
    plan = FeaturePlan.compile(spec);
    List<String> earlier = new ArrayList<>();
    for (Feature feature : features) {
      List<Integer> own = new ArrayList<>();
      if (!(feature instanceof Feature.Kept)) {
        for (String name : WarmUp.reads(feature, earlier)) {
          Integer index = indexes.get(name);
          // A name that is also a field's means the field.
          if (index != null && Field.byId(name) == null) {
            own.add(index);
          }
        }
      }
      reads.add(own);
      indexes.put(feature.name(), earlier.size());
      earlier.add(feature.name());
      if (feature instanceof Feature.Aggregated aggregated && aggregated.where() != null) {
        conditions.computeIfAbsent(aggregated.where(), WhatIf::parse);
      }
    }
  }

  private static Expression parse(String condition) {
    try {
      return Expression.parse(condition, List.of());
    } catch (ExpressionException e) {
      throw new IllegalArgumentException("where: " + e.getMessage() + " in: " + condition, e);
    }
  }

  /**
   * The vector of the event as it would be.
   *
   * @param was the event as it was
   * @param recorded its vector
   * @param would the event as it would be
   * @throws IllegalArgumentException when the vector has another length than the spec
   */
  public Answer ask(Facts was, float[] recorded, Facts would) {
    if (recorded.length != features.size()) {
      throw new IllegalArgumentException(
          "vector: expected "
              + features.size()
              + " features, as the spec has, got "
              + recorded.length);
    }
    float[] again = new float[recorded.length];
    plan.finish(was, history(recorded), again);
    double[][] history = history(recorded);
    boolean[] held = new boolean[recorded.length];
    forEachKept(
        (feature, entity, output) -> {
          if (isWithoutHistory(feature, would)) {
            history[entity][output] = Double.NaN;
          } else if (isAltered(feature, was, would)) {
            held[index(feature)] = true;
          }
        });
    float[] vector = new float[recorded.length];
    plan.finish(would, history, vector);
    List<String> changed = new ArrayList<>();
    List<String> heldNames = new ArrayList<>();
    for (int index = 0; index < vector.length; index++) {
      Feature feature = features.get(index);
      if (!(feature instanceof Feature.Kept)) {
        if (same(vector[index], again[index])) {
          vector[index] = recorded[index];
        }
        for (int read : reads.get(index)) {
          held[index] |= held[read];
        }
      }
      if (!same(vector[index], recorded[index])) {
        changed.add(feature.name());
      } else if (held[index]) {
        heldNames.add(feature.name());
      }
    }
    return new Answer(vector, changed, heldNames);
  }

  private static boolean same(float one, float other) {
    return Float.floatToIntBits(one) == Float.floatToIntBits(other);
  }

  /** What the entities would have answered, as far as the vector tells. */
  private double[][] history(float[] recorded) {
    List<EntityPlan> entities = plan.entities();
    double[][] parts = new double[entities.size()][];
    for (int entity = 0; entity < parts.length; entity++) {
      parts[entity] = new double[entities.get(entity).outputs()];
    }
    forEachKept((feature, entity, output) -> parts[entity][output] = recorded[index(feature)]);
    return parts;
  }

  /** A feature that looks at a history, and where its value stands among what entities answer. */
  private interface Visitor {
    void visit(Feature.Kept feature, int entity, int output);
  }

  private void forEachKept(Visitor visitor) {
    List<EntityPlan> entities = plan.entities();
    for (int entity = 0; entity < entities.size(); entity++) {
      List<? extends Feature.Kept> own = entities.get(entity).features();
      for (int output = 0; output < own.size(); output++) {
        visitor.visit(own.get(output), entity, output);
      }
    }
  }

  private int index(Feature feature) {
    return Objects.requireNonNull(indexes.get(feature.name()), feature.name());
  }

  /** Whether it has no value, whatever the history says, so that its default stands. */
  private static boolean isWithoutHistory(Feature.Kept kept, Facts would) {
    if (kept.grouping().key(would) == null) {
      return true;
    }
    if (!(kept instanceof Feature.Aggregated feature)) {
      return false;
    }
    return switch (feature.aggregate()) {
      case SEEN, FREQUENCY -> text(feature, would) == TextHash.MISSING;
      case GEO_DISTANCE, GEO_SPEED ->
          Double.isNaN(would.number(Field.LATITUDE)) || Double.isNaN(would.number(Field.LONGITUDE));
      default -> false;
    };
  }

  /** Whether it might have another value: it looks at another history, or at this one otherwise. */
  private boolean isAltered(Feature.Kept kept, Facts was, Facts would) {
    if (was.eventTimeMs() != would.eventTimeMs()
        || !Objects.equals(kept.grouping().key(was), kept.grouping().key(would))) {
      return true;
    }
    if (!(kept instanceof Feature.Aggregated feature)) {
      return false;
    }
    return switch (feature.aggregate()) {
      // They look at earlier events alone.
      case LAST, ELAPSED, FIRST_SEEN -> false;
      case SEEN, FREQUENCY -> text(feature, was) != text(feature, would);
      case GEO_DISTANCE, GEO_SPEED ->
          !sameNumber(Field.LATITUDE, was, would) || !sameNumber(Field.LONGITUDE, was, would);
      default -> countsCurrent(feature) && contributesOtherwise(feature, was, would);
    };
  }

  private static boolean sameNumber(Field field, Facts was, Facts would) {
    return Double.compare(was.number(field), would.number(field)) == 0;
  }

  private static boolean countsCurrent(Feature.Aggregated feature) {
    Window window = feature.window();
    if (!feature.grouping().history().equals(History.TRANSACTIONS)) {
      return false;
    }
    return window == null || (window.includesCurrent() && window.delayMs() == 0);
  }

  /** Whether the event would count where it did not, or with another value. */
  private boolean contributesOtherwise(Feature.Aggregated feature, Facts was, Facts would) {
    boolean counted = counts(feature, was);
    if (counted != counts(feature, would)) {
      return true;
    }
    Field of = feature.of();
    if (!counted || of == null) {
      return false;
    }
    return of == Field.AMOUNT
        ? was.amountMinor() != would.amountMinor()
        : Codes.hash(was, of) != Codes.hash(would, of);
  }

  private boolean counts(Feature.Aggregated feature, Facts facts) {
    String where = feature.where();
    return where == null
        || Objects.requireNonNull(conditions.get(where), where).test(facts, NO_VALUES);
  }

  private static long text(Feature.Aggregated feature, Facts facts) {
    return Codes.hash(facts, Objects.requireNonNull(feature.of(), feature.name()));
  }
}
