package io.vigil.job.decide;

import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.Kinds;
import io.vigil.job.control.Schedule;
import io.vigil.job.decide.ArtefactLoader.Loaded;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.LogRecord;
import io.vigil.model.approval.Alias;
import io.vigil.model.approval.Approval;
import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.InForce;
import io.vigil.model.approval.Kind;
import io.vigil.model.approval.Refusal;
import io.vigil.model.order.Ordered;
import io.vigil.schema.Deployment;
import io.vigil.schema.Signature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of a live job that wait for their answer, as one subtask sees them. They are taken
 * up one by one in effective order, each when the one before it is answered, so that each is judged
 * by what the others have made of it; judged and loaded on a thread of their own while rows go on;
 * and kept until the answer has come back by the log. Owned by the operator's thread.
 */
final class Requests {
  /** More than these are refused at once. */
  static final int PENDING_MAX = 100;

  private static final int MESSAGE_CHARS_MAX = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(Requests.class);

  private final ControlSettings settings;
  private final ArtefactLoader loader;
  private final Rollout rollout;
  private final SpecTimeline specs;
  private final Outside outside;
  private final long startMs;
  private final TreeMap<LogRecord, Deployment> pending = new TreeMap<>(Ordered.EFFECTIVE_ORDER);
  private @Nullable Work work;
  private long reachedMs = Long.MIN_VALUE;
  private long notBeforeMs = Long.MIN_VALUE;
  private volatile long loadMs;

  /** What this class needs of the operator. */
  interface Outside {
    /**
     * Sends a report on; called on the operator's thread.
     *
     * @param addedSpec see {@link Loaded.Model#added()}
     */
    void report(LogRecord request, @Nullable Refusal refusal, @Nullable String addedSpec);

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

  /** The request that is being worked on. */
  private static final class Work {
    final LogRecord request;
    boolean reported;
    @Nullable Thread thread;

    Work(LogRecord request) {
      this.request = request;
    }
  }

  /** What became of the work: one of the two is there. */
  private record Outcome(@Nullable Loaded loaded, @Nullable Refusal refusal) {
    static Outcome refused(String code, String message) {
      return new Outcome(null, new Refusal(code, message));
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
    this.loader = loader;
    this.rollout = rollout;
    this.specs = specs;
    this.startMs = startMs;
    this.outside = outside;
  }

