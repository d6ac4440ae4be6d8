package io.vigil.job.decide;

import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.SpecChange;
import io.vigil.job.record.UnionState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.jspecify.annotations.Nullable;

/**
 * Until which effective time each feature spec was in force on this state, and how far that has
 * come: that of the watermark in the checkpoint from which a job went on with another spec, for all
 * that takes effect up to it had been applied by then. Union state, so every subtask knows the same
 * after any rescale. Holds each spec that was ever in force once. Not thread-safe.
 */
final class SpecHistory {
  private final ListState<Tuple2<String, Long>> specs;
  private final ListState<Long> watermarks;
  private final ListState<Tuple2<String, Long>> starts;
  private final UnionState<SpecChange> changes;
  private final SpecTimeline timeline;
  private final @Nullable String last;
  private long reachedMs = Long.MIN_VALUE;

  /**
   * Reads what the checkpoint holds.
   *
   * @param start the text of the spec that the job is started with
   */
  SpecHistory(OperatorStateStore store, String start) throws Exception {
    specs =
        store.getUnionListState(
            new ListStateDescriptor<>("specs", Types.TUPLE(Types.STRING, Types.LONG)));
    watermarks = store.getUnionListState(new ListStateDescriptor<>("watermarks", Types.LONG));
    starts =
        store.getUnionListState(
            new ListStateDescriptor<>("spec-start", Types.TUPLE(Types.STRING, Types.LONG)));
    changes = new UnionState<>(store, "spec-changes", SpecChange.WIRE);
    for (long watermarkMs : watermarks.get()) {
      reachedMs = Math.max(reachedMs, watermarkMs);
    }
    LinkedHashMap<String, Long> before = new LinkedHashMap<>();
    for (Tuple2<String, Long> spec : specs.get()) {
      before.put(spec.f0, spec.f1);
    }
    String startBefore = null; // Of a checkpoint from before specs could grow.
    long foldedMs = Long.MIN_VALUE;
    for (Tuple2<String, Long> noted : starts.get()) {
      startBefore = noted.f0;
      foldedMs = noted.f1;
    }
    SpecTimeline.Past past =
        new SpecTimeline.Past(before, startBefore, foldedMs, reachedMs, changes.get());
    last = past.last();
    timeline = past.next(start);
  }

  /** Which spec is in force when. */
  SpecTimeline timeline() {
    return timeline;
  }

  /** Refuses a checkpoint in which rows wait that another spec prepared. */
  void requireNothingWaits(int count) {
    if (last != null) {
      SpecTimeline.requireNothingWaits("decide", last, timeline.at(reachedMs), count);
    }
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
    SpecTimeline.Past past = timeline.past(reachedMs);
    specs.clear();
    starts.clear();
    if (first) {
      for (Map.Entry<String, Long> spec : past.specs().entrySet()) {
        specs.add(Tuple2.of(spec.getKey(), spec.getValue()));
      }
      starts.add(Tuple2.of(past.start(), past.foldedMs()));
    }
    watermarks.clear();
    watermarks.add(reachedMs);
    changes.update(first ? past.changes() : List.of());
  }
}
