package io.vigil.model.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.RankingMetrics;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import io.vigil.model.train.TrainingSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeTrainerTest {
  private static final String SPEC =
      """
      name: ring
      version: 1
      features:
        - {name: x, expression: latitude}
        - {name: y, expression: longitude}
        - {name: paid, expression: amount}
      """;
  private static final String TREES =
      "{name: trees, trees: {depth: 3, rate: 0.2, most: 60, patience: 10}}";
  private static final String NETWORK =
      "{name: net, perceptron: {hidden: [16], rate: 0.01, epochs: 12}}";

  private int threads = 1;
  private final TrainingSet rows = ring(5_000, 1);
  private final TrainingSet holdout = ring(2_000, 2);

  @Test
  void makesABundleThatPassesEveryCheck(@TempDir Path folder) {
    List<String> parts = new ArrayList<>();
    Trained trained =
        trainer(recipe("refit: true", TREES), (part, epoch) -> parts.add(part))
            .train(rows, holdout);

    trained.bundle().copyTo(folder.resolve("b"));
    Bundle bundle = Bundle.read(folder.resolve("b"));
    try (Scorer scorer = bundle.open("cpu")) {
      assertThat(bundle.verifyGolden(scorer)).isEqualTo(Bundle.GoldenMatch.TO_THE_BIT);
    }
    assertThat(bundle.card()).contains("boosted trees of depth 3", "- data: rings");
    assertThat(bundle.manifest().provenance()).containsEntry("recipe", "ring");
    assertThat(trained.rows()).isEqualTo(7_000);
    assertThat(trained.holdout().averagePrecision()).isGreaterThan(0.85);
    assertThat(parts).contains("trees-1", "trees-1, whole window");
  }

  @Test
  void anEnsembleIsTheMeanOfItsCalibratedParts() {
    Bundle both =
        trainer(recipe("seeds: [1, 2]", TREES, NETWORK), (part, epoch) -> {})
            .train(rows, holdout)
            .bundle();
    assertThat(both.manifest().engine()).isEqualTo("ensemble");

    double[] sums = new double[holdout.rows()];
    for (String model : List.of(TREES, NETWORK)) {
      for (int seed = 1; seed <= 2; seed++) {
        Bundle one =
            trainer(recipe("seeds: [" + seed + "]", model), (part, epoch) -> {})
                .train(rows, holdout)
                .bundle();
        float[] logits = score(one);
        for (int i = 0; i < sums.length; i++) {
          sums[i] +=
              one.manifest().calibration().slope() * logits[i]
                  + one.manifest().calibration().intercept();
        }
      }
    }
    float[] together = score(both);
    for (int i = 0; i < sums.length; i++) {
      assertThat((double) together[i]).isCloseTo(sums[i] / 4, within(1e-5));
    }
    assertThat(RankingMetrics.averagePrecision(together, holdout.frauds())).isGreaterThan(0.85);
  }

  @Test
  void stackingGivesABetterModelMoreWeight() {
    String poor = "{name: poor, trees: {depth: 1, most: 1}}";
    Bundle stacked =
        trainer(recipe("combine: stacking", TREES, poor), (part, epoch) -> {})
            .train(rows, holdout)
            .bundle();
    Matcher weights =
        Pattern.compile("poor-1 x ([0-9]+\\.[0-9]+), trees-1 x ([0-9]+\\.[0-9]+)")
            .matcher(stacked.card());
    assertThat(weights.find()).isTrue();
    assertThat(Double.parseDouble(weights.group(2))).isGreaterThan(0.8);
    assertThat(Double.parseDouble(weights.group(1))).isLessThan(0.3);

    float[] trees =
        score(trainer(recipe("", TREES), (part, epoch) -> {}).train(rows, holdout).bundle());
    assertThat(RankingMetrics.averagePrecision(score(stacked), holdout.frauds()))
        .isGreaterThan(RankingMetrics.averagePrecision(trees, holdout.frauds()) - 0.01);
  }

  @Test
  void probabilitiesHoldOnRowsThatWereNotLearntFrom() {
    Bundle bundle =
        trainer(recipe("refit: false", TREES), (part, epoch) -> {}).train(rows, holdout).bundle();
    TrainingSet fresh = ring(4_000, 9);
    float[] logits = score(bundle, fresh);
    double sum = 0;
    for (float logit : logits) {
      sum += bundle.manifest().calibration().probability(logit);
    }
    assertThat(sum / fresh.fraudRows()).isBetween(0.85, 1.15);
  }

  @Test
  void fittingBesideEachOtherChangesNothing() {
    String all = TREES.replace("patience: 10", "patience: 0");
    Recipe recipe = recipe("refit: true", all);
    String alone = trainer(recipe, (part, epoch) -> {}).train(rows, holdout).bundle().digest();
    threads = 2;
    assertThat(trainer(recipe, (part, epoch) -> {}).train(rows, holdout).bundle().digest())
        .isEqualTo(alone);
  }

  @Test
  void looksAtFewLabelsWhenTold() {
    Trained few =
        trainer(recipe("label_share: 0.1", TREES), (part, epoch) -> {}).train(rows, holdout);
    assertThat(few.bundle().card()).contains("labels looked at: 0.1 of the rows");
    assertThat(few.holdout().averagePrecision()).isBetween(0.3, 0.95);
  }

  @Test
  void learnsFromRowsWithoutLabelsWhereNoModelLooksAtThem() {
    TrainingSet nobody = new TrainingSet(rows.features(), rows.vectors(), new boolean[5_000]);
    String autoencoder = "{name: net, autoencoder: {hidden: [16], epochs: 2}}";
    Bundle blind =
        trainer(recipe("", autoencoder), (part, epoch) -> {})
            .train(nobody.slice(0, 3_000), nobody.slice(3_000, 5_000))
            .bundle();
    assertThat(blind.card()).contains("probabilities mean nothing").doesNotContain("NaN");
    assertThat(score(blind)).doesNotHaveDuplicates();

    byte[] weights = blind.model();
    RecipeTrainer fine =
        new RecipeTrainer(recipe("", NETWORK), "fine", 1, SPEC, Map.of(), weights, 1, (p, e) -> {});
    assertThat(fine.train(rows, holdout).holdout().averagePrecision()).isGreaterThan(0.8);
  }

  @Test
  void refusesAHoldoutWithoutFrauds() {
    TrainingSet none = holdout.select(row -> !holdout.frauds()[row]);
    RecipeTrainer trainer = trainer(recipe("refit: false", TREES), (part, epoch) -> {});
    assertThatThrownBy(() -> trainer.train(rows, none))
        .hasMessageContaining("holdout rows: expected frauds and others, came 0 frauds");
  }

  private float[] score(Bundle bundle) {
    return score(bundle, holdout);
  }

  private static float[] score(Bundle bundle, TrainingSet set) {
    float[] logits = new float[set.rows()];
    try (Scorer scorer = bundle.open("cpu")) {
      ScoringModel model = bundle.scoringModel(scorer, set.features());
      model.score(set.vectors(), logits.length, logits);
    }
    return logits;
  }

  private static Recipe recipe(String line, String... models) {
    return Recipe.read(
        "name: ring\nspec: ring.yaml\nwindow: 60d\nholdout: 9d\n"
            + line
            + "\nmodels:\n  - "
            + String.join("\n  - ", models)
            + "\n",
        "ring.yaml");
  }

  private RecipeTrainer trainer(Recipe recipe, RecipeTrainer.Listener listener) {
    return new RecipeTrainer(
        recipe, "ring", 1, SPEC, Map.of("data", "rings"), null, threads, listener);
  }

  /** Frauds lie inside a circle that holds about one row in eight. */
  private static TrainingSet ring(int rows, long seed) {
    Random random = new Random(seed);
    float[][] vectors = new float[rows][3];
    boolean[] frauds = new boolean[rows];
    for (int row = 0; row < rows; row++) {
      vectors[row][0] = (float) random.nextGaussian();
      vectors[row][1] = (float) random.nextGaussian();
      vectors[row][2] = (float) Math.exp(random.nextGaussian());
      float x = vectors[row][0];
      float y = vectors[row][1];
      frauds[row] = x * x + y * y < 0.27 && random.nextInt(20) != 0;
    }
    return new TrainingSet(List.of("x", "y", "paid"), vectors, frauds);
  }
}
