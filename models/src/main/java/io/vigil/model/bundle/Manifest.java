package io.vigil.model.bundle;

import io.vigil.model.score.Calibration;
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
 * @param engine that runs the network, such as {@code pytorch}
 * @param engineVersion that wrote the golden logits, such as {@code 2.7.1}
 * @param goldenEngineClass in which the golden logits hold to the bit; see {@link
 *     io.vigil.model.score.Scorer#engineClass()}
 * @param inputs of the network in its order, at least one, each feature once
 * @param calibration of its logits
 * @param files all other files of the bundle by name
 */
public record Manifest(
    String name,
    int version,
    String engine,
    String engineVersion,
    String goldenEngineClass,
    List<ModelInput> inputs,
    Calibration calibration,
    SortedMap<String, FileEntry> files) {
  static final String MODEL = "model.pt";
  static final String FEATURES = "features.yaml";
  static final String GOLDEN = "golden.csv";
  static final String CARD = "card.md";

  /** The files that every bundle lists, and no others: names from outside are never resolved. */
  static final Set<String> FILES =
      Collections.unmodifiableSortedSet(new TreeSet<>(Set.of(MODEL, FEATURES, GOLDEN, CARD)));

  private static final String FORMAT = "vigil-bundle-1";
  private static final int MOST_BYTES = 1 << 20;

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
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    if (!files.keySet().equals(FILES)) {
      throw new IllegalArgumentException(
          "files must be exactly %s, came %s".formatted(FILES, files.keySet()));
    }
  }

  /** SHA-256 of the feature spec the model was trained on, in hex. */
  public String featureSpecSha256() {
    return file(FEATURES).sha256();
  }

  /** The names of the features the model reads, in its order. */
  public List<String> features() {
    return inputs.stream().map(ModelInput::feature).toList();
  }

  FileEntry file(String name) {
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
    root.put("engine_version", engineVersion);
    root.put("golden_engine_class", goldenEngineClass);
    List<Object> inputList = new ArrayList<>();
    for (ModelInput input : inputs) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("feature", input.feature());
      entry.put("log1p", input.log1p());
      entry.put("mean", input.mean());
      entry.put("std", input.std());
      entry.put("baseline", input.baseline());
      inputList.add(entry);
    }
    root.put("inputs", inputList);
    Map<String, Object> platt = new LinkedHashMap<>();
    platt.put("slope", calibration.slope());
    platt.put("intercept", calibration.intercept());
    root.put("calibration", platt);
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
            .setCodePointLimit(MOST_BYTES)
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
              "engine_version",
              "golden_engine_class",
              "inputs",
              "calibration",
              "files"));
      String format = root.get("format").text();
      if (!format.equals(FORMAT)) {
        throw new IllegalArgumentException("format must be " + FORMAT + ", came '" + format + "'");
      }
      List<ModelInput> inputs = new ArrayList<>();
      for (Node input : root.get("inputs").items()) {
        input.keys(Set.of("feature", "log1p", "mean", "std", "baseline"));
        inputs.add(
            new ModelInput(
                input.get("feature").text(),
                input.get("log1p").bool(),
                input.get("mean").number(),
                input.get("std").number(),
                input.get("baseline").number()));
      }
      Node calibration = root.get("calibration");
      calibration.keys(Set.of("slope", "intercept"));
      SortedMap<String, FileEntry> files = new TreeMap<>();
      for (Map.Entry<String, Node> file : root.get("files").entries().entrySet()) {
        file.getValue().keys(Set.of("bytes", "sha256"));
        files.put(
            file.getKey(),
            new FileEntry(
                file.getValue().get("bytes").integer(), file.getValue().get("sha256").text()));
      }
      return new Manifest(
          root.get("name").text(),
          Math.toIntExact(root.get("version").integer()),
          root.get("engine").text(),
          root.get("engine_version").text(),
          root.get("golden_engine_class").text(),
          inputs,
          new Calibration(calibration.get("slope").number(), calibration.get("intercept").number()),
          files);
    } catch (YamlEngineException | IllegalArgumentException | ArithmeticException e) {
      throw new BundleException("manifest.yaml: " + e.getMessage(), e);
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

    void keys(Set<String> legal) {
      Set<String> present = entries().keySet();
      if (!present.equals(legal)) {
        throw new IllegalArgumentException(
            "%s must have the keys %s, came %s".formatted(path, new TreeSet<>(legal), present));
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
