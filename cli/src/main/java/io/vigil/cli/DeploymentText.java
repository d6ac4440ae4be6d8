package io.vigil.cli;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.feature.Backfill;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.schema.Alias;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A record of the control topic as people and scripts read it. */
final class DeploymentText {

  private static final int DIGITS = 12;

  private DeploymentText() {}

  /** Whether it put something in force by breaking the glass. */
  static boolean brokeGlass(Deployment deployment) {
    return deployment.getBreakGlass() && deployment.getStatus() == DeploymentStatus.ACTIVATED;
  }

  /** What the job does while it prepares, in words. */
  static String reading(Deployment preparing) {
    long features = backfilled(preparing.getFeatureSpec());
    return "reads the history of %s from the archive"
        .formatted(
            features == 0
                ? "the new features"
                : features == 1 ? "1 new feature" : features + " new features");
  }

  /** How many features the text marks; 0 where nobody can say. */
  private static long backfilled(@Nullable String spec) {
    if (spec == null) {
      return 0;
    }
    try {
      return FeatureSpec.read(spec, "feature_spec").features().stream()
          .filter(
              feature ->
                  feature instanceof Feature.Kept kept
                      && !kept.grouping().backfill().equals(Backfill.NONE))
          .count();
    } catch (ArtefactException e) {
      // Of a later version: the history of the log is to be read all the same.
      return 0;
    }
  }

  /** What the record says alone. */
  static Map<String, Object> json(Deployment deployment) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("deployment_id", deployment.getDeploymentId());
    json.put("request_id", deployment.getRequestId());
    json.put("status", lower(deployment.getStatus()));
    json.put("kind", lower(deployment.getKind()));
    json.put("as", lower(deployment.getAlias()));
    json.put("name", deployment.getName());
    json.put("version", deployment.getVersion());
    json.put("sha256", deployment.getDigest());
    json.put("share_basis_points", deployment.getShareBasisPoints());
    json.put("effective_at", deployment.getEffectiveAt());
    json.put("break_glass", deployment.getBreakGlass());
    json.put("backfill", deployment.getBackfill());
    json.put("ends_at", deployment.getEndsAt());
    json.put("reason", deployment.getReason());
    json.put("watch", deployment.getWatch());
    json.put("returns", deployment.getReturns());
    json.put("signed_by", deployment.getSignatures().stream().map(s -> s.getKeyId()).toList());
    json.put("persons", deployment.getPersons());
    json.put("reviews", deployment.getReviews());
    return json;
  }

  /** A line, with when the log took it, and of broken glass who has looked at it. */
  static String line(long atMs, Deployment deployment, @Nullable Deployment review) {
    StringBuilder line = new StringBuilder();
    line.append(Instant.ofEpochMilli(atMs)).append("  ");
    line.append("%-9s ".formatted(lower(deployment.getStatus())));
    if (deployment.getReviews() != null) {
      // Of what was put in force it only repeats the name.
      line.append("review of ").append(deployment.getReviews());
      line.append("  ").append(deployment.getName()).append(' ').append(deployment.getVersion());
      if (!deployment.getPersons().isEmpty()) {
        line.append("  by ").append(String.join(", ", deployment.getPersons()));
      }
      if (deployment.getReason() != null) {
        line.append("  ").append(deployment.getReason());
      }
      return line.toString();
    }
    line.append(
        "%-10s %-10s ".formatted(lower(deployment.getKind()), lower(deployment.getAlias())));
    line.append(deployment.getName()).append(' ').append(deployment.getVersion());
    line.append("  ").append(deployment.getDigest(), 0, DIGITS);
    boolean beside =
        deployment.getAlias() == Alias.CHALLENGER || deployment.getAlias() == Alias.SHADOW;
    if (beside && deployment.getShareBasisPoints() == 0) {
      line.append("  ends");
    } else if (deployment.getAlias() == Alias.CHALLENGER) {
      line.append("  %s %%".formatted(deployment.getShareBasisPoints() / 100.0));
    }
    if (deployment.getStatus() == DeploymentStatus.PREPARING) {
      line.append("  ").append(reading(deployment));
      line.append(" (request ").append(deployment.getRequestId()).append(')');
      return line.toString();
    }
    if (deployment.getBackfill()) {
      line.append("  with history from the archive");
    }
    if (deployment.getEffectiveAt() > atMs) {
      line.append("  from ").append(Instant.ofEpochMilli(deployment.getEffectiveAt()));
    }
    if (deployment.getBreakGlass()) {
      line.append("  emergency");
      if (!deployment.getPersons().isEmpty()) {
        line.append(" by ").append(String.join(", ", deployment.getPersons()));
      }
    }
    Long endsAtMs = deployment.getEndsAt();
    if (endsAtMs != null) {
      line.append(" until ").append(Instant.ofEpochMilli(endsAtMs));
    }
    if (deployment.getWatch() != null) {
      line.append("  watched");
    }
    if (brokeGlass(deployment)) {
      line.append(", ").append(reviewed(review));
      if (review == null) {
        line.append(" (request ").append(deployment.getRequestId()).append(')');
      }
    }
    if (deployment.getReason() != null) {
      line.append("  ").append(deployment.getReason());
    }
    return line.toString();
  }

  /** Who has looked at broken glass, in words. */
  static String reviewed(@Nullable Deployment review) {
    return review == null
        ? "not reviewed"
        : "reviewed by " + String.join(", ", review.getPersons());
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
