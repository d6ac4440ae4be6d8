package io.vigil.job.control;

import io.vigil.job.Topics;
import io.vigil.job.metrics.JobMetric;
import io.vigil.job.metrics.JobMetrics;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.SpecChange;
import io.vigil.model.approval.Judge;
import io.vigil.model.approval.PlanSummary;
import io.vigil.model.approval.Refusal;
import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.feature.Backfill;
import io.vigil.model.watch.WatchPlan;
import io.vigil.schema.Alias;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Signature;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * The one that answers requests, for the control topic: activated once every subtask has reported
 * the artefact verified and warm, refused as soon as one refuses.
 *
 * <p>A request that asks for the history of the features which it brings is answered once that is
 * whole on all subtasks of the entities; a record between says that it is being read.
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
  private final boolean backfills;

  private transient JobKeys.@Nullable Signer signer;
  private transient Codec<Deployment> deployments;
  private transient Map<String, Told> told;

  /** Of activated records which subtasks have read them, the last so many. */
  private transient Map<String, BitSet> known;

  /** By backfill how much of it is whole. */
  private transient Map<String, Prepared> prepared;

  private transient Counter activated;
  private transient Counter refused;

  /**
   * @param keys the job's public keys
   * @param keyFile a URI, the private key that answers are signed with; null when there are none to
   *     give or none shall be signed
   * @param approvals says whose the signatures are
   * @param backfills whether there is an archive from which the history of features can be read
   */
  public ActivationOperator(
      JobKeys keys,
      @Nullable String keyFile,
      ControlSettings.Approvals approvals,
      boolean backfills) {
    this.keys = keys;
    this.keyFile = keyFile;
    this.approvals = approvals;
    this.backfills = backfills;
  }

  /** What is known of a request; of those that were answered the last so many. */
  private static final class Told {
    final BitSet subtasks = new BitSet();
    boolean answered;
    boolean preparing;

    /** The last consent, once all have consented; null before. */
    @Nullable Report consent;
  }

  /** What is known of state that is kept ahead. */
  private static final class Prepared {
    final BitSet subtasks = new BitSet();
    @Nullable Report whole;
    @Nullable Refusal refusal;

    /** Of the record that says so; null before it has come back by the log. */
    @Nullable String text;
  }

  @Override
  public void open() throws Exception {
    super.open();
    signer = keys.signerOf(keyFile);
    deployments = Codec.of(Deployment.class);
    told = new LinkedHashMap<>();
    known = new LinkedHashMap<>();
    prepared = new LinkedHashMap<>();
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
    if (request.getStatus() == DeploymentStatus.PREPARING) {
      String waits = request.getRequestId();
      if (waits == null) {
        prepared(id, report);
      } else {
        // As the log has it: what was prepared before a restart is known by that.
        Prepared of = preparedOf(SpecChange.backfillOf(waits));
        of.text = of.text == null ? request.getFeatureSpec() : of.text;
      }
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
    before.consent = report;
    Report complete =
        report.refusal() == null && request.getBackfill() ? withHistory(request, before) : report;
    if (complete != null) {
      answer(request, before, complete);
    }
  }

  private Prepared preparedOf(String backfill) {
    Prepared of = prepared.computeIfAbsent(backfill, id -> new Prepared());
    forgetTheOldest(prepared);
    return of;
  }

  /** Notes what is said of state that is kept ahead, and answers whoever waited for it. */
  private void prepared(String backfill, Report report) throws Exception {
    Prepared of = preparedOf(backfill);
    if (report.refusal() != null) {
      of.refusal = report.refusal();
    } else {
      of.subtasks.set(report.subtask());
      if (of.subtasks.cardinality() == report.of()) {
        of.whole = report;
      }
    }
    for (Told waiting : List.copyOf(told.values())) {
      Report consent = waiting.consent;
      if (consent == null || waiting.answered || waiting.subtasks.cardinality() < consent.of()) {
        continue; // Whoever has to consent anew comes by again.
      }
      Deployment request = deployments.decode(consent.request());
      if (request.getBackfill()
          && SpecChange.backfillOf(request.getDeploymentId()).equals(backfill)) {
        Report complete = withHistory(request, waiting);
        if (complete != null) {
          answer(request, waiting, complete);
        }
      }
    }
  }

  /**
   * What is to be answered to a request that all have consented to and that asks for the history of
   * its features; null while that is being read.
   */
  private @Nullable Report withHistory(Deployment request, Told of) {
    Report consent = Objects.requireNonNull(of.consent);
    String added = consent.addedSpec();
    Prepared state = preparedOf(SpecChange.backfillOf(request.getDeploymentId()));
    if (state.text != null && (added == null || !Backfill.sameFeatures(state.text, added))) {
      return refused(
          consent,
          new Refusal(
              "features_changed",
              "backfill: expected the features in force to stay as they were when it began, but"
                  + " another model has brought some of these; ask again"));
    }
    if (added == null || Backfill.idOf(added) == null) {
      return consent; // It brings nothing that has a history.
    }
    if (!backfills) {
      return refused(
          consent,
          new Refusal(
              "no_archive",
              "backfill: expected a job with an archive to read the history from, got one without"
                  + " vigil.archive.dir"));
    }
    if (state.refusal != null) {
      return refused(consent, state.refusal);
    }
    Report whole = state.whole;
    if (whole == null) {
      if (!of.preparing && state.text == null) {
        of.preparing = true;
        prepare(request, consent, added);
      }
      return null;
    }
    String text = Objects.requireNonNull(whole.addedSpec());
    long sinceMs = deployments(whole).getEffectiveAt();
    return new Report(
        consent.request(),
        consent.requestTimeMs(),
        consent.subtask(),
        consent.of(),
        null,
        Backfill.since(text, sinceMs));
  }

  private Deployment deployments(Report report) {
    try {
      return deployments.decode(report.request());
    } catch (DecodeException e) {
      throw new IllegalStateException("a report that this job made does not read", e);
    }
  }

  private static Report refused(Report consent, Refusal refusal) {
    return new Report(
        consent.request(), consent.requestTimeMs(), consent.subtask(), consent.of(), refusal, null);
  }

  /** Says on the topic that the history is being read: from there on all keep state ahead. */
  private void prepare(Deployment request, Report consent, String text) {
    Deployment preparing =
        Deployment.newBuilder(request)
            .setDeploymentId(idAfter(JobKeys.PREPARING, request.getDeploymentId()))
            .setStatus(DeploymentStatus.PREPARING)
            .setRequestId(request.getDeploymentId())
            .setPlan(null)
            .setWatch(null)
            .setReturns(null)
            .setFeatureSpec(text)
            .build();
    write(request, consent, preparing);
  }

  private void answer(Deployment request, Told of, Report report) {
    of.answered = true;
    Deployment answer =
        request.getReviews() == null ? answer(request, report) : reviewed(request, report);
    write(request, report, answer);
    (answer.getStatus() == DeploymentStatus.ACTIVATED ? activated : refused).inc();
  }

  private void write(Deployment request, Report report, Deployment answer) {
    answer.setPersons(persons(request));
    if (signer != null) {
      answer = signer.sign(answer);
    }
    if (answer.getStatus() == DeploymentStatus.ACTIVATED && answer.getReviews() == null) {
      known(answer.getDeploymentId());
    }
    LOG.info(
        "a request is answered: request={} status={} reason={}",
        request.getDeploymentId(),
        answer.getStatus(),
        answer.getReason());
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
