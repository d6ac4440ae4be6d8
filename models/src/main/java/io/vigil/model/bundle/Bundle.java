package io.vigil.model.bundle;

import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.SpecException;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;
import io.vigil.model.score.ScoringModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A verified model bundle, held in memory: what was verified is what the engine loads, whatever
 * happens to the files afterwards.
 *
 * <p>On disk a folder or a zip with {@code manifest.yaml}, the model ({@code model.pt} or as its
 * engine calls it), {@code features.yaml}, {@code golden.csv} and {@code card.md}. A folder {@code
 * signatures} may stand beside them: signatures sign the manifest, so it cannot list them; they are
 * not read here. Immutable and thread-safe.
 */
public final class Bundle implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final String MANIFEST = "manifest.yaml";
  private static final String BUILT_IN = "/io/vigil/model/bundles/";
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

  /**
   * Reads and verifies a bundle.
   *
   * @param path a folder, or a zip with the files at its top
   * @throws BundleException when a file is missing, not listed, not a plain file, too large, or has
   *     another size or digest than the manifest says, when the manifest is not legal, or when a
   *     zip leaves anything to interpretation
   */
  public static Bundle read(Path path) {
    try {
      return read(
          path.toString(),
          Files.isRegularFile(path) ? BundleSource.zip(path) : BundleSource.folder(path));
    } catch (IOException e) {
      throw new BundleException("bundle " + path + " cannot be read: " + e, e);
    }
  }

  /**
   * Reads and verifies a zipped bundle in memory.
   *
   * @param name of it in messages
   * @throws BundleException as {@link #read(Path)}
   */
  public static Bundle ofZip(String name, byte[] zip) {
    return read(name, BundleSource.zip(name, zip, BundleSource.BYTES_MAX));
  }

  /**
   * Reads and verifies the one zip that a registry keeps of a bundle, as {@link #toZip} makes it.
   * Nothing in it is compressed, so it takes no more memory than it has bytes.
   *
   * @param name of it in messages
   * @throws BundleException as {@link #read(Path)}, and for any other zip of the bundle, before
   *     anything is unpacked when something is compressed
   */
  public static Bundle ofKeptZip(String name, byte[] zip) {
    Bundle bundle = read(name, BundleSource.zip(name, zip, 0));
    Comparison comparison = new Comparison(zip);
    try {
      BundleWriter.zip(bundle.allFiles(), comparison);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot compare a zip in memory", e);
    }
    if (!comparison.same()) {
      throw new BundleException(
          "bundle " + name + ": expected the one zip that such a bundle is kept as, got another");
    }
    return bundle;
  }

  /** Compares what is written with bytes that are there, without a copy of either. */
  private static final class Comparison extends OutputStream {
    private final byte[] expected;
    private int at;
    private boolean same = true;

    Comparison(byte[] expected) {
      this.expected = expected;
    }

    boolean same() {
      return same && at == expected.length;
    }

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      same =
          same
              && length <= expected.length - at
              && Arrays.equals(bytes, offset, offset + length, expected, at, at + length);
      at += same ? length : 0;
    }
  }

  private static Bundle read(String path, BundleSource source) {
    try {
      Set<String> unlisted = new TreeSet<>(source.names());
      Bundle bundle = of(manifest(source, "bundle " + path + " lacks " + MANIFEST), source);
      unlisted.remove(MANIFEST);
      unlisted.removeAll(bundle.files.keySet());
      if (!unlisted.isEmpty()) {
        throw new BundleException(
            "bundle %s holds %s, which are not listed: expected %s and %s"
                .formatted(path, unlisted, MANIFEST, bundle.files.keySet()));
      }
      return bundle;
    } catch (IOException e) {
      throw new BundleException("bundle " + path + " cannot be read: " + e, e);
    }
  }

  /**
   * The bundle that a person names: a folder or zip that is there, else one that comes with Vigil.
   *
   * @throws BundleException as {@link #read} and {@link #builtIn(String)}
   */
  public static Bundle named(String nameOrPath) {
    Path path = Path.of(nameOrPath);
    return Files.exists(path) ? read(path) : builtIn(nameOrPath);
  }

  /**
   * The bundle of that name that comes with Vigil.
   *
   * @throws BundleException when there is none, or it was tampered with
   */
  public static Bundle builtIn(String name) {
    if (!name.matches("[a-z0-9][a-z0-9-]{0,63}")) {
      throw new BundleException(
          "there is no bundle at '" + name + "', and no built-in one can be called so");
    }
    BundleSource source = BundleSource.classPath(BUILT_IN + name);
    try {
      return of(manifest(source, "there is no built-in bundle '" + name + "'"), source);
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

  private static byte[] manifest(BundleSource source, String missing) throws IOException {
    byte[] yaml = source.bytes(MANIFEST, Manifest.BYTES_MAX + 1);
    if (yaml == null) {
      throw new BundleException(missing);
    }
    if (yaml.length > Manifest.BYTES_MAX) {
      throw new BundleException(
          "%s must have at most %d bytes".formatted(MANIFEST, Manifest.BYTES_MAX));
    }
    return yaml;
  }

  static Bundle of(byte[] manifestYaml, BundleSource source) {
    Manifest manifest = Manifest.parse(manifestYaml);
    Map<String, byte[]> files = new HashMap<>();
    for (String name : manifest.files().keySet()) {
      files.put(name, verified(manifest, name, source));
    }
    Golden.parse(file(files, Manifest.GOLDEN), manifest.features());
    requireFeatures(manifest, text(files, Manifest.FEATURES));
    return new Bundle(manifest, manifestYaml, files);
  }

  private static byte[] verified(Manifest manifest, String name, BundleSource source) {
    Manifest.FileEntry entry = manifest.file(name);
    if (entry.bytes() > BundleSource.BYTES_MAX) {
      throw new BundleException(
          "bundle %s: %s must have at most %d bytes, is said to have %d"
              .formatted(manifest.name(), name, BundleSource.BYTES_MAX, entry.bytes()));
    }
    byte[] bytes;
    try {
      // One more than expected, to see whether there is more; the rest is never read.
      bytes = source.bytes(name, (int) entry.bytes() + 1);
    } catch (IOException e) {
      throw new BundleException(
          "bundle %s: %s cannot be read: %s".formatted(manifest.name(), name, e), e);
    }
    if (bytes == null) {
      throw new BundleException("bundle %s lacks %s".formatted(manifest.name(), name));
    }
    if (bytes.length != entry.bytes()) {
      throw new BundleException(
          "bundle %s: %s must have %d bytes, has %s"
              .formatted(
                  manifest.name(),
                  name,
                  entry.bytes(),
                  bytes.length > entry.bytes() ? "more" : bytes.length));
    }
    String digest = sha256(bytes);
    if (!digest.equals(entry.sha256())) {
      throw new BundleException(
          "bundle %s: %s must have the SHA-256 %s, has %s"
              .formatted(manifest.name(), name, entry.sha256(), digest));
    }
    return bytes;
  }

  /** A model that reads other features than it was trained on scores nonsense without a word. */
  private static void requireFeatures(Manifest manifest, String yaml) {
    FeaturePlan plan;
    try {
      FeatureSpec spec = FeatureSpec.read(yaml, Manifest.FEATURES);
      if (spec.hasBackfills()) {
        throw new BundleException(
            "bundle %s: %s must have no document 'backfill', which only a running job writes"
                .formatted(manifest.name(), Manifest.FEATURES));
      }
      plan = FeaturePlan.compile(spec);
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
      return of(manifestYaml, BundleSource.of(files));
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

  /** How many golden vectors it has. */
  public int goldenRows() {
    return Golden.parse(file(files, Manifest.GOLDEN), manifest.features()).rows().size();
  }

  /** The golden vectors: copies, each with the manifest's features in their order. */
  public List<float[]> goldenVectors() {
    return Golden.parse(file(files, Manifest.GOLDEN), manifest.features()).rows().stream()
        .map(row -> row.vector().clone())
        .toList();
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
   * @throws GoldenException at the first logit that differs
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
        throw new GoldenException(
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
      if (!BundleWriter.folder(allFiles(), folder)) {
        requireSame(folder);
      }
    } catch (IOException e) {
      throw new BundleException("bundle " + manifest.name() + " cannot be stored: " + e, e);
    }
  }

  /**
   * Stores the bundle as a zip, in one step. The same bundle gives the same bytes.
   *
   * @param zip must not exist, or hold the same bundle already
   * @throws BundleException when it holds anything else, or cannot be written
   */
  public void zipTo(Path zip) {
    try {
      if (!BundleWriter.zip(allFiles(), zip)) {
        requireSame(zip);
      }
    } catch (IOException e) {
      throw new BundleException("bundle " + manifest.name() + " cannot be stored: " + e, e);
    }
  }

  /** The bundle as a zip. The same bundle gives the same bytes. */
  public byte[] toZip() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      BundleWriter.zip(allFiles(), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write a zip into memory", e);
    }
    return bytes.toByteArray();
  }

  private SortedMap<String, byte[]> allFiles() {
    SortedMap<String, byte[]> all = new TreeMap<>(files);
    all.put(MANIFEST, manifestYaml);
    return all;
  }

  private void requireSame(Path path) {
    if (!read(path).digest().equals(digest())) {
      throw new BundleException(
          "bundle %s cannot be stored: %s holds another bundle".formatted(manifest.name(), path));
    }
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
