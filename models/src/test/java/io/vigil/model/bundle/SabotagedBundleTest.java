package io.vigil.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.artefact.RawZip;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringException;
import io.vigil.model.torch.Network;
import io.vigil.model.torch.TorchEngine;
import io.vigil.model.torch.TorchScriptArchive;
import io.vigil.model.train.NetworkOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bundles that somebody tampered with: each is refused for its own reason, before native code. */
class SabotagedBundleTest {
  private static final String SPEC =
      """
      name: two
      version: 1
      features:
        - {name: a, expression: amount}
        - {name: b, expression: amount * 2}
      """;
  private static final String OTHER_SPEC = SPEC.replace("* 2", "* 3");
  private static final String MANIFEST = "manifest.yaml";
  private static final byte[] MODEL = network(2, 1);

  @TempDir Path work = Path.of("");
  private Path folder = Path.of("");

  /** What is done to a bundle; returns what is then opened. */
  private interface Deed {
    Path on(Path folder) throws IOException;
  }

  private record Sabotage(String what, String message, Deed deed) {
    @Override
    public String toString() {
      return what;
    }
  }

  @BeforeEach
  void seal() {
    folder = work.resolve("good");
    bundle(SPEC, MODEL, List.of(new float[] {1, 2}, new float[] {-3, 0})).copyTo(folder);
    CountingEngine.LOADS.set(0);
  }

  /** Without this, the test below would pass for an engine that is never asked. */
  @Test
  void anIntactBundleReachesNativeCode() {
    Bundle.read(folder).open("cpu").close();
    assertThat(CountingEngine.LOADS).hasValue(1);
    Path zip = work.resolve("good.zip");
    Bundle.read(folder).zipTo(zip);
    Bundle.read(zip).open("cpu").close();
    assertThat(CountingEngine.LOADS).hasValue(2);
    assertThat(Bundle.read(zip).digest()).isEqualTo(Bundle.read(folder).digest());
  }

  @ParameterizedTest
  @MethodSource("sabotages")
  void isRefusedBeforeNativeCode(Sabotage sabotage) throws IOException {
    Path path = sabotage.deed().on(folder);
    assertThatThrownBy(() -> Bundle.read(path).open("cpu").close())
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(sabotage.message());
    assertThat(CountingEngine.LOADS).hasValue(0);
  }

  static List<Sabotage> sabotages() {
    List<Sabotage> all = new ArrayList<>();
    for (String file : List.of("card.md", "features.yaml", "golden.csv", "model.pt")) {
      all.add(file("a flipped bit in " + file, file + " must have the SHA-256", file, flip()));
      all.add(file("a truncated " + file, file + " must have ", file, b -> Arrays.copyOf(b, 9)));
    }
    all.add(manifest("a flipped bit in a digest", "must have the SHA-256", y -> flipDigest(y)));
    all.add(
        folder(
            "the model of another bundle",
            "model.pt must have the SHA-256",
            dir -> Files.write(dir.resolve("model.pt"), network(2, 2))));
    all.add(
        sealed(
            "another spec", "must have the fingerprint", "features.yaml", b -> utf8(OTHER_SPEC)));
    all.add(sealed("no spec", "features.yaml:1: ", "features.yaml", b -> utf8("name: x")));
    all.add(
        folder("no golden", "lacks golden.csv", dir -> Files.delete(dir.resolve("golden.csv"))));
    all.add(
        sealed(
            "golden of other features",
            "golden.csv: expected the header logit_bits,a,b",
            "golden.csv",
            b -> utf8(text(b).replace("bits,a,b", "bits,b,a"))));
    all.add(
        sealed(
            "golden without rows",
            "1 to 100000 rows, came 0",
            "golden.csv",
            b -> utf8("logit_bits,a,b\n")));
    all.add(
        sealed(
            "golden with more rows than are read",
            "1 to 100000 rows, came more",
            "golden.csv",
            b -> utf8("logit_bits,a,b\n" + "\n".repeat(30_000_000))));
    all.add(
        sealed(
            "golden that is no hex",
            "golden.csv line 2",
            "golden.csv",
            b -> utf8("logit_bits,a,b\nx,y,z\n")));
    all.add(
        manifest(
            "a model declared huge",
            "must have at most 268435456 bytes, is said to have 9999999999",
            y -> y.replace("bytes: " + MODEL.length, "bytes: 9999999999")));
    all.add(
        file(
            "a model that is longer",
            "bytes, has more",
            "model.pt",
            b -> Arrays.copyOf(b, b.length + 1)));
    all.add(
        folder(
            "an unlisted file",
            "holds [evil.so], which are not listed",
            dir -> Files.write(dir.resolve("evil.so"), new byte[1])));
    all.add(
        folder(
            "a link",
            "'card.md' must be a plain file, not a link",
            dir -> {
              Files.move(dir.resolve("card.md"), dir.resolveSibling("card"));
              Files.createSymbolicLink(dir.resolve("card.md"), dir.resolveSibling("card"));
            }));
    all.add(
        folder(
            "a link in place of signatures",
            "'signatures' must be a plain file, not a link",
            dir -> Files.createSymbolicLink(dir.resolve("signatures"), dir.getParent())));
    all.add(
        folder(
            "a folder",
            "'more' must be a plain file",
            dir -> Files.createDirectory(dir.resolve("more"))));
    inManifest(all);
    inModel(all);
    inZip(all);
    return all;
  }

