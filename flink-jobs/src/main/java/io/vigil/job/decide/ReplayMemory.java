package io.vigil.job.decide;

import io.vigil.job.control.Change;
import io.vigil.job.dedupe.Deduplication;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.SpecChange;
import io.vigil.model.feature.HeapStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The job's state on the heap: what is remembered of ids, the labels of transactions, entities, and
 * what is in force. Not thread-safe.
 */
public final class ReplayMemory {
  private final Map<String, byte[]> seen = new HashMap<>();
  private final Map<String, byte[]> labels = new HashMap<>();
  private final Map<String, HeapStore> entities = new HashMap<>();
  private InForce inForce =
      new InForce(
          new SpecTimeline.Past(
              new LinkedHashMap<>(), null, Long.MIN_VALUE, Long.MIN_VALUE, List.of()),
          List.of());

  /**
   * What was in force, and is to come.
   *
   * @param specs feature specs
   * @param changes of models, rules, policy and lists
   */
  public record InForce(SpecTimeline.Past specs, List<Change> changes) {
    /** The same with more that is said of the feature spec. */
    public InForce with(List<SpecChange> more) {
      List<SpecChange> all = new ArrayList<>(specs.changes());
      all.addAll(more);
      return new InForce(
          new SpecTimeline.Past(
              specs.specs(), specs.start(), specs.foldedMs(), specs.reachedMs(), all),
          changes);
    }
  }

  /** What is remembered of ids, by state key; may be changed. */
  public Map<String, byte[]> seen() {
    return seen;
  }

  /** Labels of transactions, by state key; may be changed. */
  public Map<String, byte[]> labels() {
    return labels;
  }

  /** States of entities, by key; may be changed. */
  public Map<String, HeapStore> entities() {
    return entities;
  }

  /** What was in force, and until when it was applied. */
  public InForce inForce() {
    return inForce;
  }

  /** Sets it. */
  public void inForce(InForce now) {
    inForce = now;
  }

  /**
   * Forgets ids that took effect before a time: they may come again. Those of deployments stay.
   *
   * @param beforeMs effective time, milliseconds since the epoch
   */
  public void forgetIdsBefore(long beforeMs) {
    seen.entrySet()
        .removeIf(
            one ->
                LogRecord.isForgotten(one.getKey())
                    && Deduplication.seenBefore(one.getValue(), beforeMs));
  }
}
