package io.vigil.model.bundle;

import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * What {@code manifest.yaml} says of a model.
 *
 * @param name of the model, lower case letters, digits and dashes
 * @param version at least 1
 * @param engine that runs the model, such as {@code pytorch}; see {@link
 *     io.vigil.model.score.ScoringEngine#name()}
 * @param goldenEngineClass in which the golden logits hold to the bit; see {@link
 *     io.vigil.model.score.Scorer#engineClass()}
 * @param featureFingerprint of the feature spec that the model was trained on, 64 hex digits
 * @param inputs of the model in its order, at least one, each feature once
 * @param shape of the inputs: the last {@code steps * fields} of them are a sequence
 * @param calibration of its logits
 * @param provenance where the model comes from, as its maker says: data, period, code, by key
 * @param files all other files of the bundle by name
 */
public record Manifest(
    String name,
    int version,
    String engine,
    String goldenEngineClass,
    String featureFingerprint,
    List<ModelInput> inputs,
    InputShape shape,
    Calibration calibration,
    SortedMap<String, String> provenance,
    SortedMap<String, FileEntry> files) {
  static final String FEATURES = "features.yaml";
  static final String GOLDEN = "golden.csv";
  static final String CARD = "card.md";

  private static final Set<String> FILES =
      Collections.unmodifiableSortedSet(new TreeSet<>(Set.of(FEATURES, GOLDEN, CARD)));
  private static final String MODEL_FILE = "model\\.[a-z0-9]{1,12}";
  private static final String FORMAT = "vigil-bundle-2";
  static final int BYTES_MAX = 4 << 20;
  private static final int PROVENANCE_MOST = 64;
  private static final int PROVENANCE_LENGTH_MOST = 1_000;

  /**
   * What a file must be.
   *
   * @param bytes its size
   * @param sha256 its digest, 64 lower-case hex digits
   */
  public record FileEntry(long bytes, String sha256) {
    public FileEntry {
      if (bytes < 0 || !sha256.matches("[0-9a-f]{64}")) {
        throw new IllegalArgumentException(
            "expected a size and 64 lower-case hex digits, came %d and '%s'"
                .formatted(bytes, sha256));
      }
    }
  }

  /** Checks everything but the files themselves. */
  public Manifest {
    if (!name.matches("[a-z0-9][a-z0-9-]{0,63}")) {
      throw new IllegalArgumentException(
          "model name must be lower-case letters, digits and dashes, came '" + name + "'");
    }
    if (version < 1) {
      throw new IllegalArgumentException("model version must be at least 1, came " + version);
    }
    inputs = List.copyOf(inputs);
    Set<String> features = new TreeSet<>();
    for (ModelInput input : inputs) {
      if (!features.add(input.feature())) {
        throw new IllegalArgumentException("input '" + input.feature() + "' is listed twice");
      }
    }
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException("a model needs at least one input");
    }
    if (shape.width() != inputs.size()) {
      throw new IllegalArgumentException(
          "inputs: a shape of %d values and %d steps of %d fields has %d, came %d"
              .formatted(
                  shape.values(), shape.steps(), shape.fields(), shape.width(), inputs.size()));
    }
    if (!engine.matches("[a-z0-9][a-z0-9-]{0,31}")) {
      throw new IllegalArgumentException(
          "engine must be lower-case letters, digits and dashes, came '" + engine + "'");
    }
    if (!featureFingerprint.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException(
          "feature_fingerprint must be 64 lower-case hex digits, came '"
              + featureFingerprint
              + "'");
    }
    provenance = Collections.unmodifiableSortedMap(new TreeMap<>(provenance));
    provenance.forEach(
        (key, text) -> {
          if (!key.matches("[a-z][a-z0-9_]{0,63}") || text.length() > PROVENANCE_LENGTH_MOST) {
            throw new IllegalArgumentException(
                "provenance must have keys of a-z 0-9 _ and at most %d characters each, came '%s'"
                    .formatted(PROVENANCE_LENGTH_MOST, key));
          }
        });
    if (provenance.size() > PROVENANCE_MOST) {
      throw new IllegalArgumentException(
          "provenance must have at most %d keys, came %d"
              .formatted(PROVENANCE_MOST, provenance.size()));
    }
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    if (files.size() != FILES.size() + 1
        || !files.keySet().stream().allMatch(Manifest::legalFile)) {
      throw new IllegalArgumentException(
          "files must be exactly %s and one model.*, came %s".formatted(FILES, files.keySet()));
    }
  }

  /**
   * Whether a bundle may list a file of that name. Only these are ever resolved, so that a name can
   * lead nowhere else.
   */
  static boolean legalFile(String name) {
    return FILES.contains(name) || name.matches(MODEL_FILE);
  }

  /** The name of the model's file, such as {@code model.pt}. */
  public String modelFile() {
    return files.keySet().stream()
        .filter(name -> !FILES.contains(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("a bundle always lists its model"));
  }

  /** The names of the features the model reads, in its order. */
  public List<String> features() {
    return inputs.stream().map(ModelInput::feature).toList();
  }

  /**
   * The entry of a file.
   *
   * @throws IllegalArgumentException when the bundle has none of that name
   */
  public FileEntry file(String name) {
    FileEntry entry = files.get(name);
    if (entry == null) {
      throw new IllegalArgumentException("no file '" + name + "' in " + files.keySet());
    }
    return entry;
  }

  byte[] toYaml() {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("format", FORMAT);
    root.put("name", name);
    root.put("version", version);
    root.put("engine", engine);
    root.put("golden_engine_class", goldenEngineClass);
    root.put("feature_fingerprint", featureFingerprint);
    List<Object> inputList = new ArrayList<>();
    for (ModelInput input : inputs) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("feature", input.feature());
      entry.put("baseline", input.baseline());
      ModelInput.Scaling scaling = input.scaling();
      if (scaling != null) {
        entry.put("log1p", scaling.log1p());
        entry.put("mean", scaling.mean());
        entry.put("std", scaling.std());
        if (scaling.clip() != ModelInput.CLIP) {
          entry.put("clip", scaling.clip());
        }
      }
      inputList.add(entry);
    }
    root.put("inputs", inputList);
    if (shape.steps() > 0) {
      Map<String, Object> sequence = new LinkedHashMap<>();
      sequence.put("steps", shape.steps());
      sequence.put("fields", shape.fields());
      root.put("sequence", sequence);
    }
    Map<String, Object> platt = new LinkedHashMap<>();
    platt.put("slope", calibration.slope());
    platt.put("intercept", calibration.intercept());
    root.put("calibration", platt);
    root.put("provenance", new LinkedHashMap<>(provenance));
    Map<String, Object> fileMap = new LinkedHashMap<>();
    files.forEach(
        (file, entry) -> {
          Map<String, Object> values = new LinkedHashMap<>();
          values.put("bytes", entry.bytes());
          values.put("sha256", entry.sha256());
          fileMap.put(file, values);
        });
    root.put("files", fileMap);
    DumpSettings settings = DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build();
    return new Dump(settings).dumpToString(root).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a manifest.
   *
   * @throws BundleException naming the key, what was expected and what came
   */
  static Manifest parse(byte[] yaml) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel("manifest.yaml")
            .setAllowDuplicateKeys(false)
            .setMaxAliasesForCollections(0)
            .setCodePointLimit(BYTES_MAX)
            .build();
    try {
      Node root =
          new Node(
              "manifest.yaml",
              new Load(settings).loadFromString(new String(yaml, StandardCharsets.UTF_8)));
      root.keys(
          Set.of(
              "format",
              "name",
              "version",
              "engine",
              "golden_engine_class",
              "feature_fingerprint",
              "inputs",
              "calibration",
              "provenance",
              "files"),
          Set.of("sequence"));
      String format = root.get("format").text();
      if (!format.equals(FORMAT)) {
        throw new IllegalArgumentException("format must be " + FORMAT + ", came '" + format + "'");
      }
      List<ModelInput> inputs = new ArrayList<>();
      for (Node input : root.get("inputs").items()) {
        boolean scaled = input.has("mean");
        input.keys(
            scaled
                ? Set.of("feature", "baseline", "log1p", "mean", "std")
                : Set.of("feature", "baseline"),
            scaled ? Set.of("clip") : Set.of());
        inputs.add(
            new ModelInput(
                input.get("feature").text(),
                input.get("baseline").number(),
                scaled
                    ? new ModelInput.Scaling(
                        input.get("log1p").bool(),
                        input.get("mean").number(),
                        input.get("std").number(),
                        input.has("clip") ? input.get("clip").number() : ModelInput.CLIP)
                    : null));
      }
      InputShape shape = InputShape.flat(Math.max(1, inputs.size()));
      if (root.has("sequence")) {
        Node sequence = root.get("sequence");
        sequence.keys(Set.of("steps", "fields"), Set.of());
        int steps = Math.toIntExact(sequence.get("steps").integer());
        int fields = Math.toIntExact(sequence.get("fields").integer());
        shape = new InputShape(inputs.size() - Math.multiplyExact(steps, fields), steps, fields);
      }
      SortedMap<String, String> provenance = new TreeMap<>();
      root.get("provenance").entries().forEach((key, value) -> provenance.put(key, value.text()));
      Node calibration = root.get("calibration");
      calibration.keys(Set.of("slope", "intercept"), Set.of());
      SortedMap<String, FileEntry> files = new TreeMap<>();
      for (Map.Entry<String, Node> file : root.get("files").entries().entrySet()) {
        file.getValue().keys(Set.of("bytes", "sha256"), Set.of());
        files.put(
            file.getKey(),
            new FileEntry(
                file.getValue().get("bytes").integer(), file.getValue().get("sha256").text()));
      }
      return new Manifest(
          root.get("name").text(),
          Math.toIntExact(root.get("version").integer()),
          root.get("engine").text(),
          root.get("golden_engine_class").text(),
          root.get("feature_fingerprint").text(),
          inputs,
          shape,
          new Calibration(calibration.get("slope").number(), calibration.get("intercept").number()),
          provenance,
          files);
    } catch (YamlEngineException | IllegalArgumentException | ArithmeticException e) {
      throw new BundleException("manifest.yaml: " + e.getMessage(), e);
    } catch (StackOverflowError e) {
      // The parser recurses and has no limit of its own.
      throw new BundleException("manifest.yaml: expected a few levels, came thousands", e);
    }
  }

  /** A YAML value with the path to it, for messages. */
  private record Node(String path, @Nullable Object value) {
    private IllegalArgumentException expected(String what) {
      return new IllegalArgumentException("%s must be %s, came %s".formatted(path, what, value));
    }

    Map<String, Node> entries() {
      if (!(value instanceof Map<?, ?> map)) {
        throw expected("a map");
      }
      Map<String, Node> entries = new LinkedHashMap<>();
      map.forEach(
          (key, item) -> entries.put(String.valueOf(key), new Node(path + "." + key, item)));
      return entries;
    }

    boolean has(String key) {
      return entries().containsKey(key);
    }

    void keys(Set<String> required, Set<String> optional) {
      Set<String> present = new TreeSet<>(entries().keySet());
      Set<String> others = new TreeSet<>(present);
      others.removeAll(optional);
      if (!others.equals(required)) {
        throw new IllegalArgumentException(
            "%s must have the keys %s%s, came %s"
                .formatted(
                    path,
                    new TreeSet<>(required),
                    optional.isEmpty() ? "" : " and may have " + new TreeSet<>(optional),
                    present));
      }
    }

    Node get(String key) {
      Node node = entries().get(key);
      if (node == null) {
        throw new IllegalArgumentException(path + " lacks " + key);
      }
      return node;
    }

    List<Node> items() {
      if (!(value instanceof List<?> list)) {
        throw expected("a list");
      }
      List<Node> items = new ArrayList<>();
      for (Object item : list) {
        items.add(new Node(path + "[" + items.size() + "]", item));
      }
      return items;
    }

    String text() {
      if (!(value instanceof String text)) {
        throw expected("a string");
      }
      return text;
    }

    boolean bool() {
      if (!(value instanceof Boolean bool)) {
        throw expected("true or false");
      }
      return bool;
    }

    double number() {
      if (!(value instanceof Number number)) {
        throw expected("a number");
      }
      return number.doubleValue();
    }

    long integer() {
      if (!(value instanceof Integer || value instanceof Long)) {
        throw expected("an integer");
      }
      return ((Number) value).longValue();
    }
  }
}
