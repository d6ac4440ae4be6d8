package io.vigil.job.decide;

import io.vigil.job.feature.FactsReader;
import io.vigil.job.order.OrderBuffer;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.LogRecord;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.TransactionDecoder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Transactions that wait for their entities' answers, and then for their turn. Bounded by what the
 * source may run ahead. Owned by one operator's thread.
 */
final class Gatherings {
  private final FeaturePlan plan;
  private final FactsReader facts;
  private final TransactionDecoder transactions = new TransactionDecoder();
  private final Map<String, Gathering> byId = new HashMap<>();
  private final OrderBuffer<Gathering> held = new OrderBuffer<>();

  Gatherings(FeaturePlan plan, FactsReader facts) {
    this.plan = plan;
    this.facts = facts;
  }

  /** Takes over one from a checkpoint. */
  void restore(Gathering g) {
    byId.put(g.id(), g);
  }

  /** All that wait, for whatever. */
  Collection<Gathering> waiting() {
    return byId.values();
  }

  /** Those of a checkpoint that wait for nothing but their turn. */
  List<Gathering> whole() {
    List<Gathering> whole = new ArrayList<>();
    for (Gathering g : byId.values()) {
      if (wholeOrNull(g) != null) {
        whole.add(g);
      }
    }
    return whole;
  }

  /** Takes the transaction itself; returns it if it is whole, else null. */
  @Nullable Gathering record(LogRecord record) {
    Gathering g = of(record.id());
    g.record(record);
    return wholeOrNull(g);
  }

  /** Takes an entity's answer; returns its transaction if it is whole, else null. */
  @Nullable Gathering answer(EntityAnswer answer) {
    Gathering g = of(answer.id());
    g.answer(answer.entity(), answer.outputs());
    return wholeOrNull(g);
  }

  /** Puts one that is whole aside until its turn. */
  void hold(Gathering g) {
    held.add(g);
  }

  /** The next of those put aside that takes effect by then, or null. */
  @Nullable Gathering poll(long untilMs) {
    return held.poll(untilMs);
  }

  /** Takes out one that is whole; returns its feature vector. */
  float[] finish(Gathering g) {
    byId.remove(g.id());
    float[] features = new float[plan.names().size()];
    plan.finish(read(g).facts(), g.parts(), features);
    return features;
  }

  /** What is known of one whose transaction has come. */
  Gathering.Whole read(Gathering g) {
    Gathering.Whole known = g.whole();
    if (known == null) {
      known = read(g.known());
      g.whole(known);
    }
    return known;
  }

  private Gathering of(String id) {
    return byId.computeIfAbsent(id, i -> new Gathering(i, plan.entities().size()));
  }

  private @Nullable Gathering wholeOrNull(Gathering g) {
    return g.record() != null && g.answers() >= read(g).expectedAnswers() ? g : null;
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
    for (EntityPlan entity : plan.entities()) {
      if (entity.grouping().key(read) != null) {
        expected++;
      }
    }
    return new Gathering.Whole(transaction, read, expected);
  }
}
