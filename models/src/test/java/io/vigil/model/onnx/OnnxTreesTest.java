package io.vigil.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.score.EngineContract;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;
import org.junit.jupiter.api.Test;

/** Trees as LightGBM's exporter writes them: label and probabilities of a tree ensemble. */
class OnnxTreesTest extends EngineContract {
  private static final long[] TREES = {0, 0, 0, 0, 0, 1, 1, 1};
  private static final long[] NODES = {0, 1, 2, 3, 4, 0, 1, 2};
  private static final long[] FEATURES = {2, 0, 0, 0, 0, 1, 0, 0};
  private static final long[] YES = {1, 3, 0, 0, 0, 1, 0, 0};
  private static final long[] NO = {2, 4, 0, 0, 0, 2, 0, 0};
  private static final float[] VALUES = {0.25f, -0.5f, 0, 0, 0, 0.1f, 0, 0};
  private static final long[] MISSING_TRUE = {1, 0, 0, 0, 0, 0, 0, 0};
  private static final float[] WEIGHTS = {1.5f, -2f, -0.25f, 0.75f, -1.25f};

  @Override
  protected ScoringEngine engine() {
    return new OnnxEngine();
  }

  @Override
  protected byte[] model() {
    return trees(FEATURES, YES, WEIGHTS, "probabilities").toByteArray();
  }

  @Override
  protected InputShape shape() {
    return InputShape.flat(3);
  }

  /** A protobuf message that is cut between two fields is a message; digests tell. */
  @Override
  protected boolean refusesAllBeginnings() {
    return false;
  }

  @Override
  protected boolean takesMissing() {
    return true;
  }

  @Override
  protected double logit(float[] row) {
    return leaf(row, 0, new int[] {2, 3, 4}, 0) + leaf(row, 5, new int[] {6, 7}, 3);
  }

  private static double leaf(float[] row, int root, int[] leaves, int firstWeight) {
    int node = root;
    while (node == 0 || node == 1 || node == 5) {
      float value = row[(int) FEATURES[node]];
      boolean yes = Float.isNaN(value) ? MISSING_TRUE[node] == 1 : value <= VALUES[node];
      node = root + (int) (yes ? YES[node] : NO[node]);
    }
    for (int i = 0; i < leaves.length; i++) {
      if (leaves[i] == node) {
        return WEIGHTS[firstWeight + i];
      }
    }
    throw new AssertionError("no leaf " + node);
  }

  @Test
  void logitsEndWhereProbabilitiesDo() {
    // ONNX Runtime takes weights that are all positive for probabilities, so the others are not.
    float[] sure = new float[WEIGHTS.length];
    float[] row = new float[3];
    double first = leaf(row, 0, new int[] {2, 3, 4}, 0);
    double second = leaf(row, 5, new int[] {6, 7}, 3);
    for (int i = 0; i < sure.length; i++) {
      sure[i] = WEIGHTS[i] == first || WEIGHTS[i] == second ? 200 : -200;
    }
    float[] logits = new float[1];
    byte[] model = trees(FEATURES, YES, sure, "probabilities").toByteArray();
    try (Scorer scorer = engine().load(model, shape(), "cpu")) {
      scorer.score(row, 1, logits);
    }
    assertThat(logits[0]).isEqualTo((float) StrictMath.log(0x1p24));
  }

  @Test
  void refusesWaysOutOfATree() {
    assertTrees(new long[] {3, 0, 0, 0, 0, 1, 0, 0}, YES, "a feature from 0 to 2, came 3");
    assertTrees(new long[] {-1, 0, 0, 0, 0, 1, 0, 0}, YES, "a feature from 0 to 2, came -1");
    assertTrees(FEATURES, new long[] {9, 3, 0, 0, 0, 1, 0, 0}, "children of its own");
    assertTrees(FEATURES, new long[] {0, 3, 0, 0, 0, 1, 0, 0}, "children of its own");
    assertTrees(FEATURES, new long[] {1, 2, 0, 0, 0, 1, 0, 0}, "children of its own");
    assertTrees(FEATURES, new long[] {1, 3, 0, 0, 0, 1, 0}, "as many of each of nodes_*");
  }

  @Test
  void refusesMapsOfProbabilities() {
    OnnxWriter zipMap =
        OnnxWriter.node(
            "ZipMap", "ai.onnx.ml", new String[] {"scores"}, new String[] {"probabilities"});
    OnnxWriter graph = graph(FEATURES, YES, WEIGHTS, "scores").message(1, zipMap);
    assertThatThrownBy(() -> engine().inspect(OnnxWriter.model(graph).toByteArray(), shape()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no ZipMap");
  }

  private void assertTrees(long[] features, long[] yes, String message) {
    byte[] model = trees(features, yes, WEIGHTS, "probabilities").toByteArray();
    assertThatThrownBy(() -> engine().inspect(model, shape()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static OnnxWriter trees(
      long[] features, long[] yes, float[] weights, String probabilities) {
    return OnnxWriter.model(graph(features, yes, weights, probabilities));
  }

  private static OnnxWriter graph(
      long[] features, long[] yes, float[] weights, String probabilities) {
    OnnxWriter node =
        OnnxWriter.node(
                "TreeEnsembleClassifier",
                "ai.onnx.ml",
                new String[] {"input"},
                new String[] {"label", probabilities})
            .message(5, OnnxWriter.integers("nodes_treeids", TREES))
            .message(5, OnnxWriter.integers("nodes_nodeids", NODES))
            .message(5, OnnxWriter.integers("nodes_featureids", features))
            .message(5, OnnxWriter.floats("nodes_values", VALUES))
            .message(5, OnnxWriter.integers("nodes_truenodeids", yes))
            .message(5, OnnxWriter.integers("nodes_falsenodeids", NO))
            .message(5, OnnxWriter.integers("nodes_missing_value_tracks_true", MISSING_TRUE))
            .message(
                5,
                OnnxWriter.texts(
                    "nodes_modes",
                    "BRANCH_LEQ",
                    "BRANCH_LEQ",
                    "LEAF",
                    "LEAF",
                    "LEAF",
                    "BRANCH_LEQ",
                    "LEAF",
                    "LEAF"))
            .message(5, OnnxWriter.integers("class_treeids", 0, 0, 0, 1, 1))
            .message(5, OnnxWriter.integers("class_nodeids", 2, 3, 4, 1, 2))
            .message(5, OnnxWriter.integers("class_ids", 0, 0, 0, 0, 0))
            .message(5, OnnxWriter.floats("class_weights", weights))
            .message(5, OnnxWriter.integers("classlabels_int64s", 0, 1))
            .message(5, OnnxWriter.text("post_transform", "LOGISTIC"));
    return new OnnxWriter()
        .message(1, node)
        .text(2, "trees")
        .message(11, OnnxWriter.value("input", 1, 3))
        .message(12, OnnxWriter.value("label", 7))
        .message(12, OnnxWriter.value("probabilities", 1, 2));
  }
}
