package io.vigil.job.decide;

import io.vigil.job.control.Change;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.Kinds;
import io.vigil.job.control.Schedule;
import io.vigil.job.decide.ArtefactLoader.Loaded;
import io.vigil.job.decide.Assessment.Outcome;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.SpecChange;
import io.vigil.model.approval.Alias;
import io.vigil.model.approval.InForce;
import io.vigil.model.approval.Kind;
import io.vigil.model.approval.Refusal;
import io.vigil.model.feature.Backfill;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.order.Ordered;
import io.vigil.schema.Deployment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of a live job that wait for their answer, as one subtask sees them: judged and
 * loaded on threads of their own while rows go on, and kept until the answer has come back by the
 * log. Owned by the operator's thread.
 *
 * <p>They are worked on side by side, a model beside a list beside what is warm, and reported as
 * they get ready: what is approved as things stand does not wait for a slow one before it, unless
 * it means the same artefact or place. A refusal waits until all before it are answered, for what
 * they make of the world may allow it. Whenever something was put in force, all are judged by that
 * and reported anew; the one who answers counts no report of before. So of two models that bring
 * new features the second is loaded anew beside those of the first.
 */
final class Requests {
  /** More than these are refused at once. */
  static final int PENDING_MAX = 100;

  private static final Logger LOG = LoggerFactory.getLogger(Requests.class);

  private final ControlSettings settings;
  private final Assessment assessment;
  private final Rollout rollout;
  private final SpecTimeline specs;
  private final Outside outside;
  private final long startMs;
  private final TreeMap<LogRecord, Request> pending = new TreeMap<>(Ordered.EFFECTIVE_ORDER);
  private final Map<Lane, Attempt> attempts = new EnumMap<>(Lane.class);
  private final List<LogRecord> activated = new ArrayList<>();

  // Requests and answers come from several subtasks of deduplication, in effective order from each.
  private final Map<String, LogRecord> answeredBefore = new HashMap<>();

  /** By request what says that the history of its features is read: nobody waits for that. */
  private final Map<String, LogRecord> preparing = new HashMap<>();

  private long reachedMs = Long.MIN_VALUE;
  private int round;
  private volatile long loadMs;

  /** What this class needs of the operator. */
  interface Outside {
    /**
     * Sends a report on; called on the operator's thread.
     *
     * @param record a request; or an activated record, to say that from now on requests are judged
     *     by it
     * @param addedSpec see {@link Loaded.Model#added()}
     */
    void report(LogRecord record, @Nullable Refusal refusal, @Nullable String addedSpec);

    /**
     * Has something done on the operator's thread.
     *
     * @return false when the operator has ended
     */
    boolean mail(Runnable letter);

    /** Has something done on the operator's thread after so many milliseconds. */
    void after(long delayMs, Runnable letter);

    /** The processing time, milliseconds. */
    long nowMs();
  }

  /** One request of each is worked on at a time, so that none of another waits for it. */
  private enum Lane {
    /** In memory already: only to be judged. */
    WARM,
    MODEL,
    LIST,
    TEXT;

    static Lane of(Kind kind, @Nullable Loaded warm) {
      if (warm != null) {
        return WARM;
      }
      return kind == Kind.MODEL ? MODEL : kind == Kind.LIST ? LIST : TEXT;
    }
  }

  private static final class Request {
    final LogRecord record;
    final Deployment deployment;
    final @Nullable Kind kind;
    final @Nullable Alias alias;
    @Nullable Attempt attempt;
    @Nullable InForce judgedBy;
    int judgedIn = -1;
    @Nullable Refusal refusal;

    /** The round in which it was reported last. */
    int reported = -1;

    Request(LogRecord record, Deployment deployment) {
      this.record = record;
      this.deployment = deployment;
      this.kind = Kinds.of(deployment.getKind());
      this.alias = Kinds.of(deployment.getAlias());
    }

    /** Whether it would mean something else if it were answered before the other. */
    boolean follows(Request earlier) {
      if (kind != earlier.kind) {
        return false;
      }
      // Champions may overtake each other: each is signed against the one in force, so one remains.
      boolean begins = alias != Alias.CHAMPION && deployment.getShareBasisPoints() > 0;
      return deployment.getDigest().equals(earlier.deployment.getDigest())
          || (begins && alias == earlier.alias);
    }
  }

  /** A request that is being worked on. */
  private static final class Attempt {
    final Request request;
    final Lane lane;
    final InForce inForce;
    final int round;
    final @Nullable Loaded warm;
    boolean over;
    @Nullable Thread thread;

    Attempt(Request request, Lane lane, InForce inForce, int round, @Nullable Loaded warm) {
      this.request = request;
      this.lane = lane;
      this.inForce = inForce;
      this.round = round;
      this.warm = warm;
    }
  }

