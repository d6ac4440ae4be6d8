package io.vigil.model.xgboost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.score.AttributingScorer;
import io.vigil.model.score.EngineContract;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.junit.jupiter.api.Test;

class XGBoostEngineTest extends EngineContract {
  private static final int WIDTH = 4;
  private static final byte[] BOOSTER = train(Map.of("max_depth", 2), WIDTH, "ubj");

  @Override
  protected ScoringEngine engine() {
    return new XGBoostEngine();
  }

  @Override
  protected byte[] model() {
    return BOOSTER.clone();
  }

  @Override
  protected InputShape shape() {
    return InputShape.flat(WIDTH);
  }

  @Override
  protected boolean takesMissing() {
    return true;
  }

  @Override
  protected double logit(float[] row) {
    return margin(BOOSTER, row);
  }

  @Test
  void contributionsAreShapleyValuesAndAddUp() {
    float[][] rows = rows(50, 11);
    rows[3][1] = Float.NaN;
    rows[4][0] = Float.NEGATIVE_INFINITY;
    float[] logits = new float[rows.length];
    float[] parts = new float[rows.length * (WIDTH + 1)];
    try (AttributingScorer scorer = (AttributingScorer) open("cpu")) {
      scorer.score(flat(rows), rows.length, logits);
      scorer.attribute(flat(rows), rows.length, parts);
    }
    for (int row = 0; row < rows.length; row++) {
      double[] expected = shapley(rows[row]);
      double sum = 0;
      for (int i = 0; i <= WIDTH; i++) {
        float part = parts[row * (WIDTH + 1) + i];
        assertThat((double) part)
            .as("row %d, input %d", row, i)
            .isCloseTo(expected[i], within(1e-5));
        sum += part;
      }
      assertThat(sum).isCloseTo(logits[row], within(1e-5));
    }
  }

  @Test
  void marginsAreLogOddsForBothObjectivesAndAnyBaseScore() {
    for (String objective : List.of("binary:logistic", "binary:logitraw")) {
      for (Map<String, Object> more :
          List.<Map<String, Object>>of(
              Map.of(), Map.of("base_score", 0.02), Map.of("num_parallel_tree", 3))) {
        Map<String, Object> parameters = new HashMap<>(more);
        parameters.put("objective", objective);
        byte[] booster = train(parameters, WIDTH, "ubj");
        float[][] rows = rows(20, 12);
        float[] logits = new float[rows.length];
        engine().inspect(booster, shape());
        try (Scorer scorer = engine().load(booster, shape(), "gpu:0")) {
          assertThat(scorer.engineClass()).isEqualTo("xgboost-2.1.4/cpu");
          scorer.score(flat(rows), rows.length, logits);
        }
        for (int i = 0; i < rows.length; i++) {
          assertThat((double) logits[i])
              .as("%s, row %d", parameters, i)
              .isCloseTo(margin(booster, rows[i]), within(1e-5));
        }
      }
    }
  }

  @Test
  void takesPrunedTrees() {
    byte[] booster =
        train(Map.of("tree_method", "exact", "gamma", 40.0, "max_depth", 5), WIDTH, "ubj");
    assertThat(text(booster)).doesNotContain("num_deletedSL\0\0\0\0\0\0\0\0010");
    engine().inspect(booster, shape());
    float[][] rows = rows(20, 13);
    float[] logits = new float[rows.length];
    try (Scorer scorer = engine().load(booster, shape(), "cpu")) {
      scorer.score(flat(rows), rows.length, logits);
    }
    for (int i = 0; i < rows.length; i++) {
      assertThat((double) logits[i]).isCloseTo(margin(booster, rows[i]), within(1e-5));
    }
  }

  @Test
  void infinitiesGoWhereTheLargestFloatsGo() {
    float[] logits = new float[4];
    float[] rows = new float[4 * WIDTH];
    float[] extremes = {
      Float.POSITIVE_INFINITY, Float.MAX_VALUE, Float.NEGATIVE_INFINITY, -Float.MAX_VALUE
    };
    for (int i = 0; i < rows.length; i++) {
      rows[i] = extremes[i / WIDTH];
    }
    try (Scorer scorer = open("cpu")) {
      scorer.score(rows, 4, logits);
    }
    assertThat(logits[0]).isEqualTo(logits[1]);
    assertThat(logits[2]).isEqualTo(logits[3]).isNotEqualTo(logits[0]);
  }

