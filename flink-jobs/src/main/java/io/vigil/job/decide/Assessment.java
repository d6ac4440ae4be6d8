package io.vigil.job.decide;

import io.vigil.job.control.ControlSettings;
import io.vigil.job.decide.ArtefactLoader.Loaded;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.model.approval.Alias;
import io.vigil.model.approval.Approval;
import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.InForce;
import io.vigil.model.approval.Kind;
import io.vigil.model.approval.Refusal;
import io.vigil.schema.Deployment;
import io.vigil.schema.Signature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Judges a request and brings its artefact into service. Takes its time; thread-safe. */
final class Assessment {
  private static final int MESSAGE_CHARS_MAX = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(Assessment.class);

  private final ControlSettings settings;
  private final ArtefactLoader loader;

  /**
   * What came of it: one of the two is there.
   *
   * @param loaded in service; of a model the caller closes it, unless it was handed over warm
   */
  record Outcome(@Nullable Loaded loaded, @Nullable Refusal refusal) {
    /** A refusal; what libraries say may be long, and goes to the log for good. */
    static Outcome refused(String code, String message) {
      String plain = message.replaceAll("\\p{C}", " ");
      return new Outcome(
          null, new Refusal(code, plain.substring(0, Math.min(plain.length(), MESSAGE_CHARS_MAX))));
    }

    private static Outcome refused(Refusal refusal) {
      return refused(refusal.code(), refusal.message());
    }

    /** Closes what was loaded, unless it is the one that is warm anyway. */
    void letGo(@Nullable Loaded warm) {
      if (loaded instanceof Loaded.Model model && loaded != warm) {
        model.model().served().close();
      }
    }
  }

  Assessment(ControlSettings settings, ArtefactLoader loader) {
    this.settings = settings;
    this.loader = loader;
  }

  /**
   * Judges, then loads: what was not approved is not even read.
   *
   * @param effectiveTimeMs of the request, milliseconds since the epoch
   * @param under the feature spec that it is to go with
   * @param warm the artefact if it is in memory, else null
   */
  Outcome of(
      Deployment deployment,
      Kind kind,
      Alias alias,
      long effectiveTimeMs,
      InForce inForce,
      SpecTimeline.Span under,
      @Nullable Loaded warm) {
    try {
      DeploymentRequest request = request(deployment, kind, alias);
      Refusal refusal = settings.approvals().judge(request, inForce, effectiveTimeMs);
      if (refusal != null) {
        return Outcome.refused(refusal);
      }
      Loaded loaded = warm != null ? warm : loader.load(kind, request.digest(), under);
      Outcome outcome = new Outcome(loaded, null);
      String found = loaded.name() + " " + loaded.version();
      if (!found.equals(request.name() + " " + request.version())) {
        outcome.letGo(warm);
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
        outcome.letGo(warm);
        return Outcome.refused("quarantined", "the process crashed twice inside this model");
      }
      return outcome;
    } catch (ArtefactLoader.NotLoadedException e) {
      return Outcome.refused(e.refusal());
    } catch (IOException e) {
      return Outcome.refused("not_judged", "approvals: " + e.getMessage());
    } catch (InterruptedException e) {
      return Outcome.refused("load_timeout", "the artefact was given up");
    } catch (RuntimeException | Error e) {
      LOG.warn("a request cannot be worked on: request={}", deployment.getDeploymentId(), e);
      return Outcome.refused("load_failed", e.toString());
    }
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
        deployment.getBreakGlass(),
        deployment.getBackfill());
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