  /** A request has come, or is taken over from a checkpoint. */
  void requested(LogRecord record, Deployment request) {
    if (!settings.live()) {
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
    pending.put(record, request);
  }

  /**
   * The answer to a request has come back by the log.
   *
   * @param effectiveTimeMs of the answer: the next request is judged by what is in force then
   */
  void answered(String requestId, long effectiveTimeMs) {
    pending.keySet().removeIf(record -> record.id().equals(requestId));
    Work current = work;
    if (current != null && current.request.id().equals(requestId)) {
      current.reported = true;
      if (current.thread != null) {
        current.thread.interrupt();
      }
      work = null;
      notBeforeMs = effectiveTimeMs;
    }
  }

  /** All control records up to that effective time are known. */
  void reached(long effectiveTimeMs) {
    reachedMs = effectiveTimeMs;
    takeUp();
  }

  /** The requests without an answer, in effective order. */
  Collection<LogRecord> pending() {
    return pending.keySet();
  }

  /** How many requests wait for an answer. */
  int size() {
    return pending.size();
  }

  /** Digests that requests without an answer ask for. */
  Set<String> digests() {
    Set<String> digests = new HashSet<>();
    pending.values().forEach(request -> digests.add(request.getDigest()));
    return digests;
  }

  /** How long the last artefact took to be judged, read, verified and warm, milliseconds. */
  long loadMs() {
    return loadMs;
  }

  /** Nobody waits for what is being worked on any more. */
  void close() {
    Work current = work;
    if (current != null && current.thread != null) {
      current.reported = true;
      current.thread.interrupt();
    }
  }

  private void takeUp() {
    if (work != null || pending.isEmpty() || reachedMs < Math.max(startMs, notBeforeMs)) {
      return;
    }
    LogRecord record = pending.firstKey();
    if (record.effectiveTimeMs() > reachedMs) {
      return;
    }
    Work next = new Work(record);
    work = next;
    Deployment deployment = pending.firstEntry().getValue();
    Kind kind = Kinds.of(deployment.getKind());
    Alias alias = Kinds.of(deployment.getAlias());
    if (kind == null || alias == null || !Schedule.hasPlace(kind, alias)) {
      done(next, Outcome.refused("kind_not_live", notLive(deployment)));
      return;
    }
    DeploymentRequest request = request(deployment, kind, alias);
    InForce inForce = rollout.inForce(kind, reachedMs);
    // Rules may take effect at once, a model brings what it needs beside all that is to come.
    SpecTimeline.Span under = kind == Kind.MODEL ? specs.newest() : specs.at(reachedMs);
    Loaded warm = rollout.warm(request.digest());
    long beganMs = outside.nowMs();
    Thread thread =
        new Thread(
            () -> {
              Outcome outcome = work(request, record.effectiveTimeMs(), inForce, under, warm);
              boolean told =
                  outside.mail(
                      () -> {
                        loadMs = outside.nowMs() - beganMs;
                        done(next, outcome);
                      });
              if (!told) {
                letGo(outcome, warm);
              }
            },
            "vigil-loading");
    thread.setDaemon(true);
    next.thread = thread;
    thread.start();
    outside.after(
        settings.loadLimit().toMillis(),
        () -> {
          if (!next.reported) {
            done(
                next,
                Outcome.refused(
                    "load_timeout",
                    "expected the artefact to be verified and warm within "
                        + settings.loadLimit().toMillis()
                        + " ms, it was not"));
            thread.interrupt();
          }
        });
  }

  /** Judges, then loads: what was not approved is not even read. Runs on a thread of its own. */
  private Outcome work(
      DeploymentRequest request,
      long effectiveTimeMs,
      InForce inForce,
      SpecTimeline.Span under,
      @Nullable Loaded warm) {
    try {
      Refusal refusal = settings.approvals().judge(request, inForce, effectiveTimeMs);
      if (refusal != null) {
        return new Outcome(null, refusal);
      }
      Loaded loaded = warm != null ? warm : loader.load(request.kind(), request.digest(), under);
      Outcome outcome = new Outcome(loaded, null);
      String found = loaded.name() + " " + loaded.version();
      if (!found.equals(request.name() + " " + request.version())) {
        letGo(outcome, warm);
        return Outcome.refused(
            "other_artefact",
            "artefact: expected "
                + request.name()
                + " "
                + request.version()
                + " under the digest of the request, got "
                + found);
      }
      if (loaded instanceof Loaded.Model model && model.model().served().quarantined()) {
        letGo(outcome, warm);
        return Outcome.refused("quarantined", "the process crashed twice inside this model");
      }
      return outcome;
    } catch (ArtefactLoader.NotLoadedException e) {
      return new Outcome(null, e.refusal());
    } catch (IOException e) {
      return Outcome.refused("not_judged", "approvals: " + e.getMessage());
    } catch (InterruptedException e) {
      return Outcome.refused("load_timeout", "the artefact was given up");
    } catch (RuntimeException | Error e) {
      LOG.warn("a request cannot be worked on: request={}", request.id(), e);
      return Outcome.refused("load_failed", e.toString());
    }
  }

  private void done(Work of, Outcome outcome) {
    Loaded loaded = outcome.loaded();
    if (of.reported) {
      letGo(outcome, loaded == null ? null : rollout.warm(loaded.digest()));
      return;
    }
    of.reported = true;
    if (loaded != null && rollout.warm(loaded.digest()) != loaded) {
      rollout.keep(loaded);
    }
    Refusal refusal = outcome.refusal();
    String added =
        loaded instanceof Loaded.Model model
                && model.width() > specs.newest().spec().features().size()
            ? model.added()
            : null;
    outside.report(of.request, refusal == null ? null : brief(refusal), added);
  }

  /** What libraries say may be long, and goes to the log for good. */
  private static Refusal brief(Refusal refusal) {
    String message = refusal.message().replaceAll("\\p{C}", " ");
    return new Refusal(
        refusal.code(), message.substring(0, Math.min(message.length(), MESSAGE_CHARS_MAX)));
  }

  private static void letGo(Outcome outcome, @Nullable Loaded warm) {
    if (outcome.loaded() instanceof Loaded.Model model && outcome.loaded() != warm) {
      model.model().served().close();
    }
  }

  private static String notLive(Deployment deployment) {
    return "expected a model, or rules or a policy as champion, got "
        + deployment.getKind()
        + " as "
        + deployment.getAlias()
        + "; what else decides is changed by the job's options and a restart from a savepoint";
  }

  private static DeploymentRequest request(Deployment deployment, Kind kind, Alias alias) {
    List<Approval> signatures = new ArrayList<>();
    for (Signature signature : deployment.getSignatures()) {
      signatures.add(new Approval(signature.getKeyId(), bytes(signature.getSignature())));
    }
    ByteBuffer plan = deployment.getPlan();
    return new DeploymentRequest(
        deployment.getDeploymentId(),
        kind,
        alias,
        deployment.getName(),
        deployment.getVersion(),
        deployment.getDigest(),
        deployment.getShareBasisPoints(),
        deployment.getEffectiveAt(),
        plan == null ? null : bytes(plan),
        signatures,
        deployment.getBreakGlass());
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
