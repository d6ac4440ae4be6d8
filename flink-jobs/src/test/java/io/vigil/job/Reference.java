package io.vigil.job;

import io.vigil.job.feature.EventFacts;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.TransactionFacts;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.HeapStore;
import io.vigil.model.feature.History;
import io.vigil.model.order.PartitionClock;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The job's meaning in one loop: sequence every partition by its clock, sort everything, apply it
 * one by one. No Flink, no batches, no buffers; it keeps raw labels and recounts them each time.
 */
final class Reference {
  private static final long HORIZON_MS = 7L * 86_400_000;

  final Map<String, float[]> features = new TreeMap<>();
  final Map<String, Long> effectiveTimeMs = new TreeMap<>();
  int deadLetters;
  int duplicates;
  int ticks;
  int labels;
  int late;

  private final NavigableMap<Long, FeaturePlan> plans;
  private final FactsReader facts;
  private final Codec<Transaction> transactionCodec = Codec.of(Transaction.class);
  private final Codec<Event> eventCodec = Codec.of(Event.class);
  private final Codec<Label> labelCodec = Codec.of(Label.class);
  private final Map<String, Long> fraudSinceMs = new HashMap<>();
  private final Map<String, HeapStore> states = new HashMap<>();
  private final Map<String, LogRecord> seen = new HashMap<>();
  private final Map<String, List<Label>> labelled = new HashMap<>();

  Reference(ArtefactSet artefacts, List<List<LogRecord>> partitions, long boundMs)
      throws DecodeException {
    this(artefacts, new TreeMap<>(Map.of(Long.MIN_VALUE, artefacts.plan())), partitions, boundMs);
  }

  /**
   * @param plans by the effective time from which each is in force
   */
  Reference(
      ArtefactSet artefacts,
      NavigableMap<Long, FeaturePlan> plans,
      List<List<LogRecord>> partitions,
      long boundMs)
      throws DecodeException {
    this.plans = plans;
    facts = new FactsReader(artefacts.rates());
    List<LogRecord> all = new ArrayList<>();
    for (List<LogRecord> partition : partitions) {
      PartitionClock clock = new PartitionClock(boundMs, PartitionClock.UNSET_MS);
      for (LogRecord record : partition) {
        if (record.rejection() != null) {
          deadLetters++;
        } else if (record.kind() == Kind.TICK) {
          ticks++;
          clock.tick(record.eventTimeMs());
        } else if (record.kind() != Kind.PROFILE) {
          boolean isLate = clock.isLate(record.eventTimeMs());
          all.add(record.sequenced(clock.record(record.eventTimeMs()), isLate));
        }
      }
    }
    all.sort(
        Comparator.comparingLong(LogRecord::effectiveTimeMs)
            .thenComparing(r -> r.kind() == Kind.TRANSACTION)
            .thenComparing(r -> r.id().length())
            .thenComparing(LogRecord::id)
            .thenComparing(LogRecord::partition)
            .thenComparing(LogRecord::offset));
    for (LogRecord record : all) {
      switch (record.kind()) {
        case LABEL -> label(record);
        case EVENT -> event(record);
        default -> transaction(record);
      }
    }
  }

  private void label(LogRecord record) throws DecodeException {
    labels++;
    Label label = labelCodec.decode(record.value());
    List<Label> ofTransaction =
        labelled.computeIfAbsent(label.getTransactionId(), t -> new ArrayList<>());
    int before = frauds(ofTransaction);
    ofTransaction.add(label);
    int change = frauds(ofTransaction) - before;
    if (change == 0) {
      return;
    }
    String id = label.getTransactionId();
    long sinceMs =
        change > 0 ? record.effectiveTimeMs() : fraudSinceMs.getOrDefault(id, Long.MIN_VALUE);
    fraudSinceMs.put(id, sinceMs);
    for (EntityPlan entityPlan : plan(record).entities()) {
      String key = entityPlan.grouping().key(entity -> TransactionFacts.entityOf(label, entity));
      if (key != null && entityPlan.usesLabels()) {
        entityPlan.label(store(key), label.getTransactionTime(), sinceMs, change);
      }
    }
  }

  private void event(LogRecord record) throws DecodeException {
    if (seen.putIfAbsent("event " + record.id(), record) != null) {
      return;
    }
    Event event = eventCodec.decode(record.value());
    Facts read = new EventFacts(event);
    for (EntityPlan entityPlan : plan(record).entities()) {
      String key = entityPlan.grouping().key(read);
      if (key != null && entityPlan.grouping().history().equals(History.events(event.getKind()))) {
        entityPlan.add(store(key), event.getEventTime(), entityPlan.inputs(read));
      }
    }
  }

  private FeaturePlan plan(LogRecord record) {
    return plans.floorEntry(record.effectiveTimeMs()).getValue();
  }

  private HeapStore store(String key) {
    return states.computeIfAbsent(key, HeapStore::new);
  }

  private static int frauds(List<Label> labels) {
    return labels.stream()
        .max(
            Comparator.comparingLong(Label::getLabelTime)
                .thenComparing(l -> l.getLabelId().length())
                .thenComparing(Label::getLabelId))
        .filter(l -> l.getValue() == LabelValue.FRAUD)
        .map(l -> 1)
        .orElse(0);
  }

  private void transaction(LogRecord record) throws DecodeException {
    if (record.eventTimeMs() < record.effectiveTimeMs() - HORIZON_MS) {
      deadLetters++;
      return;
    }
    LogRecord first = seen.putIfAbsent(record.id(), record);
    if (first != null) {
      if (Arrays.equals(first.value(), record.value())) {
        duplicates++;
      } else {
        deadLetters++;
      }
      return;
    }
    if (record.late()) {
      late++;
    }
    Facts read = facts.read(transactionCodec.decode(record.value()));
    FeaturePlan plan = plan(record);
    double[][] parts = new double[plan.entities().size()][];
    for (int i = 0; i < parts.length; i++) {
      EntityPlan entityPlan = plan.entities().get(i);
      String key = entityPlan.grouping().key(read);
      if (key != null) {
        double[] outputs = new double[entityPlan.outputs()];
        entityPlan.transaction(store(key), record.eventTimeMs(), entityPlan.inputs(read), outputs);
        parts[i] = outputs;
      }
    }
    float[] vector = new float[plan.names().size()];
    plan.finish(read, parts, vector);
    features.put(record.id(), vector);
    effectiveTimeMs.put(record.id(), record.effectiveTimeMs());
  }
}
