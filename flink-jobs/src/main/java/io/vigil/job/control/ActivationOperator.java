package io.vigil.job.control;

import io.vigil.job.Topics;
import io.vigil.job.metrics.JobMetric;
import io.vigil.job.metrics.JobMetrics;
import io.vigil.job.record.Outgoing;
import io.vigil.model.approval.Judge;
import io.vigil.model.approval.PlanSummary;
import io.vigil.model.approval.Refusal;
import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.watch.WatchPlan;
import io.vigil.schema.Alias;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Signature;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * The one that answers requests, for the control topic: activated once every subtask has reported
 * the artefact verified and warm, refused as soon as one refuses.
 *
 * <p>Requests are judged side by side, each by what is in force. So that no two are put in force
 * that were judged by the same champion, a subtask's consent counts only when that subtask has read
 * back all that was activated here; what it reported before, it reports anew.
 *
 * <p>It checkpoints nothing. A request stays with the subtasks until its answer has come back by
 * the log; after a restore they all report anew, so that reports of before count for nothing, and
 * what was answered already is answered once more, which the log takes for a duplicate.
 */
public final class ActivationOperator extends AbstractStreamOperator<Outgoing>
    implements OneInputStreamOperator<Report, Outgoing> {
  private static final long serialVersionUID = 1L;

  private static final int KEPT_MAX = 1_000;

  private final JobKeys keys;
  private final @Nullable String keyFile;
  private final ControlSettings.Approvals approvals;

  private transient JobKeys.@Nullable Signer signer;
  private transient Codec<Deployment> deployments;
  private transient Map<String, Told> told;

  /** Of activated records which subtasks have read them, the last so many. */
  private transient Map<String, BitSet> known;

  private transient Counter activated;
  private transient Counter refused;

  /**
   * @param keys the job's public keys
   * @param keyFile a URI, the private key that answers are signed with; null when there are none to
   *     give or none shall be signed
   * @param approvals says whose the signatures are
   */
  public ActivationOperator(
      JobKeys keys, @Nullable String keyFile, ControlSettings.Approvals approvals) {
    this.keys = keys;
    this.keyFile = keyFile;
    this.approvals = approvals;
  }

  /** What is known of a request; of those that were answered the last so many. */
  private static final class Told {
    final BitSet subtasks = new BitSet();
    boolean answered;
  }

  @Override
  public void open() throws Exception {
    super.open();
    signer = keys.signerOf(keyFile);
    deployments = Codec.of(Deployment.class);
    told = new LinkedHashMap<>();
    known = new LinkedHashMap<>();
    JobMetrics metrics = new JobMetrics(getMetricGroup());
    activated = metrics.counter(JobMetric.ACTIVATED);
    refused = metrics.counter(JobMetric.REFUSED);
  }

  @Override
  public void processElement(StreamRecord<Report> element) throws Exception {
    Report report = element.getValue();
    Deployment request = deployments.decode(report.request());
    String id = request.getDeploymentId();
    if (request.getStatus() == DeploymentStatus.ACTIVATED) {
      known(id).set(report.subtask());
      told.values().forEach(each -> each.subtasks.clear(report.subtask()));
      return;
    }
    if (report.refusal() == null
        && !known.values().stream().allMatch(subtasks -> subtasks.get(report.subtask()))) {
      return;
    }
    Told before = told.computeIfAbsent(id, i -> new Told());
    forgetTheOldest(told);
    before.subtasks.set(report.subtask());
    boolean all = before.subtasks.cardinality() == report.of();
    if (before.answered || (!all && report.refusal() == null)) {
      return;
    }
    before.answered = true;
    Deployment answer =
        request.getReviews() == null ? answer(request, report) : reviewed(request, report);
    answer.setPersons(persons(request));
    if (signer != null) {
      answer = signer.sign(answer);
    }
    if (answer.getStatus() == DeploymentStatus.ACTIVATED && answer.getReviews() == null) {
      known(answer.getDeploymentId());
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

  private BitSet known(String activatedId) {
    BitSet subtasks = known.computeIfAbsent(activatedId, i -> new BitSet());
    forgetTheOldest(known);
    return subtasks;
  }

  private static void forgetTheOldest(Map<String, ?> of) {
    if (of.size() > KEPT_MAX) {
      of.remove(of.keySet().iterator().next());
    }
  }

  private List<String> persons(Deployment request) {
    List<String> keyIds = request.getSignatures().stream().map(Signature::getKeyId).toList();
    try {
      return approvals.keyring().names(keyIds);
    } catch (IOException | ArtefactException e) {
      LOG.warn("nobody can say whose the signatures are: request={}", request.getDeploymentId(), e);
      return keyIds;
    }
  }

  /** Judges a review here, for no subtask has anything to load. */
  private Deployment reviewed(Deployment request, Report report) {
    Refusal refusal;
    try {
      refusal = Reviews.judge(request, report.requestTimeMs(), approvals.keyring(), keys);
    } catch (IOException | ArtefactException e) {
      refusal = new Refusal("not_judged", "approvals: " + e.getMessage());
    }
    return answer(
        request,
        new Report(
            report.request(),
            report.requestTimeMs(),
            report.subtask(),
            report.of(),
            refusal,
            null));
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
        .setFeatureSpec(report.addedSpec())
        .setWatch(watch(request));
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
    return idAfter(JobKeys.ANSWER, requestId);
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