  private static void inManifest(List<Sabotage> all) {
    all.add(manifest("an unknown key", "must have the keys", y -> y + "evil: 1\n"));
    all.add(manifest("a key twice", "duplicate key", y -> y + "name: x\n"));
    all.add(
        manifest(
            "an alias bomb",
            "alias",
            y -> y + "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"));
    all.add(manifest("depth", "expected a few levels", y -> "[".repeat(200_000)));
    all.add(manifest("a Java object", "manifest.yaml", y -> "!!java.net.URL [x]"));
    all.add(
        manifest("a path", "files must be exactly", y -> y.replace("model.pt:", "../model.pt:")));
    all.add(
        manifest(
            "an unknown engine",
            "engine must be one of",
            y -> y.replace("engine: counting", "engine: magic")));
    all.add(
        manifest(
            "a falling calibration",
            "slope must be finite and above 0",
            y -> y.replace("slope: 1.5", "slope: -1.5")));
    all.add(
        manifest(
            "an input that is no feature",
            "the header logit_bits,a,c",
            y -> y.replace("feature: b", "feature: c")));
    all.add(
        manifest(
            "another shape",
            "-2 values, 2 steps",
            y -> y.replace("calibration:", "sequence: {steps: 2, fields: 2}\ncalibration:")));
    all.add(
        manifest(
            "a newer format",
            "format must be",
            y -> y.replace("vigil-bundle-2", "vigil-bundle-9")));
    all.add(
        folder(
            "a file of another engine",
            "counting reads model.pt, the bundle has model.ubj",
            dir -> {
              Files.move(dir.resolve("model.pt"), dir.resolve("model.ubj"));
              change(dir.resolve(MANIFEST), b -> utf8(text(b).replace("model.pt:", "model.ubj:")));
            }));
    all.add(
        folder(
            "an input that the spec lost",
            "the model reads 'b', which features.yaml does not have",
            dir -> {
              String spec = SPEC.replace("name: b", "name: z");
              reseal(dir, "features.yaml", utf8(spec));
              String fingerprint =
                  io.vigil.model.feature.FeaturePlan.compile(
                          io.vigil.model.feature.FeatureSpec.read(spec, "spec"))
                      .fingerprint();
              change(
                  dir.resolve(MANIFEST),
                  b -> utf8(text(b).replaceAll("(feature_fingerprint: ).*", "$1" + fingerprint)));
            }));
  }

