package io.vigil.model.ensemble;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.bundle.BundleDraft;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.EngineContract;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;
import io.vigil.model.torch.Network;
import io.vigil.model.torch.TorchEngine;
import io.vigil.model.train.NetworkOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two linear members: one of a and b, scaled, one of b and c as they are. */
class EnsembleEngineTest extends EngineContract {
  private static final String SPEC =
      """
      name: three
      version: 1
      features:
        - {name: a, expression: amount}
        - {name: b, expression: amount * 2}
        - {name: c, expression: amount * 3}
      """;
  private static byte[] packed = new byte[0];

  @BeforeAll
  static void pack(@TempDir Path folders) throws IOException {
    member(
        folders.resolve("first.zip"),
        List.of(ModelInput.scaled("a", false, 0.5, 2, 0), ModelInput.scaled("b", false, -1, 4, 0)),
        new Calibration(2, -1),
        new float[] {1, -3});
    member(
        folders.resolve("second.zip"),
        List.of(ModelInput.scaled("b", false, 0, 1, 0), ModelInput.scaled("c", false, 0, 1, 0)),
        new Calibration(0.5, 0.25),
        new float[] {2, 0.5f});
    packed =
        Ensemble.pack(
            Map.of(
                "first", Files.readAllBytes(folders.resolve("first.zip")),
                "second", Files.readAllBytes(folders.resolve("second.zip"))),
            Map.of("first", 0.75, "second", -1.5),
            0.125);
  }

  private static void member(
      Path folder, List<ModelInput> inputs, Calibration calibration, float[] weights) {
    byte[] model =
        Network.random(NetworkOptions.perceptron(List.of()), InputShape.flat(2), 1)
            .with(Map.of("head_weight", weights, "head_bias", new float[1]))
            .toTorchScript();
    try (Scorer scorer = new TorchEngine().load(model, InputShape.flat(2), "cpu")) {
      new BundleDraft(
              "member",
              1,
              "pytorch",
              inputs,
              InputShape.flat(2),
              calibration,
              new TreeMap<>(Map.of("data", "none")),
              model,
              SPEC,
              "# member\n")
          .seal(scorer, List.of(new float[] {1, 2}))
          .zipTo(folder);
    }
  }

  @Override
  protected ScoringEngine engine() {
    return new EnsembleEngine();
  }

  @Override
  protected byte[] model() {
    return packed.clone();
  }

  @Override
  protected InputShape shape() {
    return InputShape.flat(3);
  }

  /** Each member's scaling makes of a missing value the mean. */
  @Override
  protected boolean takesMissing() {
    return true;
  }

  @Override
  protected double logit(float[] row) {
    double first = scaled(row[0], 0.5, 2) - 3 * scaled(row[1], -1, 4);
    double second = 2 * scaled(row[1], 0, 1) + 0.5 * scaled(row[2], 0, 1);
    return 0.125 + 0.75 * (2 * first - 1) - 1.5 * (0.5 * second + 0.25);
  }

  private static double scaled(float value, double mean, double std) {
    return Float.isNaN(value) ? 0 : (value - mean) / std;
  }

  @Test
  void refusesPathsAndTwins() throws IOException {
    assertArchive("../evil.so", "../evil.so");
    assertArchive("expected ensemble.csv and NAME.zip", "a/b.zip");
    assertArchive("expected ensemble.csv and NAME.zip", "model.pt");
    assertArchive("expected a zip with ensemble.csv", "first.zip");
  }

  private void assertArchive(String message, String... names) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String name : names) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(1);
      }
    }
    assertThatThrownBy(() -> engine().inspect(bytes.toByteArray(), shape()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesAnEnsembleInIt(@TempDir Path folder) throws IOException {
    try (Scorer scorer = open("cpu")) {
      new BundleDraft(
              "outer",
              1,
              "ensemble",
              List.of(
                  new ModelInput("a", 0, null),
                  new ModelInput("b", 0, null),
                  new ModelInput("c", 0, null)),
              shape(),
              new Calibration(1, 0),
              new TreeMap<>(Map.of("data", "none")),
              model(),
              SPEC,
              "# outer\n")
          .seal(scorer, List.of(new float[] {1, 2, 3}))
          .zipTo(folder.resolve("outer.zip"));
    }
    byte[] outer = Files.readAllBytes(folder.resolve("outer.zip"));
    assertThatThrownBy(() -> Ensemble.pack(Map.of("outer", outer), Map.of("outer", 1.0), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be no ensemble itself");
  }
}
