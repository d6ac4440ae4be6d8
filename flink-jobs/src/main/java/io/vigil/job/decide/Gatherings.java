package io.vigil.job.decide;

import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.order.OrderBuffer;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.LogRecord;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.TransactionDecoder;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Transactions that wait for all control records up to their effective time, which say what they
 * need, and for their entities' answers. Bounded by what the source may run ahead. Owned by one
 * operator's thread.
 */
final class Gatherings {
  private final SpecTimeline specs;
  private final FactsReader facts;
  private final TransactionDecoder transactions = new TransactionDecoder();
  private final Map<String, Gathering> byId = new HashMap<>();
  private final OrderBuffer<Gathering> held = new OrderBuffer<>();
  private long reachedMs = Long.MIN_VALUE;

  Gatherings(SpecTimeline specs, FactsReader facts) {
    this.specs = specs;
    this.facts = facts;
  }

  /** Takes over one from a checkpoint. */
  void restore(Gathering g) {
    byId.put(g.id(), g);
    if (g.record() != null) {
      held.add(g);
    }
  }

  /** All that wait, for whatever. */
  Collection<Gathering> waiting() {
    return byId.values();
  }

  /** Takes the transaction itself; returns it if it is whole, else null. */
  @Nullable Gathering record(LogRecord record) {
    Gathering g = of(record.id());
    g.record(record);
    if (record.effectiveTimeMs() > reachedMs) {
      held.add(g);
      return null;
    }
    return wholeOrNull(g);
  }

  /** Takes an entity's answer; returns its transaction if it is whole, else null. */
  @Nullable Gathering answer(EntityAnswer answer) {
    Gathering g = of(answer.id());
    g.answer(answer.entity(), answer.outputs());
    return g.record() == null || g.effectiveTimeMs() > reachedMs ? null : wholeOrNull(g);
  }

  /** All control records up to that effective time are known. */
  void reached(long effectiveTimeMs) {
    reachedMs = effectiveTimeMs;
  }

  /** The next one that is whole by what was reached last, or null. */
  @Nullable Gathering poll() {
    Gathering next;
    while ((next = held.poll(reachedMs)) != null) {
      if (wholeOrNull(next) != null) {
        return next;
      }
    }
    return null;
  }

  /** Takes out one that is whole; returns its feature vector. */
  float[] finish(Gathering g) {
    byId.remove(g.id());
    FeaturePlan plan = plan(g.known());
    float[] features = new float[plan.names().size()];
    plan.finish(read(g).facts(), g.parts(plan.entities().size()), features);
    return features;
  }

  /** What is known of one whose time was reached. */
  Gathering.Whole read(Gathering g) {
    Gathering.Whole known = g.whole();
    if (known == null) {
      known = read(g.known());
      g.whole(known);
    }
    return known;
  }

  private FeaturePlan plan(LogRecord record) {
    return specs.at(record.effectiveTimeMs()).plan();
  }

  private Gathering of(String id) {
    return byId.computeIfAbsent(id, Gathering::new);
  }

  private @Nullable Gathering wholeOrNull(Gathering g) {
    return g.answers() >= read(g).expectedAnswers() ? g : null;
  }

  private Gathering.Whole read(LogRecord record) {
    Transaction transaction;
    try {
      transaction = transactions.decode(record.value());
    } catch (DecodeException e) {
      throw new IllegalStateException("record " + record.origin() + ": decoded before, not now", e);
    }
    Facts read = facts.read(transaction);
    int expected = 0;
    for (EntityPlan entity : plan(record).entities()) {
      if (entity.grouping().key(read) != null) {
        expected++;
      }
    }
    return new Gathering.Whole(transaction, read, expected);
  }
}
