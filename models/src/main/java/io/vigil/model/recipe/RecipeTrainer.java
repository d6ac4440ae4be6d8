package io.vigil.model.recipe;

import static java.lang.Double.NaN;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleDraft;
import io.vigil.model.ensemble.Ensemble;
import io.vigil.model.ensemble.EnsembleEngine;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.RankingMetrics;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;
import io.vigil.model.score.ScoringModel;
import io.vigil.model.train.Epoch;
import io.vigil.model.train.Fitted;
import io.vigil.model.train.Learner;
import io.vigil.model.train.TrainingSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Follows a recipe: fits each model for each seed, stops and calibrates it on the holdout, fits it
 * again on the whole window where the recipe says so, and joins what there is into one bundle.
 * Deterministic on one engine class. Not thread-safe.
 */
public final class RecipeTrainer {
  private static final int GOLDEN_ROWS = 64;
  private static final String DEVICE = "cpu";

  private final Recipe recipe;
  private final String name;
  private final int version;
  private final String spec;
  private final SortedMap<String, String> provenance;
  private final byte @Nullable [] init;
  private final int threads;
  private final Listener listener;

  /** Is told of each epoch. */
  @FunctionalInterface
  public interface Listener {
    /**
     * @param part model and seed, such as {@code trees-1}; {@code trees-1, whole window} when it is
     *     fitted again
     */
    void epoch(String part, Epoch epoch);
  }

  /**
   * @param name of the bundle; see {@link io.vigil.model.bundle.Manifest}
   * @param version of it, at least 1
   * @param spec the feature spec that made the vectors, YAML
   * @param provenance what the bundle's manifest says of the data, beside the recipe
   * @param init the model file that every model begins with, or null
   * @param threads more than one lets the two fits of {@code refit} run beside each other where the
   *     second needs nothing of the first, in twice the memory; changes no model
   */
  public RecipeTrainer(
      Recipe recipe,
      String name,
      int version,
      String spec,
      Map<String, String> provenance,
      byte @Nullable [] init,
      int threads,
      Listener listener) {
    this.recipe = recipe;
    this.name = name;
    this.version = version;
    this.spec = spec;
    this.provenance = new TreeMap<>(provenance);
    this.provenance.put("recipe", recipe.name());
    this.provenance.put("recipe_digest", recipe.digest());
    this.init = init;
    this.threads = threads;
    this.listener = listener;
  }

  /**
   * Follows the recipe.
   *
   * @param rows the window without its holdout, oldest first
   * @param holdout the rest of it
   * @throws IllegalArgumentException when either lacks frauds or others and a model looks at
   *     labels. Where none does and the holdout lacks them, nothing can be calibrated and
   *     probabilities mean nothing: the bundle is one for others to begin with
   * @throws IllegalStateException when a model learnt nothing
   */
  public Trained train(TrainingSet rows, TrainingSet holdout) {
    if (recipe.supervised()) {
      rows.requireBoth("training");
      holdout.requireBoth("holdout");
    }
    Map<String, List<Epoch>> curves = new LinkedHashMap<>();
    Map<String, Part> parts = new LinkedHashMap<>();
    for (Map.Entry<String, Learner> model : recipe.models().entrySet()) {
      Learner learner = init == null ? model.getValue() : model.getValue().from(init);
      for (int seed : recipe.seeds()) {
        String part = model.getKey() + "-" + seed;
        Part fitted = part(part, learner, rows, holdout, seed);
        curves.put(part, fitted.curve);
        parts.put(part, fitted);
      }
    }
    SortedMap<String, Double> weights = weights(parts, holdout.frauds());
    float[] logits = together(parts, weights);
    Calibration calibration =
        parts.size() == 1
            ? parts.values().iterator().next().calibration
            : calibrate(logits, holdout);
    Trained.Holdout found =
        new Trained.Holdout(
            holdout.rows(),
            holdout.fraudRows(),
            holdout.hasBoth() ? RankingMetrics.averagePrecision(logits, holdout.frauds()) : NaN,
            holdout.hasBoth() ? RankingMetrics.rocAuc(logits, holdout.frauds()) : NaN);
    int learnt = rows.rows() + holdout.rows();
    int frauds = rows.fraudRows() + holdout.fraudRows();
    String card =
        ModelCard.text(name, version, recipe, parts, weights, provenance, learnt, frauds, found);
    return new Trained(
        bundle(parts, weights, calibration, holdout, card), curves, learnt, frauds, found);
  }

