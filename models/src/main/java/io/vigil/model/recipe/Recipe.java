package io.vigil.model.recipe;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.artefact.YamlMap;
import io.vigil.model.train.Learner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a model is made: which features, which rows, which architecture, read from YAML
 * (docs/training.md). Immutable.
 */
public final class Recipe {
  /** Of the recipes that come with Vigil. */
  public static final List<String> BUILT_IN =
      List.of(
          "default",
          "handbook-logistic",
          "handbook-book",
          "handbook-best",
          "handbook-feedback",
          "handbook-feedback-noisy",
          "handbook-autoencoder",
          "handbook-pretrained",
          "sparkov");

  private static final int MODELS_MOST = 8;
  private static final int SEEDS_MOST = 8;
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,48}");

  private final String name;
  private final String spec;
  private final long windowMs;
  private final long delayMs;
  private final long holdoutMs;
  private final boolean refit;
  private final boolean stacking;
  private final double labelShare;
  private final @Nullable String init;
  private final @Nullable Feedback feedback;
  private final List<Integer> seeds;
  private final Map<String, Learner> models;
  private final String digest;

  /**
   * Verdicts of analysts on the day's riskiest cards, known the next day.
   *
   * @param cards reviewed a day, at least 1
   * @param wrong share of the verdicts that say the opposite of what is true, 0 to 1
   */
  public record Feedback(int cards, double wrong) {}

  private Recipe(YamlMap file, String digest) {
    this.digest = digest;
    name = file.text("name", NAME, "lower-case letters, digits and -, at most 49");
    spec = file.text("spec", "a feature spec: a built-in name or a file beside the recipe");
    windowMs = file.durationMs("window");
    delayMs = file.has("delay") ? file.durationMs("delay") : 0;
    holdoutMs = file.durationMs("holdout");
    if (holdoutMs >= windowMs) {
      throw file.because(
          "holdout", "expected less than the window, got " + file.text("holdout", ""));
    }
    refit = file.has("refit") && file.choice("refit", Map.of("true", true, "false", false));
    stacking =
        file.has("combine") && file.choice("combine", Map.of("mean", false, "stacking", true));
    labelShare = file.has("label_share") ? file.decimal("label_share", 0.0001, 1) : 1;
    init = file.has("init") ? file.text("init", "a bundle: a folder or a zip") : null;
    feedback = file.has("feedback") ? feedback(file.map("feedback", "cards", "wrong")) : null;
    seeds = file.has("seeds") ? file.integers("seeds", SEEDS_MOST, 0, 1_000_000) : List.of(1);
    if (seeds.isEmpty()) {
      throw file.wrong("seeds", "at least one seed");
    }
    models = models(file);
  }

  private static Feedback feedback(YamlMap map) {
    return new Feedback(
        map.integer("cards", 1, 100_000), map.has("wrong") ? map.decimal("wrong", 0, 1) : 0);
  }

  private static Map<String, Learner> models(YamlMap file) {
    List<String> keys = new ArrayList<>(List.of("name"));
    keys.addAll(LearnerReader.KINDS);
    Map<String, Learner> models = new LinkedHashMap<>();
    for (YamlMap entry : file.maps("models", MODELS_MOST, keys.toArray(String[]::new))) {
      String named =
          entry.has("name")
              ? entry.text("name", NAME, "lower-case letters, digits and -")
              : "model";
      if (models.put(named, LearnerReader.read(entry)) != null) {
        throw entry.because("name", "expected a name of its own, got " + named + " again");
      }
    }
    if (models.isEmpty()) {
      throw file.wrong("models", "at least one model");
    }
    return models;
  }

  /**
   * Reads a recipe.
   *
   * @param yaml the whole file
   * @param origin where it came from, for messages
   * @throws ArtefactException at the first thing that is wrong
   */
  public static Recipe read(String yaml, String origin) {
    YamlMap file =
        YamlMap.read(
            yaml,
            origin,
            "name",
            "spec",
            "window",
            "delay",
            "holdout",
            "refit",
            "combine",
            "label_share",
            "init",
            "feedback",
            "seeds",
            "models");
    return new Recipe(file, Artefacts.digest(yaml));
  }

  /** A recipe that comes with Vigil; see {@link #BUILT_IN}. */
  public static Recipe builtIn(String name) {
    String path = "recipes/" + name + ".yaml";
    return read(Artefacts.builtIn(path), path);
  }

  /** Its own name, as files and reports call it. */
  public String name() {
    return name;
  }

  /** The feature spec: a built-in name, or a file's path relative to the recipe. */
  public String spec() {
    return spec;
  }

  /** How long a time the rows to learn from span, holdout included, ms. */
  public long windowMs() {
    return windowMs;
  }

  /** How long before now that window ends, because younger rows lack labels, ms; 0 or more. */
  public long delayMs() {
    return delayMs;
  }

  /** The last part of the window, to stop by and calibrate on, ms. */
  public long holdoutMs() {
    return holdoutMs;
  }

  /** Whether the model is fitted once more on the whole window, for as many epochs. */
  public boolean refit() {
    return refit;
  }

  /** Whether several models are weighed by what the holdout says, or all alike. */
  public boolean stacking() {
    return stacking;
  }

  /** Share of the rows learnt from whose label may be looked at, above 0 to 1. */
  public double labelShare() {
    return labelShare;
  }

  /** The bundle whose weights networks begin with, or null. */
  public @Nullable String init() {
    return init;
  }

  /** The verdicts that stream and training know, null when there are only the file's labels. */
  public @Nullable Feedback feedback() {
    return feedback;
  }

  /** Every model is fitted once for each, and all are averaged. */
  public List<Integer> seeds() {
    return seeds;
  }

  /** The models by name, at least one. */
  Map<String, Learner> models() {
    return models;
  }

  /** Whether any of the models looks at labels. */
  boolean supervised() {
    return models.values().stream().anyMatch(Learner::supervised);
  }

  /** SHA-256 of the recipe's text. */
  public String digest() {
    return digest;
  }
}
