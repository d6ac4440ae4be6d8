package io.vigil.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  private static final String SPEC =
      """
      name: rings
      version: 1
      features:
        - {name: x, expression: latitude}
        - {name: y, expression: longitude}
        - {name: amount_now, expression: amount}
      """;
  private static final Trainer.Options OPTIONS =
      new Trainer.Options(List.of(16, 8), 64, 5e-3, 12, 4, 0.25, 3);

  @Test
  void learnsWhatNoLinearModelCan(@TempDir Path folder) {
    TrainingSet set = rings(8_000, 1);
    List<Trainer.Epoch> epochs = new ArrayList<>();

    TrainedModel trained = Trainer.train(set, OPTIONS, epochs::add);

    assertThat(trained.report().averagePrecision()).isGreaterThan(0.9);
    assertThat(trained.report().rocAuc()).isGreaterThan(0.97);
    assertThat(trained.report().trainingRows()).isEqualTo(6_000);
    assertThat(epochs.get(epochs.size() - 1).loss()).isLessThan(epochs.get(0).loss() / 2);
    // Amounts are skewed, coordinates are not.
    assertThat(trained.inputs().get(2).scaling().log1p()).isTrue();
    assertThat(trained.inputs().get(0).scaling().log1p()).isFalse();

    trained.bundle("rings", 1, SPEC, "Two features of a ring.").copyTo(folder.resolve("rings"));
    Bundle bundle = Bundle.read(folder.resolve("rings"));
    assertThat(bundle.card()).contains("| training | 6000 |");
    try (Scorer scorer = bundle.open("cpu")) {
      assertThat(bundle.verifyGolden(scorer)).isEqualTo(Bundle.GoldenMatch.TO_THE_BIT);
      ScoringModel model = bundle.scoringModel(scorer, List.of("amount_now", "unused", "y", "x"));
      float[] logits = new float[2];
      model.score(new float[][] {{10, 0, 0, 0}, {10, 0, 0, 3}}, 2, logits);
      assertThat(model.probability(logits[0])).isGreaterThan(0.7);
      assertThat(model.probability(logits[1])).isLessThan(0.1);
    }
  }

  @Test
  void theSameSeedGivesTheSameBundle() {
    TrainingSet set = rings(1_000, 2);
    Trainer.Options few = new Trainer.Options(List.of(8), 64, 5e-3, 2, 2, 0.25, 3);
    Trainer.Options other = new Trainer.Options(List.of(8), 64, 5e-3, 2, 2, 0.25, 4);

    String once = Trainer.train(set, few, epoch -> {}).bundle("m", 1, SPEC, "").digest();
    String twice = Trainer.train(set, few, epoch -> {}).bundle("m", 1, SPEC, "").digest();
    String seeded = Trainer.train(set, other, epoch -> {}).bundle("m", 1, SPEC, "").digest();

    assertThat(twice).isEqualTo(once);
    assertThat(seeded).isNotEqualTo(once);
  }

  @Test
  void refusesASliceWithoutFrauds() {
    TrainingSet set = new TrainingSet(List.of("x"), new float[10][1], new boolean[10]);
    assertThatThrownBy(() -> Trainer.train(set, OPTIONS, epoch -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("training rows: expected frauds and others, came 0 frauds in 7");
  }

  /** Frauds lie inside a circle of about one row in eight; one row in fifty has no coordinate. */
  private static TrainingSet rings(int rows, long seed) {
    Random random = new Random(seed);
    float[][] vectors = new float[rows][];
    boolean[] frauds = new boolean[rows];
    for (int i = 0; i < rows; i++) {
      double x = random.nextGaussian() * 2;
      double y = random.nextGaussian() * 2;
      double amount = StrictMath.exp(random.nextGaussian() * 2);
      frauds[i] = x * x + y * y < 1;
      vectors[i] =
          new float[] {(float) x, random.nextInt(50) == 0 ? Float.NaN : (float) y, (float) amount};
    }
    return new TrainingSet(List.of("x", "y", "amount_now"), vectors, frauds);
  }
}
