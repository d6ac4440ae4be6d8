package io.vigil.cli;

import io.vigil.cli.model.Inputs;
import io.vigil.cli.model.Sample;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleDraft;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;
import io.vigil.model.score.ScoringModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code vigil model package}: makes a bundle of a model file, with its makers' own predictions as
 * the proof that it computes here what it computed there.
 */
@Command(
    name = "package",
    description = "Makes a bundle of a model file and its makers' predictions on a sample.")
final class PackageModel implements Callable<Integer> {
  private static final int GOLDEN_MAX = 1_000;
  private static final long MODEL_BYTES_MAX = 256 << 20;

  @Mixin private Console console = new Console();

  // Not the standard options, whose --version means another one.
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean help;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE",
      description = "The model; its ending says the engine: .pt for TorchScript.")
  private Path model = Path.of("");

  @Option(
      names = "--spec",
      required = true,
      paramLabel = "SPEC",
      description = "The features that it reads: a file, default, or handbook.")
  private String spec = "";

  @Option(
      names = "--golden",
      required = true,
      paramLabel = "SAMPLE.csv",
      description = "Feature columns and a column logit or probability with the predictions.")
  private Path golden = Path.of("");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR|FILE.zip",
      description = "Where the bundle goes.")
  private Path out = Path.of("");

  @Option(names = "--name", paramLabel = "NAME", description = "Default: the model file's name.")
  private @Nullable String name;

  @Option(
      names = "--version",
      paramLabel = "N",
      defaultValue = "1",
      description = "Default: ${DEFAULT-VALUE}.")
  private int version = 1;

  @Option(names = "--card", paramLabel = "FILE", description = "The model card, Markdown.")
  private @Nullable Path card;

  @Option(
      names = "--inputs",
      paramLabel = "FILE.yaml",
      description = "Order, scaling and sequence of the inputs (default: the sample's columns).")
  private @Nullable Path inputsFile;

  @Option(
      names = "--calibration",
      paramLabel = "SLOPE,INTERCEPT",
      converter = PlattConverter.class,
      description = "probability = 1 / (1 + exp(-(slope logit + intercept))) (default: 1,0).")
  private Calibration calibration = new Calibration(1, 0);

  @Option(
      names = "--provenance",
      paramLabel = "KEY=VALUE",
      description = "Where it comes from, such as data=…; may be repeated.")
  private Map<String, String> provenance = new LinkedHashMap<>();

  @Mixin private InventoryOptions inventory = new InventoryOptions();

  @Override
  public Integer call() throws IOException {
    inventory.addTo(provenance);
    ScoringEngine engine = engine();
    SpecSource features = SpecSource.load(spec);
    Sample sample = Sample.read(golden, features.plan().names());
    Path file = inputsFile;
    Inputs inputs =
        file == null
            ? ModelCommand.checked(() -> Inputs.of(sample))
            : Inputs.read(Files.readString(file), file.toString(), sample);
    byte[] bytes = model();
    String text = specText();
    Packed packed = ModelCommand.checked(() -> pack(engine, bytes, text, sample, inputs));
    Bundle bundle = packed.bundle();
    ModelCommand.checked(
        () -> {
          if (out.toString().endsWith(".zip")) {
            bundle.zipTo(out);
          } else {
            bundle.copyTo(out);
          }
          return out;
        });
    print(bundle, packed.difference(), sample);
    Map<String, Object> json = new LinkedHashMap<>(ModelCommand.json(bundle));
    json.put("sample_rows", sample.vectors().size());
    json.put("difference_max", packed.difference());
    json.put("golden_rows", bundle.goldenRows());
    json.put("golden_engine_class", bundle.manifest().goldenEngineClass());
    json.put("features", features.json());
    json.put("out", out.toString());
    console.writeJson(json);
    return 0;
  }

  /**
   * A bundle, and how far it was from the sample at most.
   *
   * @param difference in logits or probabilities
   */
  private record Packed(Bundle bundle, double difference) {}

  private Packed pack(
      ScoringEngine engine, byte[] bytes, String specText, Sample sample, Inputs inputs) {
    engine.inspect(bytes, inputs.shape());
    List<String> order = inputs.inputs().stream().map(ModelInput::feature).toList();
    List<float[]> vectors = sample.vectors(order);
    try (Scorer scorer = engine.load(bytes, inputs.shape(), "cpu")) {
      float[] logits = new float[vectors.size()];
      new ScoringModel(inputs.inputs(), calibration, scorer, order)
          .score(vectors.toArray(float[][]::new), logits.length, logits);
      double difference = sample.compare(logits);
      BundleDraft draft =
          new BundleDraft(
              name(),
              version,
              engine.name(),
              inputs.inputs(),
              inputs.shape(),
              calibration,
              new TreeMap<>(provenance),
              bytes,
              specText,
              card(vectors.size()));
      return new Packed(draft.seal(scorer, spread(vectors)), difference);
    }
  }

  /** At most a thousand, evenly: golden vectors are scored with every start. */
  private static List<float[]> spread(List<float[]> vectors) {
    int stride = (vectors.size() + GOLDEN_MAX - 1) / GOLDEN_MAX;
    List<float[]> picked = new ArrayList<>();
    for (int i = 0; i < vectors.size(); i += stride) {
      picked.add(vectors.get(i));
    }
    return picked;
  }

  private ScoringEngine engine() {
    String file = model.toString();
    List<String> endings = new ArrayList<>();
    for (ScoringEngine engine : ScoringEngine.all()) {
      String ending = engine.modelFile().substring(engine.modelFile().lastIndexOf('.'));
      if (file.endsWith(ending)) {
        return engine;
      }
      endings.add(ending);
    }
    throw new CliException(
        "--model: expected a file that ends in one of %s, got %s"
            .formatted(String.join(", ", endings), file));
  }

  private byte[] model() throws IOException {
    if (!Files.isRegularFile(model) || Files.size(model) > MODEL_BYTES_MAX) {
      throw new CliException(
          "--model: expected a file of at most %d bytes, got %s".formatted(MODEL_BYTES_MAX, model));
    }
    return Files.readAllBytes(model);
  }

  private String specText() throws IOException {
    Path file = Path.of(spec);
    if (Files.isDirectory(file)) {
      file = file.resolve("features.yaml");
    }
    return Files.isRegularFile(file)
        ? Files.readString(file)
        : Artefacts.builtIn("specs/" + spec + ".yaml");
  }

  private static final class PlattConverter implements ITypeConverter<Calibration> {
    @Override
    public Calibration convert(String text) {
      String[] parts = text.split(",", -1);
      if (parts.length == 2) {
        try {
          return new Calibration(Double.parseDouble(parts[0]), Double.parseDouble(parts[1]));
        } catch (IllegalArgumentException e) {
          throw new TypeConversionException(
              "expected SLOPE,INTERCEPT, got " + text + ": " + e.getMessage());
        }
      }
      throw new TypeConversionException("expected SLOPE,INTERCEPT, got " + text);
    }
  }

  private String name() {
    if (name != null) {
      return name;
    }
    String file = String.valueOf(model.getFileName());
    return file.substring(0, file.lastIndexOf('.'))
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^a-z0-9]+", "-")
        .replaceAll("^-+|-+$", "");
  }

  private String card(int rows) {
    Path file = card;
    if (file == null) {
      return """
          # %s, version %d

          Packaged without a card. Its makers' predictions on %d rows were held against what it
          computes here. Data, period, metrics and limits are not stated.
          """
          .formatted(name(), version, rows);
    }
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new CliException("--card: " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private void print(Bundle bundle, double difference, Sample sample) {
    console
        .out()
        .println(
            "%s, version %d, %s"
                .formatted(
                    bundle.manifest().name(),
                    bundle.manifest().version(),
                    bundle.manifest().engine()));
    console
        .out()
        .println(
            "sample  %d rows, the greatest difference is %s in %s"
                .formatted(
                    sample.vectors().size(),
                    difference,
                    sample.probabilities() ? "probability" : "logit"));
    console
        .out()
        .println(
            "golden  %d rows, bits of %s"
                .formatted(bundle.goldenRows(), bundle.manifest().goldenEngineClass()));
    console.out().println("digest  " + bundle.digest());
    console.out().println("out     " + out);
    console.out().flush();
  }
}