  /**
   * @param startMs when this job started, by the processing time: no request is taken up before all
   *     that the log held by then has been read, for its answer may be among it
   */
  Requests(
      ControlSettings settings,
      ArtefactLoader loader,
      Rollout rollout,
      SpecTimeline specs,
      long startMs,
      Outside outside) {
    this.settings = settings;
    this.assessment = new Assessment(settings, loader);
    this.rollout = rollout;
    this.specs = specs;
    this.startMs = startMs;
    this.outside = outside;
  }

  /** A request has come, or is taken over from a checkpoint. */
  void requested(LogRecord record, Deployment request) {
    if (!settings.live() || answeredBefore.remove(record.id()) != null) {
      return;
    }
    if (pending.size() >= PENDING_MAX) {
      outside.report(
          record,
          new Refusal(
              "too_many_requests",
              "expected at most " + PENDING_MAX + " requests without an answer; ask again later"),
          null);
      return;
    }
    pending.put(record, new Request(record, request));
  }

  /** The history of the features that a request brings is being read. */
  void preparing(String requestId, LogRecord record) {
    if (settings.live()) {
      preparing.put(requestId, record);
      outside.report(record, null, null);
    }
  }

  /** Something was put in force, which the rollout knows already. */
  void activated(LogRecord record) {
    if (settings.live()) {
      activated.add(record);
    }
  }

  /**
   * The answer to a request has come back by the log.
   *
   * @param answer may come before its request
   */
  void answered(String requestId, LogRecord answer) {
    if (!settings.live()) {
      return;
    }
    preparing.remove(requestId);
    boolean known =
        pending
            .values()
            .removeIf(
                request -> {
                  boolean answered = request.record.id().equals(requestId);
                  if (answered && request.attempt != null) {
                    end(request.attempt);
                  }
                  return answered;
                });
    if (!known && answer.effectiveTimeMs() > reachedMs) {
      answeredBefore.put(requestId, answer);
    }
  }

  /** All control records up to that effective time are known. */
  void reached(long effectiveTimeMs) {
    reachedMs = effectiveTimeMs;
    answeredBefore.values().removeIf(answer -> answer.effectiveTimeMs() <= reachedMs);
    activated.removeIf(
        record -> {
          boolean known = record.effectiveTimeMs() <= reachedMs;
          if (known) {
            outside.report(record, null, null);
            round++;
          }
          return known;
        });
    goOn();
  }

  /**
   * What a snapshot must hold: requests without an answer, in effective order, and answers whose
   * request is still to come.
   */
  Collection<LogRecord> unsettled() {
    List<LogRecord> unsettled = new ArrayList<>(pending.keySet());
    unsettled.addAll(answeredBefore.values());
    unsettled.addAll(preparing.values());
    return unsettled;
  }

  /** How many requests wait for an answer. */
  int size() {
    return pending.size();
  }

  /** Digests that requests without an answer ask for. */
  Set<String> digests() {
    Set<String> digests = new HashSet<>();
    pending.values().forEach(request -> digests.add(request.deployment.getDigest()));
    return digests;
  }

  /** How long the last artefact took to be judged, read, verified and warm, milliseconds. */
  long loadMs() {
    return loadMs;
  }

  /** Nobody waits for what is being worked on any more. */
  void close() {
    List.copyOf(attempts.values()).forEach(this::end);
  }

  /** Takes up what can be taken up, and reports what is ready. */
  private void goOn() {
    if (reachedMs < startMs) {
      return;
    }
    List<Request> before = new ArrayList<>();
    for (Request request : pending.values()) {
      if (request.record.effectiveTimeMs() > reachedMs) {
        return;
      }
      if (request.attempt == null && request.reported != round) {
        goOn(request, before);
      }
      if (!preparing.containsKey(request.record.id())) {
        before.add(request);
      }
    }
  }

  private void goOn(Request request, List<Request> before) {
    Kind kind = request.kind;
    Alias alias = request.alias;
    if (request.deployment.getReviews() != null) {
      // Nothing to load: the one who answers judges it.
      if (before.isEmpty()) {
        report(request, null, null);
      }
      return;
    }
    if (kind == null || alias == null || !Schedule.hasPlace(kind, alias)) {
      if (before.isEmpty()) {
        report(request, notLive(request.deployment), null);
      }
      return;
    }
    InForce inForce = rollout.inForce(kind, request.deployment.getName(), reachedMs);
    Loaded warm = rollout.warm(request.deployment.getDigest());
    Refusal refusal = request.refusal;
    boolean asThingsStand = request.judgedIn == round && inForce.equals(request.judgedBy);
    if (!asThingsStand || (refusal == null && warm == null)) {
      takeUp(request, kind, alias, inForce, warm);
      return;
    }
    if (refusal == null && before.stream().anyMatch(request::follows)) {
      return;
    }
    if (refusal == null) {
      // From where the answer would stand at the earliest.
      LogRecord asIfNow = request.record.sequenced(reachedMs + 1, false);
      refusal = rollout.misfit(Change.of(request.deployment, asIfNow, kind, alias), reachedMs + 1);
    }
    if (refusal == null || before.isEmpty()) {
      report(request, refusal, warm);
    }
  }

