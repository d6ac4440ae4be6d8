package io.vigil.job.backfill;

import io.vigil.job.ArtefactSet;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.control.Report;
import io.vigil.job.metrics.JobMetric;
import io.vigil.job.metrics.JobMetrics;
import io.vigil.job.record.BackfillMark;
import io.vigil.job.record.EntityInput;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.SpecChange;
import io.vigil.job.record.WireType;
import io.vigil.model.approval.Refusal;
import io.vigil.model.feature.Backfill;
import io.vigil.model.order.Ordered;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * The one that sends the entities the past of features which are prepared: the archive's records up
 * to the one that prepares them, at a limited rate, while the present goes on. How far it has come
 * stands in the checkpoint with the entities' state, so a restore goes on from there.
 *
 * <p>It begins once the archive holds all of that past. The sinks of the archive show a file some
 * time after the checkpoint that it belongs to is complete; that they have done so when two more
 * are complete follows from the order in which Flink tells them.
 *
 * <p>To the entities' clock it is idle: nothing of the present waits for it.
 */
public final class BackfillOperator extends AbstractStreamOperator<EntityInput>
    implements OneInputStreamOperator<EntityInput, EntityInput> {
  private static final long serialVersionUID = 1L;

  /** Features whose past cannot be read, on their way to the one who answers. */
  public static final OutputTag<Report> REPORTS =
      new OutputTag<>("unprepared", new WireType<>(Report.WIRE));

  private static final int CHECKPOINTS = 3;
  private static final long TICK_MS = 20;

  private final String archive;
  private final ArtefactSet artefacts;
  private final int keyGroups;
  private final int ratePerS;
  private final long limitMs;
  private final Set<String> fromTheBeginning;

  private transient Map<String, Progress> pasts;
  private transient ListState<byte[]> state;
  private transient String[] keyOfGroup;
  private transient @Nullable Reading reading;
  private transient long watermarkMs;
  private transient Counter sent;
  private transient boolean ticking;

  /**
   * @param archive the archive's root, a URI
   * @param artefacts what the job is started with
   * @param keyGroups of the entities
   * @param ratePerS requests that are sent in a second at the most, 50 at the least
   * @param limit how long a past may take from when it is wanted
   * @param ahead what is prepared from the beginning, which has no past
   */
  public BackfillOperator(
      String archive,
      ArtefactSet artefacts,
      int keyGroups,
      int ratePerS,
      Duration limit,
      List<SpecChange> ahead) {
    this.archive = archive;
    this.artefacts = artefacts;
    this.keyGroups = keyGroups;
    this.ratePerS = ratePerS;
    this.limitMs = limit.toMillis();
    this.fromTheBeginning = new HashSet<>();
    ahead.forEach(change -> fromTheBeginning.add(change.backfill()));
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    pasts = new LinkedHashMap<>();
    state =
        context
            .getOperatorStateStore()
            .getListState(
                new ListStateDescriptor<>(
                    "pasts", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
    for (byte[] bytes : state.get()) {
      Progress progress = Progress.read(bytes);
      pasts.put(progress.change.backfill(), progress);
    }
    watermarkMs = Long.MIN_VALUE;
  }

  @Override
  public void open() throws Exception {
    super.open();
    sent = new JobMetrics(getMetricGroup()).counter(JobMetric.BACKFILL_REQUESTS);
    output.emitWatermarkStatus(WatermarkStatus.IDLE);
    keyOfGroup = keysOfGroups();
    for (Progress progress : pasts.values()) {
      if (progress.whole) {
        end(progress); // Whoever was restored without it is told again.
      }
    }
  }

  /** A key for each key group. */
  private String[] keysOfGroups() {
    String[] keys = new String[keyGroups];
    int found = 0;
    for (int i = 0; found < keyGroups; i++) {
      String key = BackfillMark.FIRST + Integer.toString(i);
      int group = KeyGroupRangeAssignment.assignToKeyGroup(key, keyGroups);
      if (keys[group] == null) {
        keys[group] = key;
        found++;
      }
    }
    return keys;
  }

  @Override
  public void processElement(StreamRecord<EntityInput> element) {
    if (!(element.getValue() instanceof SpecChange change)
        || change.backfill().isEmpty()
        || fromTheBeginning.contains(change.backfill())) {
      return;
    }
    String id = change.backfill();
    if (change.says() == SpecChange.Says.PREPARES) {
      long nowMs = getProcessingTimeService().getCurrentProcessingTime();
      Progress known = pasts.putIfAbsent(id, new Progress(change, nowMs));
      if (known != null && known.isOver()) {
        pasts.remove(id);
      }
      return;
    }
    Progress over = pasts.remove(id);
    if (over == null) {
      boolean withoutPast = !change.spec().isEmpty() && Backfill.idOf(change.spec()) == null;
      if (!withoutPast) {
        // From another subtask of deduplication, before what it ends.
        pasts.put(id, new Progress(change, 0));
      }
      return;
    }
    Reading now = reading;
    if (now != null && now.progress == over) {
      now.stop();
      reading = null;
      begin();
    }
  }

  /** It only says how far the present has come: of the past it says nothing. */
  @Override
  public void processWatermark(Watermark mark) {
    watermarkMs = mark.getTimestamp();
  }

  @Override
  public void processWatermarkStatus(WatermarkStatus status) {
    // This one is always idle.
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    List<byte[]> written = new ArrayList<>();
    for (Progress progress : pasts.values()) {
      written.add(progress.bytes());
      if (progress.coveredBy < 0 && watermarkMs >= progress.change.fromMs() - 1) {
        progress.coveredBy = context.getCheckpointId();
      }
    }
    state.update(written);
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws Exception {
    super.notifyCheckpointComplete(checkpointId);
    for (Progress progress : pasts.values()) {
      if (progress.coveredBy >= 0 && checkpointId >= progress.coveredBy) {
        progress.completed++;
      }
    }
    refuseWhatTakesTooLong(getProcessingTimeService().getCurrentProcessingTime());
    begin();
  }

  /** Takes up the next past that can be read, if none is being read. */
  private void begin() {
    if (reading != null) {
      return;
    }
    for (Progress progress : pasts.values()) {
      if (progress.completed >= CHECKPOINTS && progress.isWanted()) {
        LOG.info("the past is read: backfill={}", progress.change.backfill());
        reading = new Reading(progress);
        reading.start(
            Path.of(temporaryFolder()),
            temporary ->
                new ArchivedPast(ArchiveFolder.of(archive), artefacts, progress.change, temporary));
        tickLater();
        return;
      }
    }
  }

  private String temporaryFolder() {
    return getContainingTask().getEnvironment().getTaskManagerInfo().getTmpDirectories()[0];
  }

  /** Says behind all of a past that it is whole. */
  private void end(Progress progress) {
    for (int group = 0; group < keyGroups; group++) {
      output.collect(
          new StreamRecord<>(
              new BackfillMark(keyOfGroup[group], group, progress.change, progress.sinceMs)));
    }
  }

  private void tickLater() {
    if (ticking) {
      return;
    }
    ticking = true;
    var unused =
        getProcessingTimeService()
            .registerTimer(
                getProcessingTimeService().getCurrentProcessingTime() + TICK_MS,
                time -> {
                  ticking = false;
                  tick(time);
                });
  }

  private void tick(long nowMs) throws Exception {
    Reading now = reading;
    if (now == null) {
      return;
    }
    Progress progress = now.progress;
    for (long budget = Math.max(1, ratePerS * TICK_MS / 1_000); budget > 0; ) {
      Reading.Step step = now.poll();
      if (step == null) {
        break;
      }
      for (EntityRequest request : step.requests()) {
        output.collect(new StreamRecord<>(request));
      }
      budget -= step.requests().size();
      sent.inc(step.requests().size());
      Ordered at = step.at();
      if (at == null) {
        progress.sinceMs = step.sinceMs();
        progress.whole = true;
        end(progress);
        LOG.info(
            "the past is whole: backfill={} since={}",
            progress.change.backfill(),
            progress.sinceMs);
        over(now);
        return;
      }
      progress.reached(at);
    }
    Refusal failure = now.failure();
    if (failure != null) {
      refuse(progress, failure);
      return;
    }
    refuseWhatTakesTooLong(nowMs);
    tickLater();
  }

  /** From when it was wanted on, so that what the entities journal meanwhile has a bound. */
  private void refuseWhatTakesTooLong(long nowMs) {
    for (Progress progress : List.copyOf(pasts.values())) {
      if (progress.isWanted() && nowMs - progress.wantedMs > limitMs) {
        refuse(
            progress,
            new Refusal(
                "backfill_timeout",
                "backfill: expected the past to be whole within "
                    + limitMs
                    + " ms, see vigil.backfill.limit and vigil.backfill.rate; it was not"));
      }
    }
  }

  private void refuse(Progress progress, Refusal refusal) {
    LOG.warn(
        "the past cannot be read: backfill={} code={} reason={}",
        progress.change.backfill(),
        refusal.code(),
        refusal.message());
    progress.failed = true;
    output.collect(REPORTS, new StreamRecord<>(Report.unprepared(progress.change, refusal)));
    Reading now = reading;
    if (now != null && now.progress == progress) {
      over(now);
    }
  }

  private void over(Reading now) {
    now.stop();
    reading = null;
    begin();
  }

  @Override
  public void close() throws Exception {
    Reading now = reading;
    if (now != null) {
      now.stop();
    }
    super.close();
  }

  /** Makes the past of a backfill. */
  @FunctionalInterface
  interface Source {
    /**
     * @param temporary a folder for what does not fit into memory
     */
    ArchivedPast open(Path temporary) throws Exception;
  }
}
