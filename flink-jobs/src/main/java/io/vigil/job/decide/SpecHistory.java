package io.vigil.job.decide;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.jspecify.annotations.Nullable;

/**
 * Which feature specs were in force on this state, and until which effective time: that of the
 * watermark in the checkpoint from which another spec went on, for all that takes effect up to it
 * had been applied by then. Union state, so every subtask knows the same after any rescale. Holds
 * each spec that was ever in force once. Not thread-safe.
 */
final class SpecHistory {
  private final String current;
  private final Map<String, Long> earlier = new LinkedHashMap<>();
  private final ListState<Tuple2<String, Long>> specs;
  private final ListState<Long> watermarks;
  private long reachedMs = Long.MIN_VALUE;
  private @Nullable String last;

  /**
   * Reads what the checkpoint holds.
   *
   * @param current the text of the spec that is in force from now on
   */
  SpecHistory(OperatorStateStore store, String current) throws Exception {
    this.current = current;
    specs =
        store.getUnionListState(
            new ListStateDescriptor<>("specs", Types.TUPLE(Types.STRING, Types.LONG)));
    watermarks = store.getUnionListState(new ListStateDescriptor<>("watermarks", Types.LONG));
    for (long watermarkMs : watermarks.get()) {
      reachedMs = Math.max(reachedMs, watermarkMs);
    }
    for (Tuple2<String, Long> spec : specs.get()) {
      earlier.put(spec.f0, spec.f1);
      last = spec.f0;
    }
    if (last != null) {
      // One subtask wrote it; another may have been further on, if barriers were not aligned.
      earlier.put(last, reachedMs);
    }
    if (reachedMs == Long.MIN_VALUE) {
      // Nothing was ever applied, so no spec has left a trace.
      earlier.clear();
    }
    earlier.remove(current);
  }

  /** The text of the spec in force when the checkpoint was taken; null without one. */
  @Nullable String last() {
    return last;
  }

  /** The texts of the other specs, and until which effective time each was last in force. */
  Map<String, Long> earlier() {
    return earlier;
  }

  /**
   * All that takes effect up to this time has been applied, milliseconds since the epoch;
   * Long.MIN_VALUE before the first watermark.
   */
  long reachedMs() {
    return reachedMs;
  }

  /** All that takes effect up to {@code watermarkMs} has been applied. */
  void reached(long watermarkMs) {
    // The end of the input is no time. After a restore watermarks begin behind those before it.
    if (watermarkMs != Watermark.MAX_WATERMARK.getTimestamp()) {
      reachedMs = Math.max(reachedMs, watermarkMs);
    }
  }

  /**
   * Puts all of it into the snapshot.
   *
   * @param first whether this is the one subtask that writes what all of them know
   */
  void snapshot(boolean first) throws Exception {
    specs.clear();
    if (first) {
      for (Map.Entry<String, Long> spec : earlier.entrySet()) {
        specs.add(Tuple2.of(spec.getKey(), spec.getValue()));
      }
      specs.add(Tuple2.of(current, reachedMs));
    }
    watermarks.clear();
    watermarks.add(reachedMs);
  }
}
