package io.vigil.job;

import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleDraft;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.torch.Network;
import io.vigil.model.torch.TorchScorer;
import io.vigil.model.train.NetworkOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** A bundle with an untrained network: real bits, no sense. */
final class TestBundle {
  private TestBundle() {}

  /** On the default spec. */
  static Path write(Path folder) {
    return write(folder, Artefacts.builtIn("specs/default.yaml"));
  }

  static Path write(Path folder, String spec) {
    bundle("test", 7, spec).copyTo(folder);
    return folder;
  }

  /** Networks of other seeds score otherwise. */
  static Bundle bundle(String name, long seed, String spec) {
    List<String> names =
        FeatureSpec.read(spec, "spec").features().stream().map(Feature::name).toList();
    List<ModelInput> inputs = names.stream().map(n -> ModelInput.scaled(n, true, 1, 2, 0)).toList();
    Random random = new Random(3);
    List<float[]> golden =
        random
            .ints(20)
            .mapToObj(
                i -> {
                  float[] row = new float[names.size()];
                  for (int j = 0; j < row.length; j++) {
                    row[j] = random.nextFloat() * 10;
                  }
                  return row;
                })
            .toList();
    InputShape shape = InputShape.flat(names.size());
    byte[] network =
        Network.random(NetworkOptions.perceptron(List.of(32, 16)), shape, seed).toTorchScript();
    try (TorchScorer scorer = TorchScorer.load(network, shape, "cpu")) {
      return new BundleDraft(
              name,
              1,
              "pytorch",
              inputs,
              shape,
              new Calibration(8, -1),
              new TreeMap<>(),
              network,
              spec,
              "untrained")
          .seal(scorer, golden);
    }
  }
}