  /**
   * A fitted model with its calibration.
   *
   * @param logits of the holdout, by the model that had not learnt from it
   * @param curve of the fit that was stopped on the holdout
   */
  @SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
  record Part(Fitted fitted, Calibration calibration, float[] logits, List<Epoch> curve) {

    double[] calibrated() {
      return IntStream.range(0, logits.length)
          .mapToDouble(row -> calibration.slope() * logits[row] + calibration.intercept())
          .toArray();
    }
  }

  private Part part(String part, Learner learner, TrainingSet rows, TrainingSet holdout, int seed) {
    TrainingSet learnt = labelled(rows, seed);
    TrainingSet judged = labelled(holdout, seed);
    if (recipe.refit() && threads > 1 && learner.epochs().isPresent()) {
      // Nothing that the holdout says changes the second fit.
      return beside(part, learner, learnt, judged, holdout, seed);
    }
    Fitted fitted = learner.fit(learnt, judged, seed, epoch -> listener.epoch(part, epoch));
    Calibration calibration = calibrate(score(fitted, judged), judged);
    float[] logits = score(fitted, holdout);
    if (!recipe.refit()) {
      return new Part(fitted, calibration, logits, fitted.curve());
    }
    Fitted again = again(part, learner, learnt.and(judged), fitted.epochs(), seed);
    return new Part(again, calibration, logits, fitted.curve());
  }

