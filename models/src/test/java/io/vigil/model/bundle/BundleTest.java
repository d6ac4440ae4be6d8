package io.vigil.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.Scorer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleTest {
  private static final String SPEC =
      """
      name: two
      version: 1
      features:
        - {name: a, expression: amount}
        - {name: b, expression: amount * 2}
      """;

  private Path work = Path.of("");
  private Path folder = Path.of("");

  @BeforeEach
  void store(@TempDir Path temporary) {
    work = temporary;
    folder = work.resolve("sum");
    draft().seal(new Sum("exact/1", 0f), golden()).copyTo(folder);
  }

  @Test
  void comesBackAsItWasStored() {
    Bundle bundle = Bundle.read(folder);
    Bundle sealed = draft().seal(new Sum("exact/1", 0f), golden());

    assertThat(bundle.manifest()).isEqualTo(sealed.manifest());
    assertThat(bundle.digest()).isEqualTo(sealed.digest()).hasSize(64);
    assertThat(bundle.manifest().inputs()).isEqualTo(draft().inputs());
    assertThat(bundle.model()).isEqualTo(draft().model());
    assertThat(bundle.featureSpec()).isEqualTo(SPEC);
    assertThat(bundle.card()).isEqualTo("# sum\n");
  }

  @Test
  void goldenLogitsMatchToTheBitInTheirClassAndNearlyElsewhere() {
    Bundle bundle = Bundle.read(folder);

    assertThat(bundle.verifyGolden(new Sum("exact/1", 0f)))
        .isEqualTo(Bundle.GoldenMatch.TO_THE_BIT);
    assertThat(bundle.verifyGolden(new Sum("other/1", 5e-5f)))
        .isEqualTo(Bundle.GoldenMatch.WITHIN_TOLERANCE);
    assertThatThrownBy(() -> bundle.verifyGolden(new Sum("exact/1", 5e-5f)))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("golden row 1 must give the logit")
        .hasMessageContaining("to the bit");
    assertThatThrownBy(() -> bundle.verifyGolden(new Sum("other/1", 1e-2f)))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("within 1.0E-4");
  }

  @Test
  void refusesAFlippedBitInAnyFile() throws Exception {
    for (String name : Bundle.read(folder).manifest().files().keySet()) {
      Path file = folder.resolve(name);
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length / 2] ^= 1;
      Files.write(file, bytes);
      assertRefused(name + " must have the SHA-256");
      bytes[bytes.length / 2] ^= 1;
      Files.write(file, bytes);
    }
    assertThat(Bundle.read(folder)).isNotNull();
  }

  @Test
  void refusesAnotherSize() throws Exception {
    Files.write(folder.resolve("model.pt"), new byte[3]);
    assertRefused("model.pt must have 4 bytes, has 3");
  }

  @Test
  void refusesMissingFiles() throws Exception {
    Files.delete(folder.resolve("card.md"));
    assertRefused("lacks card.md");
    Files.delete(folder.resolve("manifest.yaml"));
    assertRefused("lacks manifest.yaml");
  }

  @Test
  void refusesUnlistedFiles() throws Exception {
    Files.writeString(folder.resolve("evil.so"), "x");
    assertRefused("holds [evil.so], which are not listed");
  }

  @Test
  void allowsSignaturesBesideThem() throws Exception {
    Files.createDirectory(folder.resolve("signatures"));
    assertThat(Bundle.read(folder).manifest().name()).isEqualTo("sum");
  }

  @Test
  void refusesLinks() throws Exception {
    Path outside = work.resolve("outside");
    Files.move(folder.resolve("model.pt"), outside);
    Files.createSymbolicLink(folder.resolve("model.pt"), outside);
    assertRefused("'model.pt' must be a plain file");
  }

  @Test
  void refusesPathsInTheManifest() throws Exception {
    Files.copy(folder.resolve("model.pt"), work.resolve("model.pt"));
    manifest(yaml -> yaml.replace("model.pt:", "../model.pt:"));
    assertRefused(
        "files must be exactly [card.md, features.yaml, golden.csv] and one model.*, came [../m");
  }

  @Test
  void refusesIllegalManifests() throws Exception {
    String good = Files.readString(folder.resolve("manifest.yaml"));
    assertManifestRefused(good.replace("version: 1", "version: 0"), "at least 1, came 0");
    assertManifestRefused(good.replace("version: 1", "version: one"), "manifest.yaml.version must");
    assertManifestRefused(good.replace("name: sum", "name: ../sum"), "model name must be");
    assertManifestRefused(good.replace("std: 2.0", "std: 0.0"), "std above 0, came");
    assertManifestRefused(good.replace("log1p: true", "log2p: true"), "must have the keys");
    assertManifestRefused(good.replace("feature: b", "feature: a"), "'a' is listed twice");
    assertManifestRefused(good + "extra: 1\n", "must have the keys");
    assertManifestRefused(good + "name: twice\n", "duplicate");
    assertManifestRefused("!!java.net.URL [x]", "manifest.yaml");
  }

  @Test
  void storesTwiceButNeverOverAnother() {
    draft().seal(new Sum("exact/1", 0f), golden()).copyTo(folder);
    Bundle other = draft().seal(new Sum("exact/2", 0f), golden());
    assertThatThrownBy(() -> other.copyTo(folder))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("holds another bundle");
    assertThat(work.toFile().list()).containsExactly("sum");
  }

  /** A manifest is only ever written by {@link Manifest}: the built-in one, too. */
  @Test
  void theBuiltInBundleLoadsAndIsAsTrainingWritesIt() throws Exception {
    Bundle bundle = Bundle.builtIn("default", work);
    assertThat(Files.readString(work.resolve("default").resolve("manifest.yaml")))
        .isEqualTo(new String(bundle.manifest().toYaml(), StandardCharsets.UTF_8));
    bundle.open("cpu").close();
  }

  @Test
  void saysWhichBuiltInBundleIsMissing() {
    assertThatThrownBy(() -> Bundle.builtIn("none", work))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("there is no built-in bundle 'none'");
    assertThatThrownBy(() -> Bundle.builtIn("../../x", work)).isInstanceOf(BundleException.class);
  }

  private void assertManifestRefused(String yaml, String message) throws Exception {
    manifest(old -> yaml);
    assertRefused(message);
  }

  private void manifest(UnaryOperator<String> change) throws Exception {
    Path file = folder.resolve("manifest.yaml");
    String changed = change.apply(Files.readString(file));
    assertThat(changed).isNotEqualTo(Files.readString(file));
    Files.writeString(file, changed);
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> Bundle.read(folder))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(message);
  }

  private static List<float[]> golden() {
    return List.of(new float[] {1, 2}, new float[] {Float.NaN, -1e30f}, new float[] {0, 0});
  }

  private static BundleDraft draft() {
    return new BundleDraft(
        "sum",
        1,
        "pytorch",
        List.of(
            ModelInput.scaled("a", false, 1e-7, 2, 0.1),
            ModelInput.scaled("b", true, -3, 1e10, Double.MIN_VALUE)),
        InputShape.flat(2),
        new Calibration(1.5, -2),
        new TreeMap<>(Map.of("data", "two numbers")),
        new byte[] {1, 2, 3, 4},
        SPEC,
        "# sum\n");
  }

  /** Adds its two inputs, and an error. */
  private record Sum(String engineClass, float error) implements Scorer {
    @Override
    public int width() {
      return 2;
    }

    @Override
    public void score(float[] inputs, int rows, float[] logits) {
      for (int i = 0; i < rows; i++) {
        logits[i] = inputs[2 * i] + inputs[2 * i + 1] + error;
      }
    }

    @Override
    public void close() {}
  }
}
