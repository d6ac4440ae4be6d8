package io.vigil.cli;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleDraft;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.torch.Network;
import io.vigil.model.torch.TorchScorer;
import io.vigil.model.train.NetworkOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A bundle over a hundred features of five kinds of entities. */
final class HundredFeatures {
  private HundredFeatures() {}

  /** A hundred features: every aggregate, every kind of window, five groupings. */
  private static String spec() {
    String ecom = "where: 'channel == \"ecom\"'";
    List<String> definitions = new ArrayList<>();
    for (String entity : List.of("account", "merchant", "device", "card", "[account, merchant]")) {
      for (String rest :
          List.of(
              "aggregate: count, window: 1h",
              "aggregate: count, window: 30d, " + ecom,
              "aggregate: sum, of: amount, window: 1d",
              "aggregate: mean, of: amount, window: 7d, resolution: 6h",
              "aggregate: std, of: amount, window: 30d, resolution: 1d",
              "aggregate: max, of: amount, window: lifetime",
              "aggregate: min, of: amount, last: 10",
              "aggregate: quantile, of: amount, q: 0.9, window: 7d",
              "aggregate: distinct, of: country, window: 7d",
              "aggregate: seen, of: device, window: 30d",
              "aggregate: frequency, of: country, window: 30d",
              "aggregate: rate, of: fraud_label, window: 28d",
              "aggregate: count, of: fraud_label, by: label, window: 7d",
              "aggregate: share, window: 7d, " + ecom,
              "aggregate: last, of: amount",
              "aggregate: elapsed",
              "aggregate: first_seen",
              "aggregate: streak, " + ecom,
              "aggregate: decayed_sum, of: amount, half_life: 1d",
              "aggregate: geo_speed")) {
        definitions.add("entity: " + entity + ", " + rest);
      }
    }
    StringBuilder yaml = new StringBuilder("name: hundred\nversion: 1\nfeatures:\n");
    for (int i = 0; i < definitions.size(); i++) {
      yaml.append("  - {name: f").append(i).append(", ").append(definitions.get(i)).append("}\n");
    }
    return yaml.toString();
  }

  /** Others, of entities that are there, of one that is not, and of events. */
  static String more() {
    return """
        name: more
        version: 1
        features:
          - {name: m0, entity: account, aggregate: sum, of: amount, window: 12h}
          - {name: m1, entity: account, aggregate: decayed_count, half_life: 2h}
          - {name: m2, entity: account, aggregate: distinct, of: merchant, window: 3d}
          - {name: m9, entity: device, aggregate: mean, of: amount, window: 2d, resolution: 1h}
          - {name: m3, entity: terminal, aggregate: rate, of: fraud_label, window: 9d}
          - {name: m4, entity: counterparty, aggregate: count, window: lifetime}
          - {name: m5, entity: [card, merchant], aggregate: elapsed}
          - {name: m6, entity: account, event: login, aggregate: count, window: 1d}
          - {name: m7, entity: account, fact: credit_limit}
          - {name: m8, ratio: [m0, m1], default: 1}
        """;
  }

  /** An untrained network on the spec: real bits, no sense. */
  static Path bundle(Path folder) throws IOException {
    return bundle(folder, "hundred", 7);
  }

  /** Networks of other seeds score otherwise. */
  static Path bundle(Path folder, String name, long seed) throws IOException {
    return bundle(folder, name, seed, "untrained");
  }

  /** With a model card, which may be long. */
  static Path bundle(Path folder, String name, long seed, String card) throws IOException {
    return bundle(folder, name, seed, card, spec());
  }

  /** On another spec. */
  static Path bundle(Path folder, String name, long seed, String card, String spec)
      throws IOException {
    List<String> names = FeaturePlan.compile(FeatureSpec.read(spec, name)).names();
    List<ModelInput> inputs = names.stream().map(n -> ModelInput.scaled(n, true, 1, 2, 0)).toList();
    List<float[]> golden = new ArrayList<>();
    for (int row = 0; row < 20; row++) {
      float[] values = new float[names.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (row * 31 + i * 7) % 101 / 10f;
      }
      golden.add(values);
    }
    InputShape shape = InputShape.flat(names.size());
    byte[] network =
        Network.random(NetworkOptions.perceptron(List.of(32)), shape, seed).toTorchScript();
    try (TorchScorer scorer = TorchScorer.load(network, shape, "cpu")) {
      Bundle bundle =
          new BundleDraft(
                  name,
                  1,
                  "pytorch",
                  inputs,
                  shape,
                  new Calibration(8, -1),
                  new TreeMap<>(),
                  network,
                  spec,
                  card)
              .seal(scorer, golden);
      bundle.copyTo(folder);
    }
    return folder;
  }
}