  private Part beside(
      String part,
      Learner learner,
      TrainingSet learnt,
      TrainingSet judged,
      TrainingSet holdout,
      int seed) {
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      Future<Fitted> again =
          other.submit(
              () -> again(part, learner, learnt.and(judged), learner.epochs().orElseThrow(), seed));
      Fitted fitted = learner.fit(learnt, judged, seed, epoch -> listener.epoch(part, epoch));
      Calibration calibration = calibrate(score(fitted, judged), judged);
      return new Part(again.get(), calibration, score(fitted, holdout), fitted.curve());
    } catch (ExecutionException e) {
      throw new IllegalStateException("the second fit failed: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a model was fitted", e);
    } finally {
      other.shutdownNow();
    }
  }

  private Fitted again(String part, Learner learner, TrainingSet rows, int epochs, int seed) {
    return learner.fit(rows, epochs, seed, epoch -> listener.epoch(part + ", whole window", epoch));
  }

  /** The rows whose label may be looked at, drawn by the seed. */
  private TrainingSet labelled(TrainingSet rows, int seed) {
    if (recipe.labelShare() == 1) {
      return rows;
    }
    Random random = new Random(seed);
    return rows.select(row -> random.nextDouble() < recipe.labelShare());
  }

  private static Calibration calibrate(float[] logits, TrainingSet rows) {
    boolean[] frauds = rows.frauds();
    if (!rows.hasBoth()) {
      return new Calibration(1, 0);
    }
    try {
      return Calibration.fit(logits, frauds);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          "the model learnt nothing: average precision on the holdout "
              + RankingMetrics.averagePrecision(logits, frauds),
          e);
    }
  }

  private static float[] score(Fitted fitted, TrainingSet rows) {
    float[] logits = new float[rows.rows()];
    try (Scorer scorer =
        ScoringEngine.named(fitted.engine()).load(fitted.model(), fitted.shape(), DEVICE)) {
      new ScoringModel(fitted.inputs(), new Calibration(1, 0), scorer, rows.features())
          .score(rows.vectors(), logits.length, logits);
    }
    return logits;
  }

  /** Of the parts' calibrated logits: equal, or what {@link Stacking} finds on the holdout. */
  private SortedMap<String, Double> weights(Map<String, Part> parts, boolean[] frauds) {
    List<double[]> logits = parts.values().stream().map(Part::calibrated).toList();
    double[] found = recipe.stacking() ? Stacking.weights(logits, frauds) : new double[0];
    SortedMap<String, Double> weights = new TreeMap<>();
    for (String part : parts.keySet()) {
      double equal = 1.0 / parts.size();
      weights.put(part, recipe.stacking() ? found[weights.size()] : equal);
    }
    return weights;
  }

  /** The weighted sum of the parts' calibrated logits; of one part its own logits. */
  private static float[] together(Map<String, Part> parts, Map<String, Double> weights) {
    if (parts.size() == 1) {
      return parts.values().iterator().next().logits;
    }
    double[] sums = new double[parts.values().iterator().next().logits.length];
    parts.forEach(
        (part, fitted) -> {
          double weight = Objects.requireNonNull(weights.get(part));
          double[] calibrated = fitted.calibrated();
          for (int row = 0; row < sums.length; row++) {
            sums[row] += weight * calibrated[row];
          }
        });
    float[] logits = new float[sums.length];
    for (int row = 0; row < logits.length; row++) {
      logits[row] = (float) sums[row];
    }
    return logits;
  }

  private Bundle bundle(
      Map<String, Part> parts,
      Map<String, Double> weights,
      Calibration calibration,
      TrainingSet holdout,
      String card) {
    if (parts.size() == 1) {
      Fitted only = parts.values().iterator().next().fitted;
      return seal(name, only, calibration, holdout, card);
    }
    Map<String, byte[]> members = new TreeMap<>();
    parts.forEach(
        (part, fitted) ->
            members.put(
                part, seal(part, fitted.fitted, fitted.calibration, holdout, card).toZip()));
    byte[] file = Ensemble.pack(members, weights, 0);
    Map<String, ModelInput> plain = new LinkedHashMap<>();
    holdout.plainInputs().forEach(input -> plain.put(input.feature(), input));
    // In the order in which the members read them, each once.
    List<ModelInput> inputs =
        new TreeMap<>(parts)
            .values().stream()
                .flatMap(part -> part.fitted.inputs().stream())
                .map(ModelInput::feature)
                .distinct()
                .map(feature -> Objects.requireNonNull(plain.get(feature)))
                .toList();
    Fitted joined =
        new Fitted(
            EnsembleEngine.NAME,
            file,
            InputShape.flat(inputs.size()),
            inputs,
            0,
            List.of(),
            "%d calibrated models".formatted(parts.size()));
    return seal(name, joined, calibration, holdout, card);
  }

  private Bundle seal(
      String named, Fitted fitted, Calibration calibration, TrainingSet holdout, String card) {
    BundleDraft draft =
        new BundleDraft(
            named,
            version,
            fitted.engine(),
            fitted.inputs(),
            fitted.shape(),
            calibration,
            provenance,
            fitted.model(),
            spec,
            card);
    try (Scorer scorer =
        ScoringEngine.named(fitted.engine()).load(fitted.model(), fitted.shape(), DEVICE)) {
      return draft.seal(scorer, golden(fitted, holdout));
    }
  }

  /** Up to 64 rows of the holdout, evenly spread, in the order of the model's inputs. */
  private static List<float[]> golden(Fitted fitted, TrainingSet holdout) {
    int[] indexes =
        fitted.inputs().stream()
            .mapToInt(input -> holdout.features().indexOf(input.feature()))
            .toArray();
    int stride = Math.max(1, holdout.rows() / GOLDEN_ROWS);
    List<float[]> vectors = new ArrayList<>();
    for (int row = 0; row < holdout.rows() && vectors.size() < GOLDEN_ROWS; row += stride) {
      float[] vector = new float[indexes.length];
      for (int i = 0; i < vector.length; i++) {
        vector[i] = holdout.vectors()[row][indexes[i]];
      }
      vectors.add(vector);
    }
    return vectors;
  }
}
