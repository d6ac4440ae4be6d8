package io.vigil.job.control;

import io.vigil.job.Topics;
import io.vigil.job.control.WatchReport.Beside;
import io.vigil.job.control.WatchReport.Labelled;
import io.vigil.job.control.WatchReport.Stretch;
import io.vigil.job.metrics.JobMetric;
import io.vigil.job.metrics.JobMetrics;
import io.vigil.job.record.Outgoing;
import io.vigil.model.approval.Alias;
import io.vigil.model.watch.Reading;
import io.vigil.model.watch.Recent;
import io.vigil.model.watch.Watch;
import io.vigil.model.watch.WatchCounts;
import io.vigil.model.watch.WatchPlan;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.codec.Codec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * The one that watches rollouts: adds up what the subtasks counted, and when a limit is broken
 * writes the record to the control topic that takes the rollout back. It promotes nothing.
 *
 * <p>What it knows is in the checkpoint, each count once, for subtasks tell what they counted
 * before they let the barrier pass. Nothing of it decides a transaction: what is in force follows
 * from the log alone, so a replay obeys the record and watches nothing.
 */
public final class WatchOperator extends AbstractStreamOperator<Outgoing>
    implements OneInputStreamOperator<WatchReport, Outgoing> {
  private static final long serialVersionUID = 1L;

  /** How the ids of returns begin. */
  static final String RETURN = "return-";

  /** Decisions of what decides for all that are kept to hold the next promotion against. */
  private static final int LAST_DECISIONS = 100_000;

  private static final WatchCounts NOTHING = new WatchCounts();

  private final JobKeys keys;
  private final @Nullable String keyFile;

  private transient JobKeys.@Nullable Signer signer;
  private transient ListState<byte[]> state;
  private transient Codec<Deployment> deployments;
  private transient Map<String, Rollout> rollouts;
  private transient @Nullable Change promoted;
  private transient Recent last;
  private transient long latestMs;
  private transient Map<String, Reading> shown;
  private transient Map<String, Boolean> met;
  private transient Set<String> gauges;
  private transient Counter returned;
  private transient JobMetrics jobMetrics;

  /** A rollout under watch. */
  private static final class Rollout {
    final Change change;
    final @Nullable Change before;
    final Watch watch;
    boolean returned;

    Rollout(Change change, @Nullable Change before, Watch watch) {
      this.change = change;
      this.before = before;
      this.watch = watch;
    }
  }

  /**
   * @param keys the job's public keys
   * @param keyFile a URI, the private key that returns are signed with; null when none shall be
   */
  public WatchOperator(JobKeys keys, @Nullable String keyFile) {
    this.keys = keys;
    this.keyFile = keyFile;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    rollouts = new LinkedHashMap<>();
    last = new Recent(LAST_DECISIONS);
    latestMs = Long.MIN_VALUE;
    state =
        context
            .getOperatorStateStore()
            .getListState(
                new ListStateDescriptor<>(
                    "watched", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
    for (byte[] bytes : state.get()) {
      read(new DataInputStream(new ByteArrayInputStream(bytes)));
    }
  }

  @Override
  public void open() throws Exception {
    super.open();
    deployments = Codec.of(Deployment.class);
    signer = keys.signerOf(keyFile);
    shown = new ConcurrentHashMap<>();
    met = new ConcurrentHashMap<>();
    gauges = new HashSet<>();
    jobMetrics = new JobMetrics(getMetricGroup());
    returned = jobMetrics.counter(JobMetric.RETURNED);
    rollouts.values().forEach(rollout -> show(rollout, rollout.watch.judge()));
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(new DataOutputStream(bytes));
    state.update(List.of(bytes.toByteArray()));
  }

  private void write(DataOutputStream out) throws IOException {
    out.writeLong(latestMs);
    writeOrNull(promoted, out);
    last.write(out);
    out.writeInt(rollouts.size());
    for (Rollout rollout : rollouts.values()) {
      Change.WIRE.write(rollout.change, out);
      writeOrNull(rollout.before, out);
      rollout.watch.write(out);
      out.writeBoolean(rollout.returned);
    }
  }

  private void read(DataInputStream in) throws IOException {
    latestMs = in.readLong();
    promoted = readOrNull(in);
    last = Recent.read(in);
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      Rollout rollout = new Rollout(Change.WIRE.read(in), readOrNull(in), Watch.read(in));
      rollout.returned = in.readBoolean();
      rollouts.put(rollout.change.id(), rollout);
    }
  }

  private static void writeOrNull(@Nullable Change change, DataOutputStream out)
      throws IOException {
    out.writeBoolean(change != null);
    if (change != null) {
      Change.WIRE.write(change, out);
    }
  }

  private static @Nullable Change readOrNull(DataInputStream in) throws IOException {
    return in.readBoolean() ? Change.WIRE.read(in) : null;
  }

  @Override
  public void processElement(StreamRecord<WatchReport> element) throws Exception {
    WatchReport report = element.getValue();
    Stretch stretch = report.stretch();
    if (stretch != null) {
      if (stretch.atMs() >= latestMs) {
        latestMs = stretch.atMs();
        inForce(stretch);
      }
      // Of a subtask that is not as far yet there may be more of what is in force no longer.
      add(stretch);
    }
    for (Labelled labelled : report.labels()) {
      Rollout rollout = rollouts.get(labelled.id());
      if (rollout != null) {
        rollout.watch.labelled(labelled.frauds(), labelled.genuine());
      }
    }
    for (Rollout rollout : rollouts.values()) {
      judge(rollout);
    }
  }

  /** Begins and ends watches. What is in force at the latest time that any subtask has reached. */
  private void inForce(Stretch stretch) {
    Set<String> ids = new HashSet<>();
    ids.add(stretch.promoted().id());
    stretch.beside().forEach(beside -> ids.add(beside.change().id()));
    rollouts
        .values()
        .removeIf(
            rollout -> {
              boolean gone = !ids.contains(rollout.change.id());
              if (gone) {
                forget(rollout);
              }
              return gone;
            });
    if (!stretch.promoted().equals(promoted)) {
      promoted = stretch.promoted();
      WatchPlan plan = plan(promoted);
      if (plan != null && plan.afterPromotion() > 0) {
        rollouts.put(
            promoted.id(), new Rollout(promoted, stretch.before(), new Watch(plan, last.own())));
      }
      last = new Recent(LAST_DECISIONS);
    }
    for (Beside beside : stretch.beside()) {
      WatchPlan plan = plan(beside.change());
      if (plan != null && !rollouts.containsKey(beside.change().id())) {
        rollouts.put(
            beside.change().id(), new Rollout(beside.change(), null, new Watch(plan, null)));
      }
    }
  }

  private static @Nullable WatchPlan plan(Change change) {
    return change.watch() == null ? null : WatchPlan.read(change.watch(), change.id());
  }

  private void add(Stretch stretch) {
    if (stretch.promoted().equals(promoted)) {
      last.add(stretch.counts(), NOTHING);
      Rollout rollout = rollouts.get(stretch.promoted().id());
      if (rollout != null) {
        rollout.watch.add(stretch.counts(), NOTHING);
      }
    }
    for (Beside beside : stretch.beside()) {
      Rollout rollout = rollouts.get(beside.change().id());
      if (rollout != null) {
        rollout.watch.add(beside.counts(), beside.champion());
      }
    }
  }

  private void judge(Rollout rollout) throws IOException {
    show(rollout, rollout.watch.judge());
    Reading broken = rollout.watch.broken();
    if (broken == null || rollout.returned) {
      return;
    }
    rollout.returned = true;
    Change to = rollout.change.alias() == Alias.CHAMPION ? rollout.before : rollout.change;
    if (to == null) {
      LOG.error(
          "a limit is broken, and there is nothing to return to: deployment={} limit={} {}",
          rollout.change.id(),
          broken.limit().signal().id(),
          broken.text());
      return;
    }
    Deployment record = record(rollout.change, to, broken);
    if (signer != null) {
      record = signer.sign(record);
    }
    LOG.warn(
        "a rollout is taken back: deployment={} reason={}",
        rollout.change.id(),
        record.getReason());
    returned.inc();
    byte[] key = (record.getKind() + "/" + record.getName()).getBytes(StandardCharsets.UTF_8);
    output.collect(
        new StreamRecord<>(
            new Outgoing(Topics.CONTROL, key, deployments.encode(record), latestMs)));
  }

  /** Ends what runs beside the champion, or puts back what decided before. */
  private static Deployment record(Change from, Change to, Reading broken) {
    return Deployment.newBuilder()
        .setDeploymentId(ActivationOperator.idAfter(RETURN, from.id()))
        .setReturns(from.id())
        .setStatus(DeploymentStatus.ACTIVATED)
        .setKind(ArtefactKind.valueOf(to.kind().name()))
        .setAlias(io.vigil.schema.Alias.valueOf(from.alias().name()))
        .setName(to.name())
        .setVersion(to.version())
        .setDigest(to.digest())
        .setEffectiveAt(0)
        .setReason("returned: " + broken.limit().signal().id() + ": " + broken.text())
        .build();
  }

  /** By place, for the number of rollouts that there ever were has no bound. */
  private void show(Rollout rollout, List<Reading> readings) {
    String place = rollout.change.alias().id();
    met.put(place, rollout.watch.met());
    if (gauges.add(place)) {
      jobMetrics.gauge(JobMetric.ROLLOUT_MET, place, () -> met.getOrDefault(place, false) ? 1 : 0);
    }
    for (Reading reading : readings) {
      String limit = reading.limit().signal().id();
      String key = place + ':' + limit;
      shown.put(key, reading);
      if (gauges.add(key)) {
        jobMetrics.gauge(JobMetric.LIMIT_OBSERVED, key, () -> number(shown.get(key), true));
        jobMetrics.gauge(JobMetric.LIMIT_BOUND, key, () -> number(shown.get(key), false));
        jobMetrics.gauge(JobMetric.LIMIT_BROKEN, key, () -> broken(shown.get(key)));
      }
    }
  }

  private void forget(Rollout rollout) {
    String place = rollout.change.alias().id();
    met.put(place, false);
    shown.keySet().removeIf(key -> key.startsWith(place + ':'));
  }

  private static double number(@Nullable Reading reading, boolean observed) {
    if (reading == null) {
      return Double.NaN;
    }
    return observed ? reading.observed() : reading.bound();
  }

  /** -1 while too little was seen. */
  private static int broken(@Nullable Reading reading) {
    if (reading == null) {
      return -1;
    }
    return switch (reading.state()) {
      case NOT_YET -> -1;
      case KEPT -> 0;
      case BROKEN -> 1;
    };
  }
}
