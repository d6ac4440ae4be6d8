package io.vigil.model.bundle;

import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;
import io.vigil.model.score.ScoringModel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A bundle in the making. See {@link Manifest} for the ranges.
 *
 * @param model the model's file
 * @param features the feature spec it was trained on, YAML
 * @param card what a reader should know: data, period, metrics, limits
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
public record BundleDraft(
    String name,
    int version,
    String engine,
    List<ModelInput> inputs,
    InputShape shape,
    Calibration calibration,
    SortedMap<String, String> provenance,
    byte[] model,
    String features,
    String card) {

  /**
   * Completes the bundle with golden logits and digests; {@link Bundle#copyTo} stores it.
   *
   * @param scorer runs {@code model}
   * @param vectors to score for the golden file, each in the order of {@code inputs}, at least one
   * @throws io.vigil.model.score.ScoringException when the network fails
   */
  public Bundle seal(Scorer scorer, List<float[]> vectors) {
    List<String> names = inputs.stream().map(ModelInput::feature).toList();
    float[] logits = new float[vectors.size()];
    new ScoringModel(inputs, calibration, scorer, names)
        .score(vectors.toArray(float[][]::new), logits.length, logits);
    List<Golden.Row> rows = new ArrayList<>();
    for (int i = 0; i < logits.length; i++) {
      rows.add(new Golden.Row(logits[i], vectors.get(i)));
    }
    Map<String, byte[]> files =
        Map.of(
            ScoringEngine.named(engine).modelFile(),
            model.clone(),
            Manifest.FEATURES,
            features.getBytes(StandardCharsets.UTF_8),
            Manifest.GOLDEN,
            new Golden(rows).toCsv(names),
            Manifest.CARD,
            card.getBytes(StandardCharsets.UTF_8));
    SortedMap<String, Manifest.FileEntry> entries = new TreeMap<>();
    files.forEach(
        (file, bytes) ->
            entries.put(file, new Manifest.FileEntry(bytes.length, Bundle.sha256(bytes))));
    Manifest manifest =
        new Manifest(
            name,
            version,
            engine,
            scorer.engineClass(),
            FeaturePlan.compile(FeatureSpec.read(features, Manifest.FEATURES)).fingerprint(),
            inputs,
            shape,
            calibration,
            provenance,
            entries);
    return Bundle.of(manifest.toYaml(), BundleSource.of(files));
  }
}