  private static void inModel(List<Sabotage> all) {
    all.add(
        sealed(
            "a cut archive",
            "zip that ends with its end record",
            "model.pt",
            b -> Arrays.copyOf(b, b.length - 9)));
    all.add(sealed("no archive", "expected a TorchScript archive", "model.pt", b -> utf8("model")));
    all.add(
        sealed(
            "pickled code",
            "names 'os system'",
            "model.pt",
            b ->
                RawZip.with(
                    b,
                    "model/data.pkl",
                    "\200\2cos\nsystem\nX\2\0\0\0id\205R.".getBytes(StandardCharsets.ISO_8859_1))));
    String code = "  def forward(self: __torch__.X,\n    x: Tensor) -> Tensor:\n    return %s\n";
    for (String call : List.of("torch.from_file(\"/etc/passwd\", True, 9)", "ops.evil.run(x)")) {
      all.add(
          sealed(
              call,
              "model.pt: code/__torch__.py, line 7: uses " + call.substring(0, call.indexOf('(')),
              "model.pt",
              b -> TorchScriptArchive.write("X", code.formatted(call), List.of())));
    }
    all.add(
        sealed(
            "a library in the archive",
            "nothing that torch.jit.save writes",
            "model.pt",
            b -> RawZip.with(b, "model/evil.so", b)));
    all.add(
        sealed(
            "an entry twice",
            "stands twice",
            "model.pt",
            b -> RawZip.with(b, "model/Data.pkl", new byte[0])));
  }

  private static void inZip(List<Sabotage> all) {
    for (String name : List.of("../evil", "/evil", "C:evil", "a\\evil")) {
      all.add(
          zip("the name " + name, "must be a relative path", raw -> raw.add(name, new byte[1])));
    }
    all.add(zip("a name twice", "'card.md' stands twice", raw -> raw.add("card.md", new byte[1])));
    all.add(
        zip(
            "a folder in the zip",
            "expected the bundle's files at the top",
            raw -> raw.add("a/b", new byte[1])));
    all.add(
        zip(
            "an unlisted entry",
            "holds [evil.so], which are not listed",
            raw -> raw.add("evil.so", new byte[1])));
    all.add(
        zip(
            "a bomb",
            "at most 100 times is believed",
            raw -> raw.add(RawZip.deflated("zeros", new byte[9_000_000]))));
    RawZip.Entry x = RawZip.entry("x", utf8("x"));
    all.add(
        zip(
            "a link in the zip",
            "not a link or device",
            raw ->
                raw.add(
                    new RawZip.Entry(
                        "x", "x", 0, x.data(), 1, 1, x.crc(), 0120777 << 16, new byte[0]))));
    all.add(
        zip(
            "two names for an entry",
            "a local header that says something else",
            raw ->
                raw.add(
                    new RawZip.Entry("card.md", "x", 0, x.data(), 1, 1, x.crc(), 0, new byte[0]))));
    all.add(zip("a comment", "without a comment", raw -> raw.comment("x")));
    all.add(
        new Sabotage(
            "a cut zip",
            "ends with its end record",
            dir -> {
              byte[] bytes = zipped(dir).bytes();
              return Files.write(
                  dir.resolveSibling("b.zip"), Arrays.copyOf(bytes, bytes.length / 2));
            }));
    all.add(new Sabotage("no zip", "ends with its end record", dir -> dir.resolve("card.md")));
  }

  @Test
  void aModelOfAnotherWidthFailsWhenItLoads() throws IOException {
    reseal(folder, "model.pt", network(3, 1));
    assertThatThrownBy(() -> Bundle.read(folder).open("cpu"))
        .isInstanceOf(ScoringException.class)
        .hasMessageContaining("failed");
    assertThat(CountingEngine.LOADS).hasValue(1);
  }

