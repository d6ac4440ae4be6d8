package io.vigil.cli.train;

import io.vigil.job.feature.EventFacts;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.NextTokens;
import io.vigil.job.feature.ProfileClaims;
import io.vigil.job.feature.TransactionFacts;
import io.vigil.model.event.Claims;
import io.vigil.model.event.Entity;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.Grouping;
import io.vigil.model.feature.HeapStore;
import io.vigil.model.feature.History;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The job's feature engine over a stream that is already in effective order: what a transaction
 * sees is what was told before it, so a vector can't know the future. State is kept on the heap,
 * some hundred bytes an entity. Not thread-safe.
 */
public final class OfflineFeatures {
  private final List<Part> parts = new ArrayList<>();
  private final FactsReader facts;
  private final int width;

  /** A plan and the states of its entities. */
  private static final class Part {
    private final FeaturePlan plan;
    private final Map<String, HeapStore> states = new HashMap<>();

    Part(FeaturePlan plan) {
      this.plan = plan;
    }

    HeapStore store(String key) {
      return states.computeIfAbsent(key, HeapStore::new);
    }

    HeapStore copy(String key) {
      HeapStore known = states.get(key);
      return known == null ? new HeapStore(key) : known.copy();
    }

    void transaction(
        Facts read,
        @Nullable Facts next,
        Function<String, HeapStore> stores,
        float[] vector,
        int offset) {
      List<EntityPlan> entities = plan.entities();
      double[][] outputs = new double[entities.size()][];
      for (int i = 0; i < outputs.length; i++) {
        EntityPlan entity = entities.get(i);
        String key = entity.grouping().key(read);
        if (key != null) {
          outputs[i] = new double[entity.outputs()];
          entity.transaction(
              stores.apply(key), read.eventTimeMs(), entity.inputs(read), outputs[i]);
        }
        // Filed under the name to come, too; of events and profiles a transaction only asks.
        if (next != null && entity.grouping().history().equals(History.TRANSACTIONS)) {
          String other = entity.grouping().key(next);
          if (other != null && !other.equals(key)) {
            entity.transaction(
                stores.apply(other),
                read.eventTimeMs(),
                entity.inputs(next),
                new double[entity.outputs()]);
          }
        }
      }
      if (offset == 0 && vector.length == plan.names().size()) {
        plan.finish(read, outputs, vector);
      } else {
        float[] own = new float[plan.names().size()];
        plan.finish(read, outputs, own);
        System.arraycopy(own, 0, vector, offset, own.length);
      }
    }
  }

  public OfflineFeatures(FeaturePlan plan, FactsReader facts) {
    this(List.of(plan), facts);
  }

  /**
   * @param plans whose vectors are put one after the other; each keeps a state of its own
   */
  public OfflineFeatures(List<FeaturePlan> plans, FactsReader facts) {
    plans.forEach(plan -> parts.add(new Part(plan)));
    this.facts = facts;
    this.width = plans.stream().mapToInt(plan -> plan.names().size()).sum();
  }

  /** The feature vector of the next transaction, which then belongs to its entities' past. */
  public float[] transaction(Transaction transaction) {
    Facts read = facts.read(transaction);
    Facts next = NextTokens.of(read, transaction.getNextTokens());
    float[] vector = new float[width];
    int offset = 0;
    for (Part part : parts) {
      part.transaction(read, next, part::store, vector, offset);
      offset += part.plan.names().size();
    }
    return vector;
  }

  /**
   * The vector that a transaction would have as the next one, had others come just before it.
   * Nothing of this belongs to anybody's past afterwards.
   */
  public float[] whatIf(List<Transaction> before, Transaction transaction) {
    float[] vector = new float[width];
    int offset = 0;
    for (Part part : parts) {
      Map<String, HeapStore> copies = new HashMap<>();
      Function<String, HeapStore> stores = key -> copies.computeIfAbsent(key, part::copy);
      for (Transaction earlier : before) {
        part.transaction(facts.read(earlier), null, stores, vector, offset);
      }
      part.transaction(facts.read(transaction), null, stores, vector, offset);
      offset += part.plan.names().size();
    }
    return vector;
  }

  /** Takes what happened to an account and is no payment. */
  public void event(Event event) {
    Facts read = new EventFacts(event);
    Facts next = NextTokens.of(read, event.getNextTokens());
    History history = History.events(event.getKind());
    for (Part part : parts) {
      for (EntityPlan entity : part.plan.entities()) {
        Grouping grouping = entity.grouping();
        if (!grouping.history().equals(history)) {
          continue;
        }
        String key = grouping.key(read);
        if (key != null) {
          entity.add(part.store(key), event.getEventTime(), entity.inputs(read));
        }
        String other = next == null ? null : grouping.key(next);
        if (next != null && other != null && !other.equals(key)) {
          entity.add(part.store(other), event.getEventTime(), entity.inputs(next));
        }
      }
    }
  }

  /** Takes facts of an entity that hold from their event time on. */
  public void profile(Profile profile) {
    Claims claims = new ProfileClaims(profile);
    Grouping grouping = Grouping.of(claims.entity()).by(History.PROFILE);
    Set<String> keys = keys(grouping, entity -> claims.entityId(), profile.getNextTokens());
    for (Part part : parts) {
      for (EntityPlan entity : part.plan.entities()) {
        if (!entity.grouping().equals(grouping)) {
          continue;
        }
        long[] inputs = entity.claims(claims);
        if (inputs.length > 0) {
          keys.forEach(key -> entity.add(part.store(key), profile.getEventTime(), inputs));
        }
      }
    }
  }

  /** Takes the only label of a transaction; corrections are the job's business. */
  public void label(Label label) {
    if (label.getValue() != LabelValue.FRAUD) {
      return;
    }
    label(label, 1, label.getLabelTime());
  }

  /**
   * Tells the label's entities that one more, or one less, of their transactions is fraud.
   *
   * @param change 1 or -1
   * @param sinceMs from when the label is known, milliseconds since the epoch; of a change of -1
   *     what it was with 1
   */
  public void label(Label label, int change, long sinceMs) {
    for (Part part : parts) {
      for (EntityPlan entity : part.plan.entities()) {
        if (entity.usesLabels()) {
          keys(
                  entity.grouping(),
                  one -> TransactionFacts.entityOf(label, one),
                  label.getNextTokens())
              .forEach(
                  key ->
                      entity.label(part.store(key), label.getTransactionTime(), sinceMs, change));
        }
      }
    }
  }

  /** The key of the state, and the one that it has under the next key of tokens, if any. */
  private static Set<String> keys(
      Grouping grouping,
      Function<Entity, @Nullable String> ids,
      @Nullable Map<String, String> nextTokens) {
    Function<Entity, @Nullable String> next = NextTokens.of(ids, nextTokens);
    Set<String> keys = new LinkedHashSet<>();
    for (String key : Arrays.asList(grouping.key(ids), next == null ? null : grouping.key(next))) {
      if (key != null) {
        keys.add(key);
      }
    }
    return keys;
  }
}
