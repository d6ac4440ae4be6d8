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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models by their digests as an archive has kept them, and through them the names of features. Not
 * thread-safe.
 */
final class KnownModels {
  private static final Logger LOG = LoggerFactory.getLogger(KnownModels.class);
  private static final long BYTES_MAX = Integer.MAX_VALUE - 16L;

  private final ArtefactStore store;
  private final Map<String, Optional<Manifest>> manifests = new HashMap<>();
  private final Map<String, List<String>> names = new HashMap<>();
  private final Map<String, String> texts = new LinkedHashMap<>();

  KnownModels(ArchiveFolder archive) {
    store = KeptArtefacts.of(archive);
  }

  /** Learns a spec's names from its text. */
  void spec(String yaml) {
    FeaturePlan plan = plan(yaml);
    texts.put(plan.fingerprint(), yaml);
    names.put(plan.fingerprint(), plan.names());
  }

  private static FeaturePlan plan(String yaml) {
    return FeaturePlan.compile(FeatureSpec.read(yaml, "features.yaml"));
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
      spec(bundle.featureSpec());
      return Optional.of(bundle.manifest());
    } catch (IOException | BundleException | SpecException e) {
      return Optional.empty(); // It was not kept, or is another version's: the report says so.
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
    if (known == null && manifest(model).isPresent()) {
      known = names.get(fingerprint);
    }
    if (known == null && grown(fingerprint)) {
      known = names.get(fingerprint);
    }
    if (known == null || known.size() != count) {
      known = IntStream.range(0, count).mapToObj(i -> "features[" + i + "]").toList();
    }
    names.put(fingerprint, known);
    return known;
  }

  /** Whether it is a known spec that was extended by what a model brought; learns it. */
  private boolean grown(String fingerprint) {
    for (String earlier : List.copyOf(texts.values())) {
      for (String brought : List.copyOf(texts.values())) {
        try {
          String both = FeatureSpec.joined(earlier, brought);
          if (plan(both).fingerprint().equals(fingerprint)) {
            spec(both);
            return true;
          }
        } catch (SpecException | IllegalArgumentException e) {
          LOG.debug("two specs that never were one", e);
        }
      }
    }
    return false;
  }
}
