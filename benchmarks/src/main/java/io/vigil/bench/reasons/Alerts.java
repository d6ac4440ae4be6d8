package io.vigil.bench.reasons;

import io.vigil.cli.simulate.FraudKind;
import io.vigil.cli.simulate.SimulatedTransaction;
import io.vigil.cli.simulate.Simulator;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.cli.train.OfflineFeatures;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.policy.Held;
import io.vigil.model.policy.Policy;
import io.vigil.model.policy.Rates;
import io.vigil.model.score.ScoringModel;
import io.vigil.schema.Label;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** What a model alerts on in a simulated stream: vectors of the job's own engine, late labels. */
final class Alerts {
  private static final int BATCH = 1056;

  /**
   * @param vector in spec order
   * @param kind null when the alert is false
   */
  record Alert(float[] vector, @Nullable FraudKind kind) {}

  private final ScoringModel model;
  private final Policy policy;
  private final List<Alert> batch = new ArrayList<>(BATCH);
  private final List<Alert> alerts = new ArrayList<>();

  private Alerts(ScoringModel model, Policy policy) {
    this.model = model;
    this.policy = policy;
  }

  /**
   * @param from how many transactions only build up history
   * @return those whose score alone raises an alert, in the stream's order
   */
  static List<Alert> of(
      SimulatorOptions options, long from, FeaturePlan plan, ScoringModel model, Policy policy) {
    Alerts found = new Alerts(model, policy);
    OfflineFeatures features = new OfflineFeatures(plan, new FactsReader(Rates.builtIn()));
    PriorityQueue<Label> pending =
        new PriorityQueue<>(
            Comparator.comparingLong(Label::getLabelTime).thenComparing(Label::getLabelId));
    Simulator simulator = new Simulator(options);
    for (long i = 0; simulator.hasNext(); i++) {
      SimulatedTransaction next = simulator.next();
      long nowMs = next.transaction().getEventTime();
      Label due;
      while ((due = pending.peek()) != null && due.getLabelTime() <= nowMs) {
        features.label(pending.remove());
      }
      float[] vector = features.transaction(next.transaction());
      if (next.label() != null) {
        pending.add(next.label());
      }
      if (i >= from) {
        found.add(new Alert(vector, next.fraudKind()));
      }
    }
    found.flush();
    return found.alerts;
  }

  private void add(Alert row) {
    batch.add(row);
    if (batch.size() == BATCH) {
      flush();
    }
  }

  private void flush() {
    if (batch.isEmpty()) {
      return;
    }
    float[] logits = new float[batch.size()];
    model.score(batch.stream().map(Alert::vector).toArray(float[][]::new), logits.length, logits);
    for (int i = 0; i < logits.length; i++) {
      if (policy.decide(model.probability(logits[i]), Held.NOTHING, 0).alert()) {
        alerts.add(batch.get(i));
      }
    }
    batch.clear();
  }
}
