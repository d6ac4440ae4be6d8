package io.vigil.model.xgboost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.score.RankingMetrics;
import io.vigil.model.score.Scorer;
import io.vigil.model.train.Epoch;
import io.vigil.model.train.Fitted;
import io.vigil.model.train.TrainingSet;
import io.vigil.model.train.TreeOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TreeLearnerTest {
  private static final TreeOptions OPTIONS = new TreeOptions(120, 4, 0.2, 0.8, 1, 1, 1, 1, 15, 1);

  private final XGBoostEngine engine = new XGBoostEngine();

  @Test
  void learnsAnInteractionAndStopsWhenTheLaterRowsSaySo() {
    TrainingSet rows = interaction(6_000, 1);
    TrainingSet later = interaction(3_000, 2);
    List<Epoch> told = new ArrayList<>();

    Fitted fitted = new TreeLearner(OPTIONS).fit(rows, later, 7, told::add);

    engine.inspect(fitted.model(), fitted.shape());
    float[] logits = score(fitted, later);
    double precision = RankingMetrics.averagePrecision(logits, later.frauds());
    assertThat(precision).isGreaterThan(0.9);
    assertThat(told).isEqualTo(fitted.curve());
    // The kept model is the best of the curve, grown anew.
    assertThat(precision)
        .isEqualTo(fitted.curve().get(fitted.epochs() - 1).averagePrecision())
        .isEqualTo(
            fitted.curve().stream().mapToDouble(Epoch::averagePrecision).max().orElseThrow());
    assertThat(fitted.curve().size())
        .isEqualTo(Math.min(OPTIONS.mostTrees(), fitted.epochs() + OPTIONS.patience()));
    assertThat(fitted.curve().get(20).loss()).isLessThan(fitted.curve().get(0).loss());
  }

  @Test
  void growsAllTreesWhenTold() {
    TreeOptions all = new TreeOptions(90, 4, 0.2, 0.8, 1, 1, 1, 1, 0, 1);
    TrainingSet rows = interaction(2_000, 1);
    Fitted fitted = new TreeLearner(all).fit(rows, interaction(1_000, 2), 7, epoch -> {});
    assertThat(fitted.epochs()).isEqualTo(90);
    assertThat(fitted.curve()).hasSize(90);
    assertThat(fitted.model())
        .isEqualTo(new TreeLearner(all).fit(rows, 90, 7, epoch -> {}).model());
  }

  @Test
  void theSameSeedGivesTheSameTrees() {
    TrainingSet rows = interaction(2_000, 1);
    TreeLearner learner = new TreeLearner(new TreeOptions(20, 4, 0.2, 0.5, 0.5, 1, 1, 1, 15, 1));
    byte[] once = learner.fit(rows, 20, 7, epoch -> {}).model();
    assertThat(learner.fit(rows, 20, 7, epoch -> {}).model()).isEqualTo(once);
    assertThat(learner.fit(rows, 20, 8, epoch -> {}).model()).isNotEqualTo(once);
  }

  @Test
  void aThirdOfTheGenuineRowsWeighsAsMuchAsAll() {
    TrainingSet rows = interaction(9_000, 1);
    TrainingSet later = interaction(6_000, 2);
    TreeOptions third = new TreeOptions(60, 4, 0.2, 0.8, 1, 1, 1, 1, 0, 1 / 3.0);
    Fitted fitted = new TreeLearner(third).fit(rows, 60, 7, epoch -> {});

    double sum = 0;
    for (float logit : score(fitted, later)) {
      sum += 1 / (1 + Math.exp(-logit));
    }
    // Without weights there would be about three times as many.
    assertThat(sum / later.fraudRows()).isBetween(0.8, 1.25);
    assertThat(RankingMetrics.averagePrecision(score(fitted, later), later.frauds()))
        .isGreaterThan(0.85);
    assertThat(new TreeLearner(third).fit(rows, 60, 7, epoch -> {}).model())
        .isEqualTo(fitted.model())
        .isNotEqualTo(new TreeLearner(third).fit(rows, 60, 8, epoch -> {}).model());
  }

  @Test
  void sendsMissingValuesAndInfinitiesWhereScoringDoes() {
    TrainingSet rows = interaction(2_000, 3);
    rows.vectors()[5][0] = Float.NaN;
    rows.vectors()[6][1] = Float.POSITIVE_INFINITY;
    Fitted fitted = new TreeLearner(OPTIONS).fit(rows, 10, 7, epoch -> {});
    assertThat(score(fitted, rows)).doesNotContain(Float.NaN);
  }

  @Test
  void refusesRowsOfOneKind() {
    TrainingSet none = new TrainingSet(List.of("x"), new float[10][1], new boolean[10]);
    assertThatThrownBy(() -> new TreeLearner(OPTIONS).fit(none, 3, 1, epoch -> {}))
        .hasMessageContaining("training rows: expected frauds and others, came 0 frauds in 10");
    assertThatThrownBy(() -> new TreeLearner(OPTIONS).from(new byte[0]))
        .hasMessageContaining("trees have no weights");
  }

  private float[] score(Fitted fitted, TrainingSet rows) {
    float[] inputs = new float[rows.rows() * 3];
    for (int row = 0; row < rows.rows(); row++) {
      System.arraycopy(rows.vectors()[row], 0, inputs, row * 3, 3);
    }
    float[] logits = new float[rows.rows()];
    try (Scorer scorer = engine.load(fitted.model(), fitted.shape(), "cpu")) {
      scorer.score(inputs, logits.length, logits);
    }
    return logits;
  }

  /** Fraud when exactly one of two values is high, which no sum of the two tells. */
  private static TrainingSet interaction(int rows, long seed) {
    Random random = new Random(seed);
    float[][] vectors = new float[rows][3];
    boolean[] frauds = new boolean[rows];
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < 3; i++) {
        vectors[row][i] = random.nextFloat();
      }
      boolean one = vectors[row][0] > 0.8;
      boolean other = vectors[row][1] > 0.8;
      frauds[row] = one != other && random.nextInt(50) != 0;
    }
    return new TrainingSet(List.of("a", "b", "c"), vectors, frauds);
  }
}