  @Test
  void refusesWhatIsNoLogit() {
    assertInspection(train(Map.of("objective", "reg:squarederror"), WIDTH, "ubj"))
        .hasMessageContaining(
            "learner.objective.name must be one of [binary:logistic, binary:logitraw], whose margin"
                + " is a logit, came reg:squarederror");
    assertInspection(train(Map.of("objective", "multi:softprob", "num_class", 2), WIDTH, "ubj"))
        .hasMessageContaining("multi:softprob");
  }

  @Test
  void refusesOtherBoosters() {
    assertInspection(train(Map.of("booster", "dart"), WIDTH, "ubj"))
        .hasMessageContaining("learner.gradient_booster.name must be 'gbtree', came dart");
    assertInspection(train(Map.of("booster", "gblinear"), WIDTH, "ubj"))
        .hasMessageContaining("must be 'gbtree', came gblinear");
  }

  @Test
  void refusesJson() {
    assertInspection(train(Map.of(), WIDTH, "json"))
        .hasMessageContaining("expected UBJSON, came JSON")
        .hasMessageContaining("save it as model.ubj");
  }

  @Test
  void refusesAnotherWidth() {
    assertInspection(train(Map.of(), WIDTH + 1, "ubj"))
        .hasMessage("learner.learner_model_param.num_feature must be '4', came 5");
  }

  @Test
  void refusesABoosterThatIsMeantToStopEarlier() throws Exception {
    Booster booster = XGBoost.loadModel(BOOSTER);
    booster.setAttr("best_iteration", "9");
    engine().inspect(booster.toByteArray("ubj"), shape());
    booster.setAttr("best_iteration", "4");
    assertInspection(booster.toByteArray("ubj"))
        .hasMessageContaining("save booster[: best_iteration + 1]");
    booster.dispose();
  }

  /** What would lead native code outside its memory, or round in circles. */
  @Test
  void refusesWaysOutOfATree() {
    String tree = "learner.gradient_booster.model.trees[0]";
    assertInspection(withInt("split_indices", 0, WIDTH))
        .hasMessage(tree + ": node 0 must have a feature from 0 to 3, came 4");
    assertInspection(withInt("split_indices", 0, -1)).hasMessageContaining("feature from 0 to 3");
    assertInspection(withInt("left_children", 0, 7))
        .hasMessage(tree + ": node 0 must have children that are its own, 0 to 6, came 7");
    assertInspection(withInt("left_children", 0, 0)).hasMessageContaining("came 0");
    assertInspection(withInt("right_children", 0, 1)).hasMessageContaining("came 1");
    assertInspection(withInt("right_children", 1, -1)).hasMessageContaining("came -1");
    assertInspection(withInt("left_children", 3, 0)).hasMessageContaining("node 3");
    assertInspection(withInt("parents", 1, 2)).hasMessageContaining("node 0");
    assertInspection(withInt("split_conditions", 0, Float.floatToRawIntBits(Float.NaN)))
        .hasMessageContaining("a finite threshold, came NaN");
    assertInspection(withInt("split_conditions", 6, 0x7f800000))
        .hasMessageContaining("node 6 must have a finite value, came Infinity");
    assertInspection(withInt("sum_hessian", 0, 0)).hasMessageContaining("a sum_hessian above 0");
    assertInspection(withInt("left_children", -1, 0x7fffffff)).hasMessageContaining("count");
  }

