package io.vigil.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.KeptArtefacts;
import io.vigil.model.approval.Kind;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.drift.ModelUse;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownModelsTest {
  private static final String ADDED =
      """
      name: wider
      version: 1
      features:
        - {name: merchant_sum_3h, entity: merchant, aggregate: sum, of: amount, window: 3h}
      """;

  @TempDir private Path folder = Path.of("");

  @Test
  void namesFeaturesByWhatTheArchiveKept() throws IOException {
    ArchiveFolder archive = ArchiveFolder.of(folder.toString());
    Bundle bundle = Bundle.builtIn("default");
    KeptArtefacts.keep(archive, Kind.MODEL, bundle.digest(), bundle.toZip());
    KnownModels models = new KnownModels(archive);
    FeaturePlan plan = plan(bundle.featureSpec());

    assertThat(models.names(plan.fingerprint(), bundle.digest(), plan.names().size()))
        .isEqualTo(plan.names());
    ModelUse.Known known = models.known(bundle.digest());
    assertThat(known).isNotNull();
    assertThat(models.probability(bundle.digest(), 0.5f))
        .isEqualTo(bundle.manifest().calibration().probability(0.5f));
  }

  @Test
  void namesFeaturesOfASpecThatGrew() {
    KnownModels models = new KnownModels(ArchiveFolder.of(folder.toString()));
    String base = Artefacts.builtIn("specs/default.yaml");
    FeaturePlan grown = plan(FeatureSpec.joined(base, ADDED));
    models.spec(base);
    models.spec(ADDED);

    assertThat(models.names(grown.fingerprint(), "a".repeat(64), grown.names().size()))
        .isEqualTo(grown.names())
        .contains("merchant_sum_3h");
  }

  @Test
  void goesByPlacesWhereNobodyKnows() {
    KnownModels models = new KnownModels(ArchiveFolder.of(folder.toString()));

    assertThat(models.names("0".repeat(64), "a".repeat(64), 2))
        .containsExactly("features[0]", "features[1]");
    assertThat(models.known("a".repeat(64))).isNull();
    assertThat(models.probability("a".repeat(64), 1)).isNaN();
  }

  private static FeaturePlan plan(String yaml) {
    return FeaturePlan.compile(FeatureSpec.read(yaml, "test"));
  }
}