  private void report(Request request, @Nullable Refusal refusal, @Nullable Loaded loaded) {
    request.reported = round;
    String added = null;
    if (refusal == null
        && loaded instanceof Loaded.Model model
        && model.width() > specs.newest().spec().features().size()) {
      added = model.added();
      if (added != null && request.deployment.getBackfill()) {
        added = marked(request, added);
        refusal = ArtefactLoader.unreadable(added, specs.newest());
      }
    }
    outside.report(request.record, refusal, refusal == null ? added : null);
  }

  /** The text that says of which features the history is wanted: those that nobody keeps yet. */
  private String marked(Request request, String added) {
    Set<String> known = new HashSet<>();
    specs.newest().spec().features().forEach(feature -> known.add(feature.name()));
    List<String> wanted =
        FeatureSpec.read(added, "features.yaml").features().stream()
            .filter(Feature.Kept.class::isInstance)
            .map(Feature::name)
            .filter(name -> !known.contains(name))
            .toList();
    return wanted.isEmpty()
        ? added
        : Backfill.mark(SpecChange.backfillOf(request.deployment.getDeploymentId()), wanted, added);
  }

  private void takeUp(
      Request request, Kind kind, Alias alias, InForce inForce, @Nullable Loaded warm) {
    Lane lane = Lane.of(kind, warm);
    if (attempts.containsKey(lane)) {
      return;
    }
    LOG.info(
        "a request is taken up: request={} lane={}", request.deployment.getDeploymentId(), lane);
    Attempt attempt = new Attempt(request, lane, inForce, round, warm);
    attempts.put(lane, attempt);
    request.attempt = attempt;
    // Rules may take effect at once, a model brings what it needs beside all that is to come.
    SpecTimeline.Span under = kind == Kind.MODEL ? specs.newest() : specs.at(reachedMs);
    long beganMs = outside.nowMs();
    Thread thread =
        new Thread(
            () -> {
              Outcome outcome =
                  assessment.of(
                      request.deployment,
                      kind,
                      alias,
                      request.record.effectiveTimeMs(),
                      inForce,
                      under,
                      warm);
              boolean told =
                  outside.mail(
                      () -> {
                        loadMs = outside.nowMs() - beganMs;
                        done(attempt, outcome);
                      });
              if (!told) {
                outcome.letGo(warm);
              }
            },
            "vigil-loading");
    thread.setDaemon(true);
    attempt.thread = thread;
    thread.start();
    outside.after(
        settings.loadLimit().toMillis(),
        () -> {
          if (!attempt.over) {
            done(
                attempt,
                Outcome.refused(
                    "load_timeout",
                    "expected the artefact to be verified and warm within "
                        + settings.loadLimit().toMillis()
                        + " ms, it was not"));
            thread.interrupt();
          }
        });
  }

  private void done(Attempt attempt, Outcome outcome) {
    Loaded loaded = outcome.loaded();
    if (attempt.over) {
      outcome.letGo(attempt.warm);
      return;
    }
    attempt.over = true;
    attempts.remove(attempt.lane);
    Request request = attempt.request;
    request.attempt = null;
    request.judgedBy = attempt.inForce;
    request.judgedIn = attempt.round;
    request.refusal = outcome.refusal();
    LOG.info(
        "a request is worked on: request={} ms={} refusal={}",
        request.deployment.getDeploymentId(),
        loadMs,
        request.refusal);
    if (loaded != null && loaded != attempt.warm) {
      rollout.keep(loaded);
    }
    goOn();
  }

  private void end(Attempt attempt) {
    attempt.over = true;
    attempts.remove(attempt.lane);
    attempt.request.attempt = null;
    if (attempt.thread != null) {
      attempt.thread.interrupt();
    }
  }

  private static Refusal notLive(Deployment deployment) {
    return new Refusal(
        "kind_not_live",
        "expected a model, or rules, a policy or a list as champion, got "
            + deployment.getKind()
            + " as "
            + deployment.getAlias()
            + "; what else decides is changed by the job's options and a restart from a savepoint");
  }
}