  @Test
  void otherGoldenBitsAndOtherWeightsFailAgainstEachOther() throws IOException {
    change(folder.resolve("golden.csv"), b -> b);
    String golden = Files.readString(folder.resolve("golden.csv"));
    reseal(folder, "golden.csv", utf8(golden.replaceFirst("\n........", "\n3f800000")));
    assertThatThrownBy(() -> Bundle.read(folder).open("cpu"))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("golden row 1 must give the logit 1.0 to the bit");
    reseal(folder, "golden.csv", utf8(golden));
    reseal(folder, "model.pt", network(2, 2));
    assertThatThrownBy(() -> Bundle.read(folder).open("cpu"))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("golden row 1 must give the logit");
  }

  private static Bundle bundle(String spec, byte[] model, List<float[]> golden) {
    InputShape shape = InputShape.flat(2);
    BundleDraft draft =
        new BundleDraft(
            "two",
            1,
            "counting",
            List.of(new ModelInput("a", 0, null), ModelInput.scaled("b", true, 0, 1, 0)),
            shape,
            new Calibration(1.5, 0),
            new TreeMap<>(Map.of("data", "two numbers")),
            model,
            spec,
            "# two\n");
    try (Scorer scorer = new TorchEngine().load(model, shape, "cpu")) {
      return draft.seal(scorer, golden);
    }
  }

  /** Something done to the folder. */
  private static Sabotage folder(String what, String message, FolderDeed deed) {
    return new Sabotage(
        what,
        message,
        dir -> {
          deed.on(dir);
          return dir;
        });
  }

  private interface FolderDeed {
    void on(Path folder) throws IOException;
  }

  /** A file changed by somebody who cannot change the manifest. */
  private static Sabotage file(
      String what, String message, String file, UnaryOperator<byte[]> change) {
    return folder(what, message, dir -> change(dir.resolve(file), change));
  }

  /** A file changed by somebody who can. */
  private static Sabotage sealed(
      String what, String message, String file, UnaryOperator<byte[]> change) {
    return folder(
        what,
        message,
        dir -> reseal(dir, file, change.apply(Files.readAllBytes(dir.resolve(file)))));
  }

  private static Sabotage manifest(String what, String message, UnaryOperator<String> change) {
    return folder(
        what, message, dir -> change(dir.resolve(MANIFEST), b -> utf8(change.apply(text(b)))));
  }

  /** The bundle as a zip with something more. */
  private static Sabotage zip(String what, String message, UnaryOperator<RawZip> change) {
    return new Sabotage(
        what,
        message,
        dir -> Files.write(dir.resolveSibling("b.zip"), change.apply(zipped(dir)).bytes()));
  }

  private static RawZip zipped(Path folder) throws IOException {
    RawZip zip = new RawZip();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        zip.add(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return zip;
  }

  private static void change(Path file, UnaryOperator<byte[]> change) throws IOException {
    Files.write(file, change.apply(Files.readAllBytes(file)));
  }

  private static void reseal(Path folder, String file, byte[] content) throws IOException {
    Files.write(folder.resolve(file), content);
    String entry = "(?m)^  \\Q" + file + "\\E:\n    bytes: .*\n    sha256: .*$";
    String now =
        "  %s:\n    bytes: %d\n    sha256: %s"
            .formatted(file, content.length, Bundle.sha256(content));
    change(folder.resolve(MANIFEST), b -> utf8(text(b).replaceFirst(entry, now)));
  }

  private static UnaryOperator<byte[]> flip() {
    return bytes -> {
      byte[] flipped = bytes.clone();
      flipped[flipped.length / 2] ^= 1;
      return flipped;
    };
  }

  private static String flipDigest(String yaml) {
    int at = yaml.lastIndexOf("sha256: ") + 8;
    char flipped = yaml.charAt(at) == '0' ? '1' : '0';
    return yaml.substring(0, at) + flipped + yaml.substring(at + 1);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] network(int width, long seed) {
    return Network.random(NetworkOptions.perceptron(List.of(4)), InputShape.flat(width), seed)
        .toTorchScript();
  }
}
