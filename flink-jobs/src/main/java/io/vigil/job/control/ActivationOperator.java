package io.vigil.job.control;

import io.vigil.job.Topics;
import io.vigil.job.record.Outgoing;
import io.vigil.model.approval.Judge;
import io.vigil.model.approval.PlanSummary;
import io.vigil.model.approval.Refusal;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.watch.WatchPlan;
import io.vigil.schema.Alias;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * The one that answers requests, for the control topic: activated once every subtask has reported
 * the artefact verified and warm, refused as soon as one refuses.
 *
 * <p>It checkpoints nothing. A request stays with the subtasks until its answer has come back by
 * the log; after a restore they all report anew, so that reports of before count for nothing, and
 * what was answered already is answered once more, which the log takes for a duplicate.
 */
public final class ActivationOperator extends AbstractStreamOperator<Outgoing>
    implements OneInputStreamOperator<Report, Outgoing> {
  private static final long serialVersionUID = 1L;

  /** How the ids of answers begin. */
  static final String ANSWER = "answer-";

  /** A key in PEM has 120. */
  private static final int KEY_BYTES_MAX = 4_096;

  private static final int TOLD_MAX = 1_000;

  private final JobKeys keys;
  private final @Nullable String keyFile;

  private transient JobKeys.@Nullable Signer signer;
  private transient Codec<Deployment> deployments;
  private transient Map<String, Told> told;
  private transient Counter activated;
  private transient Counter refused;

  /**
   * @param keys the job's public keys
   * @param keyFile a URI, the private key that answers are signed with; null when there are none to
   *     give or none shall be signed
   */
  public ActivationOperator(JobKeys keys, @Nullable String keyFile) {
    this.keys = keys;
    this.keyFile = keyFile;
  }

  /** What is known of a request; kept until every subtask has reported. */
  private static final class Told {
    final BitSet subtasks = new BitSet();
    boolean answered;
  }

  @Override
  public void open() throws Exception {
    super.open();
    signer = keyFile == null ? null : keys.signer(text(keyFile));
    deployments = Codec.of(Deployment.class);
    told = new LinkedHashMap<>();
    activated = getMetricGroup().counter("activated");
    refused = getMetricGroup().counter("refused");
  }

  @Override
  public void processElement(StreamRecord<Report> element) throws Exception {
    Report report = element.getValue();
    Deployment request = deployments.decode(report.request());
    String id = request.getDeploymentId();
    Told before = told.computeIfAbsent(id, i -> new Told());
    before.subtasks.set(report.subtask());
    boolean all = before.subtasks.cardinality() == report.of();
    if (all) {
      told.remove(id);
    }
    if (before.answered || (!all && report.refusal() == null)) {
      return;
    }
    before.answered = true;
    if (told.size() > TOLD_MAX) {
      // Whoever knew the answer before it reported never will.
      told.remove(told.keySet().iterator().next());
    }
    Deployment answer = answer(request, report);
    if (signer != null) {
      answer = signer.sign(answer);
    }
    LOG.info(
        "a request is answered: request={} status={} reason={}",
        id,
        answer.getStatus(),
        answer.getReason());
    (answer.getStatus() == DeploymentStatus.ACTIVATED ? activated : refused).inc();
    byte[] key = (request.getKind() + "/" + request.getName()).getBytes(StandardCharsets.UTF_8);
    output.collect(
        new StreamRecord<>(
            new Outgoing(Topics.CONTROL, key, deployments.encode(answer), report.requestTimeMs())));
  }

  /** A small file on any Flink file system. */
  static String text(String file) throws IOException {
    Path path = new Path(file);
    try (FSDataInputStream in = FileSystem.get(path.toUri()).open(path)) {
      return new String(in.readNBytes(KEY_BYTES_MAX), StandardCharsets.US_ASCII);
    }
  }

  /** A function of the request and of what was reported: the same after a restart. */
  private static Deployment answer(Deployment request, Report report) {
    Refusal refusal = report.refusal();
    Deployment.Builder answer =
        Deployment.newBuilder(request)
            .setDeploymentId(answerId(request.getDeploymentId()))
            .setRequestId(request.getDeploymentId())
            .setPlan(null)
            .setWatch(null)
            .setReturns(null);
    if (refusal != null) {
      return answer
          .setStatus(DeploymentStatus.REFUSED)
          .setReason(refusal.code() + ": " + refusal.message())
          .build();
    }
    answer
        .setStatus(DeploymentStatus.ACTIVATED)
        .setReason(null)
        .setEndsAt(null)
        .setWatch(watch(request))
        .setFeatureSpec(report.addedSpec());
    if (request.getBreakGlass()) {
      long fromMs = Math.max(report.requestTimeMs(), request.getEffectiveAt());
      answer.setEndsAt(Judge.breakGlassEndMs(fromMs));
    }
    return answer.build();
  }

  /**
   * What it must hold once it is in force, of the plan that was judged with it; null for nothing.
   */
  private static @Nullable String watch(Deployment request) {
    boolean ends = request.getAlias() != Alias.CHAMPION && request.getShareBasisPoints() == 0;
    ByteBuffer plan = request.getPlan();
    if (plan == null || ends || request.getBreakGlass()) {
      return null;
    }
    byte[] bytes = new byte[plan.remaining()];
    plan.duplicate().get(bytes);
    WatchPlan watch = PlanSummary.read(bytes, "plan").watch();
    return watch == null ? null : watch.text();
  }

  /** One id for whatever the answer is: the first answer in the log is the answer. */
  static String answerId(String requestId) {
    return idAfter(ANSWER, requestId);
  }

  /** The id of a record that follows from another one. */
  static String idAfter(String prefix, String of) {
    StringBuilder id = new StringBuilder(prefix);
    for (char digit : Artefacts.digest(of).substring(0, 32).toCharArray()) {
      // Letters only, so that no id looks like a card number.
      id.append((char) ('a' + Character.digit(digit, 16)));
    }
    return id.toString();
  }
}
