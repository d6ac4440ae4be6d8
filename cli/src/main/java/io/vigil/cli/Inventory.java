package io.vigil.cli;

import io.vigil.model.approval.Kind;
import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleException;
import io.vigil.model.bundle.Manifest;
import io.vigil.model.plan.PlanFile;
import io.vigil.model.registry.DirectoryStore;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model's line in an inventory: who answers for it, how much depends on it, what it is for, and
 * when it was last validated, which is when the newest plan was made by which it was put in force.
 * What nobody stated is said to be so.
 */
record Inventory(String owner, String tier, String purpose, String lastValidation) {
  static final String OWNER = "owner";
  static final String TIER = "tier";
  static final String PURPOSE = "purpose";
  static final String NOT_STATED = "not stated";

  /** Of a bundle, of which no log is at hand. */
  static Inventory of(Manifest manifest) {
    return of(manifest.provenance(), NOT_STATED);
  }

  private static Inventory of(Map<String, String> provenance, String lastValidation) {
    return new Inventory(
        stated(provenance, OWNER),
        stated(provenance, TIER),
        stated(provenance, PURPOSE),
        lastValidation);
  }

  private static String stated(Map<String, String> provenance, String key) {
    String value = provenance.getOrDefault(key, "").replaceAll("\\p{C}", " ").strip();
    return value.isEmpty() ? NOT_STATED : value;
  }

  /**
   * Of a model that the log has put in force.
   *
   * @param registry where its bundle is; null when nobody says
   */
  static Inventory of(Deployment model, ControlLog log, @Nullable Path registry) {
    Instant validated = null;
    for (ControlLog.Entry entry : log.entries()) {
      Deployment each = entry.deployment();
      boolean same =
          each.getStatus() == DeploymentStatus.ACTIVATED
              && each.getKind() == ArtefactKind.MODEL
              && each.getDigest().equals(model.getDigest());
      Instant planned = same ? plannedAt(log.request(each.getRequestId())) : null;
      if (planned != null && (validated == null || planned.isAfter(validated))) {
        validated = planned;
      }
    }
    return of(
        provenance(model.getDigest(), registry),
        validated == null ? NOT_STATED : validated.toString());
  }

  private static @Nullable Instant plannedAt(@Nullable Deployment request) {
    ByteBuffer plan = request == null ? null : request.getPlan();
    if (plan == null) {
      return null;
    }
    try {
      return PlanFile.read(StandardCharsets.UTF_8.decode(plan.duplicate()).toString(), "plan")
          .createdAt();
    } catch (ArtefactException | IllegalArgumentException e) {
      // Of another version; the judge had read what it needs of it.
      return null;
    }
  }

  private static Map<String, String> provenance(String digest, @Nullable Path registry) {
    if (registry == null) {
      return Map.of();
    }
    try {
      byte[] zip = new DirectoryStore(registry).read(Kind.MODEL, digest, DirectoryStore.BYTES_MAX);
      return Bundle.ofZip(digest, zip).manifest().provenance();
    } catch (IOException | BundleException | IllegalArgumentException e) {
      return Map.of();
    }
  }

  /** A line. */
  String text() {
    return "owner %s, tier %s, purpose %s, last validation %s"
        .formatted(owner, tier, purpose, lastValidation);
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put(OWNER, owner);
    json.put(TIER, tier);
    json.put(PURPOSE, purpose);
    json.put("last_validation", lastValidation);
    return json;
  }
}
