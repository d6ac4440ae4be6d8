package io.vigil.job.decide;

import io.vigil.job.control.Change;
import io.vigil.job.dedupe.Deduplication;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.LogRecord;
import io.vigil.model.feature.HeapStore;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The job's state on the heap: what is remembered of ids, the labels of transactions, entities, and
 * what is in force. What is not here comes from where the memory begins, such as a snapshot. Not
 * thread-safe.
 */
public final class ReplayMemory {
  private final Beginning beginning;
  private final Map<String, byte[]> seen = new HashMap<>();
  private final Map<String, byte[]> labels = new HashMap<>();
  private final Map<String, HeapStore> entities = new HashMap<>();
  private InForce inForce;

  /** Where a memory begins: what it held at some time before. */
  public interface Beginning {
    /** Of a job that never ran. */
    Beginning NOTHING =
        new Beginning() {
          @Override
          public byte @Nullable [] seen(String key) {
            return null;
          }

          @Override
          public byte @Nullable [] labels(String key) {
            return null;
          }

          @Override
          public @Nullable HeapStore entity(String key) {
            return null;
          }

          @Override
          public InForce inForce() {
            return new InForce(
                new SpecTimeline.Past(
                    new LinkedHashMap<>(), null, Long.MIN_VALUE, Long.MIN_VALUE, List.of()),
                List.of());
          }
        };

    byte @Nullable [] seen(String key);

    byte @Nullable [] labels(String key);

    @Nullable HeapStore entity(String key);

    InForce inForce();
  }

  /**
   * What was in force, and is to come.
   *
   * @param specs feature specs
   * @param changes of models, rules, policy and lists
   */
  public record InForce(SpecTimeline.Past specs, List<Change> changes) {}

  public ReplayMemory(Beginning beginning) {
    this.beginning = beginning;
    this.inForce = beginning.inForce();
  }

  byte @Nullable [] seen(String key) {
    byte[] own = seen.get(key);
    return own == null ? beginning.seen(key) : own;
  }

  void seen(String key, byte[] packed) {
    seen.put(key, packed);
  }

  byte @Nullable [] labels(String key) {
    byte[] own = labels.get(key);
    return own == null ? beginning.labels(key) : own;
  }

  void labels(String key, byte[] packed) {
    labels.put(key, packed);
  }

  HeapStore entity(String key) {
    HeapStore own = entities.get(key);
    if (own == null) {
      HeapStore before = beginning.entity(key);
      own = before == null ? new HeapStore(key) : before;
      entities.put(key, own);
    }
    return own;
  }

  /** What was in force, and until when it was applied. */
  public InForce inForce() {
    return inForce;
  }

  void inForce(InForce now) {
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
                one.getKey().startsWith(LogRecord.transactionKey(""))
                    && Deduplication.seenBefore(one.getValue(), beforeMs));
  }
}