  private org.assertj.core.api.AbstractThrowableAssert<?, ?> assertInspection(byte[] model) {
    return assertThatThrownBy(() -> engine().inspect(model, shape()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** The model with one element of an array of its first tree changed; -1 is the array's length. */
  private static byte[] withInt(String array, int index, int value) {
    byte[] model = BOOSTER.clone();
    String header = array + (array.startsWith("sp") && array.endsWith("ns") ? "[$d#L" : "[$l#L");
    if (array.equals("sum_hessian")) {
      header = array + "[$d#L";
    }
    int at = text(model).indexOf(header) + header.length() + 8 + 4 * index;
    assertThat(at).isGreaterThan(header.length() + 8);
    java.nio.ByteBuffer.wrap(model).putInt(at, value);
    return model;
  }

  private static String text(byte[] model) {
    return new String(model, StandardCharsets.ISO_8859_1);
  }

  static byte[] train(Map<String, Object> more, int width, String format) {
    int rows = 2000;
    Random random = new Random(width);
    float[] inputs = new float[rows * width];
    float[] labels = new float[rows];
    for (int row = 0; row < rows; row++) {
      double z = -2;
      for (int i = 0; i < width; i++) {
        float value = (float) random.nextGaussian();
        z += value * (i + 1) / 2;
        inputs[row * width + i] = random.nextInt(8) == 0 ? Float.NaN : value;
      }
      labels[row] = random.nextDouble() < 1 / (1 + StrictMath.exp(-z)) ? 1 : 0;
    }
    Map<String, Object> parameters =
        new HashMap<>(Map.of("objective", "binary:logistic", "nthread", 1, "verbosity", 0));
    parameters.putAll(more);
    try {
      DMatrix matrix = new DMatrix(inputs, rows, width, Float.NaN);
      matrix.setLabel(labels);
      Booster booster = XGBoost.train(matrix, parameters, 10, Map.of(), null, null);
      byte[] bytes = booster.toByteArray(format);
      booster.dispose();
      matrix.dispose();
      return bytes;
    } catch (XGBoostError e) {
      throw new IllegalStateException(e);
    }
  }

  /** The margin of a row, tree by tree. */
  private static double margin(byte[] booster, float[] row) {
    return value(booster, row, -1);
  }

  /**
   * Shapley values by their definition: over all subsets of the features, weighted; a feature
   * outside the subset goes both ways, by the share of the training rows that did.
   */
  private static double[] shapley(float[] row) {
    double[] worth = new double[1 << WIDTH];
    for (int subset = 0; subset < worth.length; subset++) {
      worth[subset] = value(BOOSTER, row, subset);
    }
    double[] values = new double[WIDTH + 1];
    values[WIDTH] = worth[0];
    for (int feature = 0; feature < WIDTH; feature++) {
      for (int subset = 0; subset < worth.length; subset++) {
        if ((subset >> feature & 1) == 0) {
          int size = Integer.bitCount(subset);
          double weight = factorial(size) * factorial(WIDTH - size - 1) / factorial(WIDTH);
          values[feature] += weight * (worth[subset | 1 << feature] - worth[subset]);
        }
      }
    }
    return values;
  }

  private static double factorial(int n) {
    return n < 2 ? 1 : n * factorial(n - 1);
  }

  private static double value(byte[] booster, float[] row, int subset) {
    Map<?, ?> learner = (Map<?, ?>) UbjReader.read(booster).get("learner");
    Map<?, ?> parameters = (Map<?, ?>) learner.get("learner_model_param");
    double base = Double.parseDouble((String) parameters.get("base_score"));
    String objective = (String) ((Map<?, ?>) learner.get("objective")).get("name");
    double sum = objective.equals("binary:logistic") ? StrictMath.log(base / (1 - base)) : base;
    Map<?, ?> model = (Map<?, ?>) ((Map<?, ?>) learner.get("gradient_booster")).get("model");
    for (Object tree : (List<?>) model.get("trees")) {
      sum += value((Map<?, ?>) tree, 0, row, subset);
    }
    return sum;
  }

  private static double value(Map<?, ?> tree, int node, float[] row, int subset) {
    int left = ((int[]) tree.get("left_children"))[node];
    int right = ((int[]) tree.get("right_children"))[node];
    float condition = ((float[]) tree.get("split_conditions"))[node];
    if (left < 0) {
      return condition;
    }
    int feature = ((int[]) tree.get("split_indices"))[node];
    if ((subset >> feature & 1) == 1) {
      boolean goesLeft =
          Float.isNaN(row[feature])
              ? ((byte[]) tree.get("default_left"))[node] == 1
              : row[feature] < condition;
      return value(tree, goesLeft ? left : right, row, subset);
    }
    float[] cover = (float[]) tree.get("sum_hessian");
    return (cover[left] * value(tree, left, row, subset)
            + cover[right] * value(tree, right, row, subset))
        / cover[node];
  }
}
