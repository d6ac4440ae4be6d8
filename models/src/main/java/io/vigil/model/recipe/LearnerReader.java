package io.vigil.model.recipe;

import io.vigil.model.artefact.YamlMap;
import io.vigil.model.score.ModelInput;
import io.vigil.model.torch.NetworkLearner;
import io.vigil.model.train.Learner;
import io.vigil.model.train.NetworkOptions;
import io.vigil.model.train.NetworkOptions.Kind;
import io.vigil.model.train.NetworkOptions.Objective;
import io.vigil.model.train.TreeOptions;
import io.vigil.model.xgboost.TreeLearner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads one architecture of a recipe; what is not said has a default that suits most streams. */
final class LearnerReader {
  private static final String TREES = "trees";
  private static final String LOGISTIC = "logistic";
  private static final String PERCEPTRON = "perceptron";
  private static final String GRU = "gru";
  private static final String TRANSFORMER = "transformer";
  private static final String AUTOENCODER = "autoencoder";

  /** The keys that name an architecture. */
  static final List<String> KINDS =
      List.of(TREES, LOGISTIC, PERCEPTRON, GRU, TRANSFORMER, AUTOENCODER);

  private static final List<String> LEARNING =
      List.of("batch", "rate", "decay", "fraud_weight", "epochs", "patience", "scaling", "clip");
  private static final int MOST = 1_000_000;

  private LearnerReader() {}

  /**
   * The learner that an entry of {@code models} asks for.
   *
   * @throws io.vigil.model.artefact.ArtefactException at the first thing that is wrong
   */
  static Learner read(YamlMap entry) {
    List<String> named = KINDS.stream().filter(entry::has).toList();
    if (named.size() != 1) {
      throw entry.because(
          named.isEmpty() ? "" : named.get(1),
          "expected one of %s, got %s"
              .formatted(String.join(", ", KINDS), named.isEmpty() ? "none" : named));
    }
    String kind = named.get(0);
    return kind.equals(TREES) ? trees(entry) : network(entry, kind);
  }

  private static Learner trees(YamlMap entry) {
    YamlMap map =
        entry.map(
            TREES,
            "most",
            "depth",
            "rate",
            "rows",
            "columns",
            "genuine",
            "leaf",
            "l2",
            "fraud_weight",
            "patience");
    return new TreeLearner(
        new TreeOptions(
            integer(map, "most", 1, 10_000, 400),
            integer(map, "depth", 1, 16, 5),
            decimal(map, "rate", 0.001, 1, 0.05),
            decimal(map, "rows", 0.01, 1, 0.8),
            decimal(map, "columns", 0.01, 1, 0.6),
            decimal(map, "leaf", 0, MOST, 1),
            decimal(map, "l2", 0, MOST, 1),
            decimal(map, "fraud_weight", 0.001, MOST, 1),
            integer(map, "patience", 0, 10_000, 50),
            decimal(map, "genuine", 0.001, 1, 1)));
  }

  private static Learner network(YamlMap entry, String named) {
    List<String> keys = new ArrayList<>(LEARNING);
    boolean reads = named.equals(GRU) || named.equals(TRANSFORMER);
    if (!named.equals(LOGISTIC)) {
      keys.add("hidden");
    }
    if (reads) {
      keys.addAll(List.of("sequence", "width", "objective"));
    }
    if (named.equals(TRANSFORMER)) {
      keys.addAll(List.of("layers", "heads"));
    }
    if (reads || named.equals(AUTOENCODER)) {
      keys.add("masked");
    }
    YamlMap map = entry.map(named, keys.toArray(String[]::new));
    Objective objective = objective(map, named);
    List<Integer> hidden = hidden(map, named);
    if (objective == Objective.RECONSTRUCT && hidden.isEmpty()) {
      throw map.wrong("hidden", "at least one layer, for what reconstructs");
    }
    int width = reads ? integer(map, "width", 1, 1024, 32) : 0;
    int heads = named.equals(TRANSFORMER) ? integer(map, "heads", 1, 32, 4) : 0;
    if (heads > 0 && width % heads != 0) {
      throw map.because(
          "heads", "expected a divisor of the width %d, got %d".formatted(width, heads));
    }
    return new NetworkLearner(
        new NetworkOptions(
            kind(named),
            objective,
            width,
            named.equals(TRANSFORMER) ? integer(map, "layers", 1, 16, 2) : 0,
            heads,
            hidden,
            sequence(map, reads),
            !map.has("scaling") || map.choice("scaling", Map.of("auto", true, "standard", false)),
            decimal(map, "clip", 1, 1000, ModelInput.CLIP),
            map.has("masked") ? map.decimal("masked", 0, 1) : 0,
            integer(map, "batch", 1, 65_536, 256),
            decimal(map, "rate", 0.000001, 1, 0.001),
            decimal(map, "decay", 0, 1, 0),
            decimal(map, "fraud_weight", 0.001, MOST, 1),
            integer(map, "epochs", 1, 10_000, 30),
            integer(map, "patience", 1, 10_000, 4)));
  }

  private static Kind kind(String named) {
    return switch (named) {
      case GRU -> Kind.GRU;
      case TRANSFORMER -> Kind.TRANSFORMER;
      default -> Kind.PERCEPTRON;
    };
  }

  private static Objective objective(YamlMap map, String named) {
    if (named.equals(AUTOENCODER)) {
      return Objective.RECONSTRUCT;
    }
    return map.has("objective")
        ? map.choice(
            "objective", Map.of("fraud", Objective.FRAUD, "reconstruct", Objective.RECONSTRUCT))
        : Objective.FRAUD;
  }

  private static List<Integer> hidden(YamlMap map, String named) {
    if (named.equals(LOGISTIC)) {
      return List.of();
    }
    return map.has("hidden") ? map.integers("hidden", 16, 1, 4096) : List.of(64, 32);
  }

  private static @Nullable String sequence(YamlMap map, boolean reads) {
    return reads ? map.text("sequence", "the name of a sequence of the spec") : null;
  }

  private static int integer(YamlMap map, String key, int min, int max, int otherwise) {
    return map.has(key) ? map.integer(key, min, max) : otherwise;
  }

  private static double decimal(YamlMap map, String key, double min, double max, double otherwise) {
    return map.has(key) ? map.decimal(key, min, max) : otherwise;
  }
}
