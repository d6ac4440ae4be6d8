package io.vigil.bench.state;

import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The engine that knows exact windows over all events only. Panes are times rounded down to their
 * resolution, and a filter is a log of its own, so that the answers are right; but each resolution
 * and filter keeps its own copy of the events in the hot value. What this costs says nothing of an
 * engine with panes: it goes when the language has {@code resolution} and {@code where}.
 */
final class ExactEngine implements Engine {
  private final List<Part> parts = new ArrayList<>();

  /** The features of one resolution and filter. */
  private static final class Part {
    private final Span edges;
    private final boolean large;
    private final int[] features;
    private final double[] results;
    private final EntityPlan with;
    private final EntityPlan without;

    Part(StateSpec spec, Span edges, boolean large) {
      this.edges = edges;
      this.large = large;
      List<StateSpec.Feature> all = spec.features();
      List<StateSpec.Feature> own =
          all.stream()
              .filter(feature -> feature.large() == large)
              .filter(feature -> feature.span().resolutionMs() == edges.resolutionMs())
              .toList();
      features = own.stream().mapToInt(all::indexOf).toArray();
      results = new double[features.length];
      with = plan(own, "");
      without = plan(own, ", include_current: false");
    }

    private static EntityPlan plan(List<StateSpec.Feature> features, String more) {
      List<StateSpec.Feature> plain =
          features.stream()
              .map(f -> new StateSpec.Feature(f.name(), f.kind(), f.span().exact(), false))
              .toList();
      String yaml = new StateSpec("part", plain).yaml().replace("}", more + "}");
      return FeaturePlan.compile(FeatureSpec.read(yaml, "part.yaml")).entities().get(0);
    }

    /** Returns the part's new state. */
    byte @Nullable [] apply(byte @Nullable [] state, Payment payment, double[] out) {
      long resolutionMs = Math.max(1, edges.resolutionMs());
      long timeMs = payment.eventTimeMs() / resolutionMs * resolutionMs;
      boolean counts = !large || payment.large();
      EntityPlan plan = counts ? with : without;
      byte[] next = plan.transaction(state, timeMs, plan.inputs(payment), results);
      for (int index = 0; index < features.length; index++) {
        out[features[index]] = results[index];
      }
      return counts ? next : state;
    }
  }

  ExactEngine(StateSpec spec) {
    for (boolean large : new boolean[] {false, true}) {
      spec.features().stream()
          .filter(feature -> feature.large() == large)
          .map(feature -> feature.span().resolutionMs())
          .distinct()
          .forEach(ms -> parts.add(new Part(spec, new Span(Math.max(1, ms), ms), large)));
    }
  }

  @Override
  public void apply(Store store, Payment payment, double[] out) {
    byte[] hot = store.hot();
    ByteBuffer before = ByteBuffer.wrap(hot == null ? new byte[4 * parts.size()] : hot);
    byte[][] after = new byte[parts.size()][];
    int bytes = 0;
    for (int index = 0; index < after.length; index++) {
      byte[] state = new byte[before.getInt()];
      before.get(state);
      byte[] next = parts.get(index).apply(state.length == 0 ? null : state, payment, out);
      after[index] = next == null ? new byte[0] : next;
      bytes += 4 + after[index].length;
    }
    ByteBuffer packed = ByteBuffer.allocate(bytes);
    Arrays.stream(after).forEach(state -> packed.putInt(state.length).put(state));
    store.hot(packed.array());
  }

  /** Logs of more than 1,024 events are merged. */
  @Override
  public boolean exactForBusyAccounts() {
    return false;
  }
}
