package io.vigil.model.bundle;

import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.SpecException;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;
import io.vigil.model.score.ScoringModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A verified model bundle, held in memory: what was verified is what the engine loads, whatever
 * happens to the files afterwards.
 *
 * <p>On disk a folder with {@code manifest.yaml}, the model ({@code model.pt} or as its engine
 * calls it), {@code features.yaml}, {@code golden.csv} and {@code card.md}. A folder {@code
 * signatures} may stand beside them: signatures sign the manifest, so it cannot list them; they are
 * not read here. Immutable and thread-safe.
 */
public final class Bundle implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final String MANIFEST = "manifest.yaml";
  private static final String SIGNATURES = "signatures";
  private static final String BUILT_IN = "/io/vigil/model/bundles/";
  private static final int MOST_BYTES = 256 << 20;
  private static final double TOLERANCE = 1e-4;

  private final transient Manifest manifest;
  private final transient byte[] manifestYaml;
  private final transient Map<String, byte[]> files;

  private Bundle(Manifest manifest, byte[] manifestYaml, Map<String, byte[]> files) {
    this.manifest = manifest;
    this.manifestYaml = manifestYaml;
    this.files = files;
  }

  /** How golden logits came out. */
  public enum GoldenMatch {
    /** On the engine class that wrote them: every bit equal. */
    TO_THE_BIT,
    /** On another engine class: within 1e-4. */
    WITHIN_TOLERANCE
  }

  /** Where the files of a bundle come from. */
  interface Source {
    /** The bytes of the file of that name, or null when there is none. */
    byte @Nullable [] bytes(String name) throws IOException;
  }

  /**
   * Reads and verifies a bundle.
   *
   * @throws BundleException when a file is missing, not listed, not a plain file, too large, or has
   *     another size or digest than the manifest says, or when the manifest is not legal
   */
  public static Bundle read(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      Set<String> unlisted = new TreeSet<>();
      for (Path entry : (Iterable<Path>) entries.sorted()::iterator) {
        String name = entry.getFileName().toString();
        if (name.equals(SIGNATURES)) {
          continue;
        }
        if (!Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
          throw new BundleException(
              "bundle %s: '%s' must be a plain file, not a link or folder".formatted(folder, name));
        }
        unlisted.add(name);
      }
      byte[] yaml = fromFolder(folder, MANIFEST);
      if (yaml == null) {
        throw new BundleException("bundle " + folder + " lacks " + MANIFEST);
      }
      Bundle bundle = of(yaml, name -> fromFolder(folder, name));
      unlisted.remove(MANIFEST);
      unlisted.removeAll(bundle.files.keySet());
      if (!unlisted.isEmpty()) {
        throw new BundleException(
            "bundle %s holds %s, which are not listed: expected %s and %s"
                .formatted(folder, unlisted, MANIFEST, bundle.files.keySet()));
      }
      return bundle;
    } catch (IOException | UncheckedIOException e) {
      throw new BundleException("bundle " + folder + " cannot be read: " + e, e);
    }
  }

  /**
   * The bundle of that name that comes with Vigil.
   *
   * @throws BundleException when there is none, or it was tampered with
   */
  public static Bundle builtIn(String name) {
    if (!name.matches("[a-z0-9][a-z0-9-]{0,63}")) {
      throw new BundleException("no built-in bundle can be called '" + name + "'");
    }
    Source source = file -> fromClassPath(BUILT_IN + name + "/" + file);
    try {
      byte[] yaml = source.bytes(MANIFEST);
      if (yaml == null) {
        throw new BundleException("there is no built-in bundle '" + name + "'");
      }
      return of(yaml, source);
    } catch (IOException e) {
      throw new BundleException("built-in bundle " + name + " cannot be read: " + e, e);
    }
  }

  /** As {@link #builtIn(String)}, with a copy in the folder {@code workDir/name}. */
  public static Bundle builtIn(String name, Path workDir) {
    Bundle bundle = builtIn(name);
    bundle.copyTo(workDir.resolve(name));
    return bundle;
  }

  static Bundle of(byte[] manifestYaml, Source source) {
    Manifest manifest = Manifest.parse(manifestYaml);
    Map<String, byte[]> files = new HashMap<>();
    for (String name : manifest.files().keySet()) {
      Manifest.FileEntry entry = manifest.file(name);
      byte[] bytes;
      try {
        bytes = source.bytes(name);
      } catch (IOException e) {
        throw new BundleException(
            "bundle %s: %s cannot be read: %s".formatted(manifest.name(), name, e), e);
      }
      if (bytes == null) {
        throw new BundleException("bundle %s lacks %s".formatted(manifest.name(), name));
      }
      if (bytes.length != entry.bytes()) {
        throw new BundleException(
            "bundle %s: %s must have %d bytes, has %d"
                .formatted(manifest.name(), name, entry.bytes(), bytes.length));
      }
      String digest = sha256(bytes);
      if (!digest.equals(entry.sha256())) {
        throw new BundleException(
            "bundle %s: %s must have the SHA-256 %s, has %s"
                .formatted(manifest.name(), name, entry.sha256(), digest));
      }
      files.put(name, bytes);
    }
    Golden.parse(file(files, Manifest.GOLDEN), manifest.features());
    requireFeatures(manifest, text(files, Manifest.FEATURES));
    return new Bundle(manifest, manifestYaml, files);
  }

  /** A model that reads other features than it was trained on scores nonsense without a word. */
  private static void requireFeatures(Manifest manifest, String yaml) {
    FeaturePlan plan;
    try {
      plan = FeaturePlan.compile(FeatureSpec.read(yaml, Manifest.FEATURES));
    } catch (SpecException e) {
      throw new BundleException("bundle %s: %s".formatted(manifest.name(), e.getMessage()), e);
    }
    if (!plan.fingerprint().equals(manifest.featureFingerprint())) {
      throw new BundleException(
          "bundle %s: %s must have the fingerprint %s, has %s"
              .formatted(
                  manifest.name(),
                  Manifest.FEATURES,
                  manifest.featureFingerprint(),
                  plan.fingerprint()));
    }
    for (String feature : manifest.features()) {
      if (!plan.names().contains(feature)) {
        throw new BundleException(
            "bundle %s: the model reads '%s', which %s does not have"
                .formatted(manifest.name(), feature, Manifest.FEATURES));
      }
    }
  }

  /** A bundle travels as its files and is verified again where it arrives. */
  private Object writeReplace() {
    return new Form(manifestYaml, new HashMap<>(files));
  }

  private record Form(byte[] manifestYaml, HashMap<String, byte[]> files) implements Serializable {
    private Object readResolve() {
      return of(manifestYaml, files::get);
    }
  }

  public Manifest manifest() {
    return manifest;
  }

  /** SHA-256 of the manifest, which names the digests of all other files: 64 hex digits. */
  public String digest() {
    return sha256(manifestYaml);
  }

  /** The model's file, a copy. */
  public byte[] model() {
    return file(files, manifest.modelFile()).clone();
  }

  /**
   * Loads the model: its engine looks at the file from outside before any native code reads it, and
   * its golden logits are held against what it computes.
   *
   * @param device {@code auto}, {@code cpu} or {@code gpu:N}
   * @return to be closed by the caller
   * @throws BundleException when there is no such engine, the engine refuses the file, or a golden
   *     logit differs
   * @throws io.vigil.model.score.ScoringException when the model does not load or score
   */
  public Scorer open(String device) {
    byte[] model = file(files, manifest.modelFile());
    ScoringEngine engine;
    try {
      engine = ScoringEngine.named(manifest.engine());
      if (!engine.modelFile().equals(manifest.modelFile())) {
        throw new IllegalArgumentException(
            "%s reads %s, the bundle has %s"
                .formatted(engine.name(), engine.modelFile(), manifest.modelFile()));
      }
      engine.inspect(model, manifest.shape());
    } catch (IllegalArgumentException e) {
      throw new BundleException(
          "bundle %s: %s: %s".formatted(manifest.name(), manifest.modelFile(), e.getMessage()), e);
    }
    Scorer scorer = engine.load(model, manifest.shape(), device);
    try {
      verifyGolden(scorer);
    } catch (RuntimeException e) {
      scorer.close();
      throw e;
    }
    return scorer;
  }

  /** The feature spec the model was trained on. */
  public String featureSpec() {
    return text(files, Manifest.FEATURES);
  }

  /** The model card, in Markdown. */
  public String card() {
    return text(files, Manifest.CARD);
  }

  /**
   * The model, ready to score.
   *
   * @param scorer runs this bundle's network
   * @param featureNames of the vectors to score, in their order
   * @throws IllegalArgumentException when a feature is missing or the scorer has another width
   */
  public ScoringModel scoringModel(Scorer scorer, List<String> featureNames) {
    return new ScoringModel(manifest.inputs(), manifest.calibration(), scorer, featureNames);
  }

  /**
   * Scores the golden vectors and compares.
   *
   * @param scorer runs this bundle's network
   * @return how closely it was asked to match, and did
   * @throws BundleException at the first logit that differs
   * @throws io.vigil.model.score.ScoringException when the network fails
   */
  public GoldenMatch verifyGolden(Scorer scorer) {
    List<Golden.Row> rows = Golden.parse(file(files, Manifest.GOLDEN), manifest.features()).rows();
    float[] logits = new float[rows.size()];
    float[][] vectors = rows.stream().map(Golden.Row::vector).toArray(float[][]::new);
    scoringModel(scorer, manifest.features()).score(vectors, logits.length, logits);
    boolean exact = scorer.engineClass().equals(manifest.goldenEngineClass());
    for (int i = 0; i < logits.length; i++) {
      float expected = rows.get(i).logit();
      boolean same =
          exact
              ? Float.floatToRawIntBits(logits[i]) == Float.floatToRawIntBits(expected)
              : Math.abs(logits[i] - expected) <= TOLERANCE;
      if (!same) {
        throw new BundleException(
            "bundle %s: golden row %d must give the logit %s %s, gave %s on %s"
                .formatted(
                    manifest.name(),
                    i + 1,
                    expected,
                    exact ? "to the bit" : "within " + TOLERANCE,
                    logits[i],
                    scorer.engineClass()));
      }
    }
    return exact ? GoldenMatch.TO_THE_BIT : GoldenMatch.WITHIN_TOLERANCE;
  }

  /**
   * Stores the bundle as a folder, in one step: nobody sees half a bundle.
   *
   * @param folder must not exist, or hold the same bundle already
   * @throws BundleException when it holds anything else, or cannot be written
   */
  public void copyTo(Path folder) {
    try {
      if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
        requireSame(folder);
        return;
      }
      Path parent = folder.toAbsolutePath().getParent();
      if (parent == null) {
        throw new BundleException("a bundle cannot be stored at " + folder);
      }
      Files.createDirectories(parent);
      Path draft = Files.createTempDirectory(parent, ".bundle-");
      try {
        Files.write(draft.resolve(MANIFEST), manifestYaml);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
          Files.write(draft.resolve(file.getKey()), file.getValue());
        }
        Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        deleteDraft(draft);
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
          throw e;
        }
        // Another process stored a bundle there meanwhile.
        requireSame(folder);
      }
    } catch (IOException e) {
      throw new BundleException("bundle " + manifest.name() + " cannot be stored: " + e, e);
    }
  }

  private void requireSame(Path folder) {
    if (!read(folder).digest().equals(digest())) {
      throw new BundleException(
          "bundle %s cannot be stored: %s holds another bundle".formatted(manifest.name(), folder));
    }
  }

  private void deleteDraft(Path draft) throws IOException {
    for (String name : files.keySet()) {
      Files.deleteIfExists(draft.resolve(name));
    }
    Files.deleteIfExists(draft.resolve(MANIFEST));
    Files.deleteIfExists(draft);
  }

  private static byte @Nullable [] fromFolder(Path folder, String name) throws IOException {
    try (InputStream in = Files.newInputStream(folder.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
      return bounded(in, name);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private static byte @Nullable [] fromClassPath(String resource) throws IOException {
    try (InputStream in = Bundle.class.getResourceAsStream(resource)) {
      return in == null ? null : bounded(in, resource);
    }
  }

  private static byte[] bounded(InputStream in, String name) throws IOException {
    byte[] bytes = in.readNBytes(MOST_BYTES + 1);
    if (bytes.length > MOST_BYTES) {
      throw new BundleException("%s must have at most %d bytes".formatted(name, MOST_BYTES));
    }
    return bytes;
  }

  private static byte[] file(Map<String, byte[]> files, String name) {
    byte[] bytes = files.get(name);
    if (bytes == null) {
      throw new IllegalStateException("a bundle always holds " + name);
    }
    return bytes;
  }

  private static String text(Map<String, byte[]> files, String name) {
    return new String(file(files, name), StandardCharsets.UTF_8);
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
