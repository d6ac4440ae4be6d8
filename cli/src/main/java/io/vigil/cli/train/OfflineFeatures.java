package io.vigil.cli.train;

import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.TransactionFacts;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.HeapStore;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Transaction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The job's feature engine over a stream that is already in effective order: what a transaction
 * sees is what was told before it, so a vector can't know the future. State is kept on the heap,
 * some hundred bytes an entity. Not thread-safe.
 */
public final class OfflineFeatures {
  private final FeaturePlan plan;
  private final FactsReader facts;
  private final Map<String, HeapStore> states = new HashMap<>();

  public OfflineFeatures(FeaturePlan plan, FactsReader facts) {
    this.plan = plan;
    this.facts = facts;
  }

  /** The feature vector of the next transaction, which then belongs to its entities' past. */
  public float[] transaction(Transaction transaction) {
    Facts read = facts.read(transaction);
    List<EntityPlan> entities = plan.entities();
    double[][] parts = new double[entities.size()][];
    for (int i = 0; i < parts.length; i++) {
      EntityPlan entity = entities.get(i);
      String key = entity.grouping().key(read);
      if (key != null) {
        double[] outputs = new double[entity.outputs()];
        entity.transaction(store(key), read.eventTimeMs(), entity.inputs(read), outputs);
        parts[i] = outputs;
      }
    }
    float[] vector = new float[plan.names().size()];
    plan.finish(read, parts, vector);
    return vector;
  }

  /** Takes the only label of a transaction; corrections are the job's business. */
  public void label(Label label) {
    if (label.getValue() != LabelValue.FRAUD) {
      return;
    }
    for (EntityPlan entity : plan.entities()) {
      String key = entity.grouping().key(one -> TransactionFacts.entityOf(label, one));
      if (key != null && entity.usesLabels()) {
        entity.label(store(key), label.getTransactionTime(), label.getLabelTime(), 1);
      }
    }
  }

  private HeapStore store(String key) {
    return states.computeIfAbsent(key, HeapStore::new);
  }
}
