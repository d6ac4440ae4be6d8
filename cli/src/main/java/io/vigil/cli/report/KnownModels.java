package io.vigil.cli.report;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.KeptArtefacts;
import io.vigil.model.approval.ArtefactStore;
import io.vigil.model.approval.Kind;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleException;
import io.vigil.model.bundle.Manifest;
import io.vigil.model.drift.ModelUse;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.SpecException;
import io.vigil.model.score.Calibration;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Models by their digests as an archive has kept them, and through them the names of features. Not
 * thread-safe.
 */
final class KnownModels {
  private static final long BYTES_MAX = Integer.MAX_VALUE - 16L;

  private final ArtefactStore store;
  private final Map<String, Optional<Manifest>> manifests = new HashMap<>();
  private final Map<String, List<String>> names = new HashMap<>();
  private final Map<String, String> specs = new LinkedHashMap<>();
  private final Map<String, List<String>> byPlace = new HashMap<>();

  KnownModels(ArchiveFolder archive) {
    store = KeptArtefacts.of(archive);
  }

  /** Learns a spec's names from its text. */
  void spec(String yaml) {
    FeaturePlan plan = FeaturePlan.compile(FeatureSpec.read(yaml, "features.yaml"));
    specs.put(plan.fingerprint(), yaml);
    names.put(plan.fingerprint(), plan.names());
  }

  /** What a model's bundle says; null when the archive has none. */
  ModelUse.@Nullable Known known(String digest) {
    return manifest(digest)
        .map(its -> new ModelUse.Known(its.name(), its.version(), its.engine(), its.features()))
        .orElse(null);
  }

  /** The probability behind a logit; NaN when the model is not known. */
  double probability(String digest, float logit) {
    Calibration calibration = manifest(digest).map(Manifest::calibration).orElse(null);
    return calibration == null || Float.isNaN(logit) ? Double.NaN : calibration.probability(logit);
  }

  private Optional<Manifest> manifest(String digest) {
    Optional<Manifest> known = manifests.get(digest);
    if (known == null) {
      known = read(digest);
      manifests.put(digest, known);
    }
    return known;
  }

  private Optional<Manifest> read(String digest) {
    try {
      Bundle bundle = Bundle.ofZip(digest, store.read(Kind.MODEL, digest, BYTES_MAX));
      grown(bundle.featureSpec());
      return Optional.of(bundle.manifest());
    } catch (IOException | BundleException | SpecException e) {
      return Optional.empty(); // It was not kept, or is another version's: the report says so.
    }
  }

  /** A spec in force may be an earlier one extended by what a model brought: those fit too. */
  private void grown(String yaml) {
    for (String earlier : new ArrayList<>(specs.values())) {
      joined(earlier, yaml).ifPresent(this::spec);
    }
    spec(yaml);
  }

  /** Both in one spec; empty when they never can have been in one. */
  private static Optional<String> joined(String earlier, String yaml) {
    try {
      String both = FeatureSpec.joined(earlier, yaml);
      FeaturePlan plan = FeaturePlan.compile(FeatureSpec.read(both, "features.yaml"));
      return plan.names().isEmpty() ? Optional.empty() : Optional.of(both);
    } catch (SpecException e) {
      return Optional.empty();
    }
  }

  /**
   * Names of a vector's features in order; their places where the spec is not known.
   *
   * @param fingerprint of the spec
   * @param model that was in force
   * @param count of the vector's values
   */
  List<String> names(String fingerprint, String model, int count) {
    List<String> known = names.get(fingerprint);
    if (known == null) {
      if (manifest(model).isPresent()) {
        known = names.get(fingerprint);
      }
      if (known == null || known.size() != count) {
        known =
            byPlace.computeIfAbsent(
                fingerprint,
                spec -> IntStream.range(0, count).mapToObj(i -> "features[" + i + "]").toList());
      }
      names.put(fingerprint, known);
    }
    return known;
  }
}
