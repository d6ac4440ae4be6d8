package io.vigil.model.feature;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Facts;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The shells in miniature: entity states in a map, transactions and labels applied in order. */
final class SampleRun {
  private final List<FeaturePlan> plans;
  private final Map<String, byte[]> states = new HashMap<>();
  private int turn;

  /** Takes the plans in turn, to show that none remembers what another did. */
  SampleRun(FeatureSpec spec, int plans) {
    this.plans =
        java.util.stream.Stream.generate(() -> FeaturePlan.compile(spec)).limit(plans).toList();
  }

  float[] transaction(Facts facts) {
    FeaturePlan plan = next();
    double[] @Nullable [] parts = new double[plan.entities().size()][];
    for (int index = 0; index < parts.length; index++) {
      EntityPlan entity = plan.entities().get(index);
      String key = facts.text(entity.entity().field());
      if (key != null) {
        double[] part = new double[entity.outputs()];
        byte[] before = states.get(id(entity.entity(), key));
        byte @Nullable [] copy = before == null ? null : before.clone();
        states.put(
            id(entity.entity(), key),
            entity.transaction(before, facts.eventTimeMs(), entity.inputs(facts), part));
        if (!Arrays.equals(before, copy)) {
          throw new AssertionError("the state that was given was modified");
        }
        parts[index] = part;
      }
    }
    float[] vector = new float[plan.names().size()];
    plan.finish(facts, parts, vector);
    return vector;
  }

  void label(Facts facts, int delta) {
    for (EntityPlan entity : next().entities()) {
      String key = facts.text(entity.entity().field());
      if (key != null && entity.usesLabels()) {
        states.compute(
            id(entity.entity(), key),
            (id, state) -> entity.label(state, facts.eventTimeMs(), delta));
      }
    }
  }

  byte[] state(Entity entity, String key) {
    byte[] state = states.get(id(entity, key));
    if (state == null) {
      throw new AssertionError("no state of " + entity + " " + key);
    }
    return state;
  }

  Map<String, byte[]> states() {
    return states;
  }

  private FeaturePlan next() {
    return plans.get(turn++ % plans.size());
  }

  private static String id(Entity entity, String key) {
    return entity.code() + key;
  }
}
