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
  private final Map<String, HeapStore> states = new HashMap<>();
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
      String key = entity.grouping().key(facts);
      if (key != null) {
        double[] part = new double[entity.outputs()];
        HeapStore store = store(key);
        byte[] before = store.hot();
        byte @Nullable [] copy = before == null ? null : before.clone();
        entity.transaction(store, facts.eventTimeMs(), entity.inputs(facts), part);
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

  /** Labels a transaction at its own time. */
  void label(Facts facts, int delta) {
    label(facts, facts.eventTimeMs(), delta);
  }

  void label(Facts facts, long labelTimeMs, int delta) {
    for (EntityPlan entity : next().entities()) {
      String key = entity.grouping().key(facts);
      if (key != null && entity.usesLabels()) {
        entity.label(store(key), facts.eventTimeMs(), labelTimeMs, delta);
      }
    }
  }

  HeapStore store(String key) {
    return states.computeIfAbsent(key, HeapStore::new);
  }

  byte[] state(Entity entity, String id) {
    byte[] state = store(entity.code() + id).hot();
    if (state == null) {
      throw new AssertionError("no state of " + entity + " " + id);
    }
    return state;
  }

  Map<String, HeapStore> states() {
    return states;
  }

  private FeaturePlan next() {
    return plans.get(turn++ % plans.size());
  }
}
