package io.vigil.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleDraft;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.RankingMetrics;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import io.vigil.model.train.Epoch;
import io.vigil.model.train.Fitted;
import io.vigil.model.train.NetworkOptions;
import io.vigil.model.train.NetworkOptions.Kind;
import io.vigil.model.train.NetworkOptions.Objective;
import io.vigil.model.train.TrainingSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NetworkLearnerTest {
  private static final String SPEC =
      """
      name: rings
      version: 1
      features:
        - {name: x, expression: latitude}
        - {name: y, expression: longitude}
        - {name: amount_now, expression: amount}
      """;
  private static final NetworkOptions RINGS = perceptron(List.of(16, 8), 5e-3);
  // So small that no weight moves.
  private static final double STANDSTILL = 1e-30;

  @Test
  void learnsWhatNoLinearModelCan(@TempDir Path folder) {
    TrainingSet set = rings(8_000, 1);
    List<Epoch> epochs = new ArrayList<>();

    Fitted fitted =
        new NetworkLearner(RINGS).fit(set.slice(0, 6_000), set.slice(6_000, 8_000), 3, epochs::add);

    assertThat(fitted.engine()).isEqualTo("pytorch");
    assertThat(fitted.shape()).isEqualTo(InputShape.flat(3));
    assertThat(fitted.description()).isEqualTo("perceptron 3-16-8-1, ReLU");
    assertThat(fitted.curve()).isEqualTo(epochs);
    Epoch best = fitted.curve().get(fitted.epochs() - 1);
    assertThat(best.number()).isEqualTo(fitted.epochs());
    assertThat(best.averagePrecision()).isGreaterThan(0.9);
    assertThat(epochs).allMatch(epoch -> epoch.averagePrecision() <= best.averagePrecision());
    assertThat(epochs.get(epochs.size() - 1).loss()).isLessThan(epochs.get(0).loss() / 2);
    // Amounts are skewed, coordinates are not.
    assertThat(fitted.inputs().stream().map(input -> input.scaling().log1p()))
        .containsExactly(false, false, true);

    float[] logits = scores(fitted, set.slice(6_000, 8_000));
    boolean[] frauds = set.slice(6_000, 8_000).frauds();
    assertThat(RankingMetrics.averagePrecision(logits, frauds)).isEqualTo(best.averagePrecision());
    Bundle bundle = bundle(fitted, Calibration.fit(logits, frauds), set, folder.resolve("rings"));
    try (Scorer scorer = bundle.open("cpu")) {
      assertThat(bundle.verifyGolden(scorer)).isEqualTo(Bundle.GoldenMatch.TO_THE_BIT);
      ScoringModel model = bundle.scoringModel(scorer, List.of("amount_now", "unused", "y", "x"));
      float[] two = new float[2];
      model.score(new float[][] {{10, 0, 0, 0}, {10, 0, 0, 3}}, 2, two);
      assertThat(model.probability(two[0])).isGreaterThan(0.7);
      assertThat(model.probability(two[1])).isLessThan(0.1);
    }
  }

  private static Bundle bundle(
      Fitted fitted, Calibration calibration, TrainingSet set, Path folder) {
    try (Scorer scorer = new TorchEngine().load(fitted.model(), fitted.shape(), "cpu")) {
      new BundleDraft(
              "rings",
              1,
              fitted.engine(),
              fitted.inputs(),
              fitted.shape(),
              calibration,
              new TreeMap<>(),
              fitted.model(),
              SPEC,
              "# rings\n")
          .seal(scorer, Arrays.asList(set.vectors()).subList(0, 32))
          .copyTo(folder);
    }
    return Bundle.read(folder);
  }

  @Test
  void theSameSeedGivesTheSameBytes() {
    TrainingSet rows = rings(1_000, 2);
    TrainingSet later = rings(500, 3);
    NetworkLearner learner = new NetworkLearner(perceptron(List.of(8), 5e-3));

    Fitted once = learner.fit(rows, later, 3, epoch -> {});
    Fitted twice = learner.fit(rows, later, 3, epoch -> {});
    Fitted other = learner.fit(rows, later, 4, epoch -> {});

    assertThat(twice.model()).isEqualTo(once.model());
    assertThat(twice.curve()).isEqualTo(once.curve());
    assertThat(other.model()).isNotEqualTo(once.model());
  }

  @Test
  void theSameNumberOfEpochsGivesTheSameModelWithoutLaterRows() {
    TrainingSet rows = rings(1_000, 2);
    NetworkLearner learner = new NetworkLearner(perceptron(List.of(8), 5e-3));
    Fitted judged = learner.fit(rows, rings(500, 3), 3, epoch -> {});

    Fitted counted = learner.fit(rows, judged.epochs(), 3, epoch -> {});

    assertThat(counted.model()).isEqualTo(judged.model());
    assertThat(counted.epochs()).isEqualTo(judged.epochs());
    assertThat(counted.curve()).allMatch(epoch -> Double.isNaN(epoch.averagePrecision()));
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"GRU", "TRANSFORMER"})
  void learnsWhatOnlyTheSequenceHolds(Kind kind) {
    TrainingSet set = rises(10_000, 5);
    NetworkOptions options =
        new NetworkOptions(
            kind,
            Objective.FRAUD,
            16,
            1,
            4,
            List.of(16),
            "past",
            true,
            10,
            0,
            64,
            5e-3,
            0.01,
            1,
            6,
            6);
    TrainingSet later = set.slice(8_000, 10_000);

    Fitted fitted = new NetworkLearner(options).fit(set.slice(0, 8_000), later, 1, epoch -> {});

    assertThat(fitted.shape()).isEqualTo(new InputShape(2, 6, 2));
    assertThat(fitted.inputs().stream().map(ModelInput::feature).limit(6))
        .containsExactly(
            "before", "after", "past_6_amount", "past_6_noise", "past_5_amount", "past_5_noise");
    assertThat(RankingMetrics.averagePrecision(scores(fitted, later), later.frauds()))
        .isGreaterThan(0.9);
    assertThatCode(() -> new TorchEngine().inspect(fitted.model(), fitted.shape()))
        .doesNotThrowAnyException();
  }

  @Test
  void aStepIsScaledAlikeInAllEvents() {
    TrainingSet set = rises(500, 5);
    NetworkOptions options =
        new NetworkOptions(
            Kind.GRU,
            Objective.FRAUD,
            4,
            0,
            0,
            List.of(),
            "past",
            true,
            10,
            0,
            128,
            5e-3,
            0,
            1,
            1,
            1);

    Fitted fitted = new NetworkLearner(options).fit(set, 1, 1, epoch -> {});

    List<ModelInput.Scaling> steps =
        fitted.inputs().stream()
            .filter(input -> input.feature().endsWith("_amount"))
            .map(ModelInput::scaling)
            .toList();
    assertThat(steps).hasSize(6).containsOnly(steps.get(0));
    assertThat(fitted.inputs().get(0).scaling()).isNotEqualTo(fitted.inputs().get(1).scaling());
  }

  @Test
  void withoutLabelsRowsOffTheManifoldErrMore() {
    TrainingSet rows = circle(4_000, 0, 7);
    NetworkLearner learner = new NetworkLearner(autoencoder(0));

    Fitted fitted = learner.fit(rows, circle(500, 0, 8), 1, epoch -> {});

    assertThat(fitted.curve()).allMatch(epoch -> Double.isNaN(epoch.averagePrecision()));
    assertThat(fitted.description()).isEqualTo("autoencoder, perceptron 6-32-2-32-6, ReLU");
    TrainingSet mixed = circle(1_000, 10, 9);
    float[] errors = scores(fitted, mixed);
    for (float error : errors) {
      assertThat(error).isNotNegative();
    }
    assertThat(RankingMetrics.rocAuc(errors, mixed.frauds())).isGreaterThan(0.95);

    Fitted told = learner.fit(rows, mixed, 1, epoch -> {});
    assertThat(told.curve().get(told.epochs() - 1).averagePrecision()).isGreaterThan(0.7);
  }

  @Test
  void oneLaterRowIsEnoughForWhatReconstructs() {
    TrainingSet rows = circle(200, 0, 7);

    Fitted fitted = new NetworkLearner(autoencoder(0)).fit(rows, rows.slice(0, 1), 1, epoch -> {});

    assertThat(fitted.epochs()).isBetween(1, 15);
  }

  @Test
  void labelsDoNotMatterToWhatReconstructs() {
    TrainingSet rows = circle(600, 5, 7);
    boolean[] none = new boolean[rows.rows()];
    TrainingSet unlabelled = new TrainingSet(rows.features(), rows.vectors(), none);
    NetworkLearner learner = new NetworkLearner(autoencoder(0.3));

    assertThat(learner.fit(unlabelled, unlabelled, 2, epoch -> {}).model())
        .isEqualTo(learner.fit(rows, rows, 2, epoch -> {}).model());
  }

  @Test
  void hidingValuesChangesWhatIsLearntButNotFromRunToRun() {
    TrainingSet rows = circle(600, 5, 7);

    byte[] hidden = new NetworkLearner(autoencoder(0.3)).fit(rows, 2, 2, epoch -> {}).model();
    byte[] again = new NetworkLearner(autoencoder(0.3)).fit(rows, 2, 2, epoch -> {}).model();
    byte[] seen = new NetworkLearner(autoencoder(0)).fit(rows, 2, 2, epoch -> {}).model();

    assertThat(again).isEqualTo(hidden);
    assertThat(seen).isNotEqualTo(hidden);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void beginsWithTheTrunkOfAnotherModel(Kind kind) {
    TrainingSet rows = rises(500, 3);
    NetworkOptions pretraining = small(kind, Objective.RECONSTRUCT, 0.3, 1e-2);
    Fitted pretrained = new NetworkLearner(pretraining).fit(rows, 2, 1, epoch -> {});
    NetworkLearner learner =
        new NetworkLearner(small(kind, Objective.FRAUD, 0, STANDSTILL)).from(pretrained.model());

    Fitted fitted = learner.fit(rows, 1, 9, epoch -> {});

    Map<String, TorchScriptArchive.Parameter> given = NetworkTrainer.parameters(pretrained.model());
    Map<String, TorchScriptArchive.Parameter> begun = NetworkTrainer.parameters(fitted.model());
    assertThat(begun.keySet()).isEqualTo(given.keySet());
    for (String name : given.keySet()) {
      float[] values = begun.get(name).values();
      if (Network.HEAD.contains(name)) {
        assertThat(values).as(name).isNotEqualTo(given.get(name).values());
      } else {
        assertThat(values).as(name).isEqualTo(given.get(name).values());
      }
    }
  }

  @Test
  void beginsWithNothingThatDoesNotFit() {
    TrainingSet rows = rings(200, 1);
    byte[] wide =
        Network.random(NetworkOptions.perceptron(List.of(5)), InputShape.flat(4), 1)
            .toTorchScript();
    NetworkLearner learner = new NetworkLearner(perceptron(List.of(8), 1e-3));

    assertThatThrownBy(() -> learner.from(wide).fit(rows, 1, 1, epoch -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no weights of the sizes of a perceptron 3-8-1, ReLU");
    assertThatThrownBy(() -> new NetworkLearner(perceptron(List.of(), 1e-3)).from(wide))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("shares no weights with this architecture");
    assertThatThrownBy(() -> learner.from(new byte[] {1, 2, 3}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a TorchScript archive");
  }

  @Test
  void aFraudCountsAsManyRowsInTheLoss() {
    TrainingSet rows = rings(300, 4);
    NetworkOptions options =
        new NetworkOptions(
            Kind.PERCEPTRON,
            Objective.FRAUD,
            0,
            0,
            0,
            List.of(),
            null,
            true,
            10,
            0,
            128,
            STANDSTILL,
            0,
            5,
            1,
            1);

    Fitted fitted = new NetworkLearner(options).fit(rows, 1, 1, epoch -> {});

    float bias = NetworkTrainer.parameters(fitted.model()).get("head_bias").values()[0];
    int frauds = rows.fraudRows();
    assertThat(bias).isCloseTo((float) Math.log(5.0 * frauds / (300 - frauds)), within(1e-6f));
    float[] logits = scores(fitted, rows);
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      double z = rows.frauds()[i] ? -logits[i] : logits[i];
      sum += (rows.frauds()[i] ? 5 : 1) * Math.log1p(Math.exp(z));
    }
    assertThat(fitted.curve().get(0).loss()).isCloseTo(sum / 300, within(1e-5));
  }

  @Test
  void decayShrinksWeightsBesideTheGradient() {
    TrainingSet rows = rings(100, 4);
    float[] without = headAfterOneStep(rows, 0);
    float[] with = headAfterOneStep(rows, 0.5);
    float[] start =
        PlainNetwork.parameter(
                Network.random(perceptron(List.of(), 0.1), InputShape.flat(3), 1), "head_weight")
            .values();
    // In the gradient, Adam would divide the decay away in its first step.
    for (int i = 0; i < 3; i++) {
      assertThat(with[i] - without[i]).isCloseTo(-0.1f * 0.5f * start[i], within(1e-6f));
    }
  }

  private static float[] headAfterOneStep(TrainingSet rows, double decay) {
    NetworkOptions options =
        new NetworkOptions(
            Kind.PERCEPTRON,
            Objective.FRAUD,
            0,
            0,
            0,
            List.of(),
            null,
            true,
            10,
            0,
            128,
            0.1,
            decay,
            1,
            1,
            1);
    Fitted fitted = new NetworkLearner(options).fit(rows, 1, 1, epoch -> {});
    return NetworkTrainer.parameters(fitted.model()).get("head_weight").values();
  }

  @Test
  void refusesRowsItCannotLearnFrom() {
    NetworkLearner learner = new NetworkLearner(RINGS);
    TrainingSet good = rings(100, 1);
    TrainingSet none = new TrainingSet(List.of("x"), new float[10][1], new boolean[10]);
    TrainingSet other =
        new TrainingSet(List.of("x"), new float[][] {{1}, {2}}, new boolean[] {true, false});

    assertThatThrownBy(() -> learner.fit(none, 1, 1, epoch -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("training rows: expected frauds and others, came 0 frauds in 10");
    assertThatThrownBy(() -> learner.fit(good, none, 1, epoch -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("later rows: expected frauds and others, came 0 frauds in 10");
    assertThatThrownBy(() -> learner.fit(good, other, 1, epoch -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("later rows: expected the features [x, y, amount_now], came [x]");
    assertThatThrownBy(() -> learner.fit(good, 0, 1, epoch -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("epochs must be at least 1, came 0");
    assertThatThrownBy(
            () ->
                new NetworkLearner(small(Kind.GRU, Objective.FRAUD, 0, 1e-3))
                    .fit(good, 1, 1, epoch -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no features past_K_STEP of the sequence among [x, y, amount_now]");
  }

  @Test
  void saysWhenTheRateIsTooHigh() {
    NetworkLearner learner = new NetworkLearner(perceptron(List.of(16), 1e30));

    assertThatThrownBy(() -> learner.fit(rings(1_000, 1), 5, 1, epoch -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("lower the learning rate");
  }

  private static NetworkOptions perceptron(List<Integer> hidden, double rate) {
    return new NetworkOptions(
        Kind.PERCEPTRON,
        Objective.FRAUD,
        0,
        0,
        0,
        hidden,
        null,
        true,
        10,
        0,
        64,
        rate,
        0,
        1,
        12,
        4);
  }

  private static NetworkOptions autoencoder(double masked) {
    return new NetworkOptions(
        Kind.PERCEPTRON,
        Objective.RECONSTRUCT,
        0,
        0,
        0,
        List.of(32, 2, 32),
        null,
        true,
        10,
        masked,
        64,
        5e-3,
        0,
        1,
        15,
        15);
  }

  private static NetworkOptions small(Kind kind, Objective objective, double masked, double rate) {
    String sequence = kind == Kind.PERCEPTRON ? null : "past";
    return new NetworkOptions(
        kind, objective, 8, 1, 2, List.of(4), sequence, true, 10, masked, 64, rate, 0, 1, 3, 3);
  }

  private static float[] scores(Fitted fitted, TrainingSet set) {
    int width = fitted.shape().width();
    float[] inputs = new float[set.rows() * width];
    for (int row = 0; row < set.rows(); row++) {
      for (int i = 0; i < width; i++) {
        ModelInput input = fitted.inputs().get(i);
        inputs[row * width + i] =
            input.normalise(set.vectors()[row][set.features().indexOf(input.feature())]);
      }
    }
    float[] scores = new float[set.rows()];
    try (Scorer scorer = new TorchEngine().load(fitted.model(), fitted.shape(), "cpu")) {
      scorer.score(inputs, scores.length, scores);
    }
    return scores;
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

  /** A row is fraud when its amount rose in at least two of the last three steps. */
  private static TrainingSet rises(int rows, long seed) {
    List<String> features = new ArrayList<>(List.of("before"));
    for (int back = 6; back >= 1; back--) {
      features.add("past_" + back + "_amount");
      features.add("past_" + back + "_noise");
    }
    features.add("after");
    Random random = new Random(seed);
    float[][] vectors = new float[rows][features.size()];
    boolean[] frauds = new boolean[rows];
    for (int i = 0; i < rows; i++) {
      float[] vector = vectors[i];
      for (int j = 0; j < vector.length; j++) {
        vector[j] = (float) random.nextGaussian();
      }
      int rises = 0;
      for (int back = 3; back >= 1; back--) {
        int at = 1 + 2 * (6 - back);
        rises += vector[at] > vector[at - 2] ? 1 : 0;
      }
      frauds[i] = rises >= 2;
    }
    return new TrainingSet(features, vectors, frauds);
  }

  /** Six values of a point on a circle, and the given percentage of frauds that lie anywhere. */
  private static TrainingSet circle(int rows, int percent, long seed) {
    Random random = new Random(seed);
    float[][] vectors = new float[rows][];
    boolean[] frauds = new boolean[rows];
    for (int i = 0; i < rows; i++) {
      double angle = random.nextDouble() * 2 * Math.PI;
      double c = StrictMath.cos(angle);
      double s = StrictMath.sin(angle);
      float[] vector = {
        (float) c, (float) s, (float) (c * s), (float) (c + s), (float) (c - s), (float) (c * c)
      };
      frauds[i] = random.nextInt(100) < percent;
      for (int j = 0; frauds[i] && j < vector.length; j++) {
        vector[j] = (float) random.nextGaussian();
      }
      vectors[i] = vector;
    }
    return new TrainingSet(List.of("a", "b", "c", "d", "e", "f"), vectors, frauds);
  }
}
