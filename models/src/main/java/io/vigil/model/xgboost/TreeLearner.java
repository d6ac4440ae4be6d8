package io.vigil.model.xgboost;

import io.vigil.model.score.InputShape;
import io.vigil.model.score.RankingMetrics;
import io.vigil.model.train.Epoch;
import io.vigil.model.train.Fitted;
import io.vigil.model.train.Learner;
import io.vigil.model.train.TrainingSet;
import io.vigil.model.train.TreeOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Consumer;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.jspecify.annotations.Nullable;

/**
 * Grows boosted trees on the log loss by histograms (Chen and Guestrin, "XGBoost: a scalable tree
 * boosting system", 2016). Features are taken as they are, missing values included.
 *
 * <p>On one thread: the number of threads decides in which order float32 sums are taken, and so the
 * trees. Whoever has several models to fit does so beside each other. Immutable.
 */
public final class TreeLearner implements Learner {
  private static final String FORMAT = "ubj";

  private final TreeOptions options;

  public TreeLearner(TreeOptions options) {
    this.options = options;
  }

  @Override
  public Fitted fit(TrainingSet rows, TrainingSet later, long seed, Consumer<Epoch> progress) {
    later.requireBoth("later");
    rows.requireBoth("training");
    List<Epoch> curve = new ArrayList<>();
    int best = 0;
    byte[] model = new byte[0];
    try (Grower grower = new Grower(rows, later, seed)) {
      boolean all = options.patience() == 0;
      for (int tree = 1;
          tree <= options.mostTrees() && (all || tree - best <= options.patience());
          tree++) {
        Epoch epoch = grower.grow(tree);
        curve.add(epoch);
        progress.accept(epoch);
        boolean better =
            best == 0 || epoch.averagePrecision() > curve.get(best - 1).averagePrecision();
        if (all ? tree == options.mostTrees() : better) {
          best = tree;
          model = grower.booster.toByteArray(FORMAT);
        }
      }
    } catch (XGBoostError e) {
      throw new IllegalStateException("the trees do not grow: " + e.getMessage(), e);
    }
    return fitted(rows, model, best, curve);
  }

  @Override
  public Fitted fit(TrainingSet rows, int epochs, long seed, Consumer<Epoch> progress) {
    rows.requireBoth("training");
    List<Epoch> curve = new ArrayList<>();
    try (Grower grower = new Grower(rows, null, seed)) {
      for (int tree = 1; tree <= epochs; tree++) {
        Epoch epoch = grower.grow(tree);
        curve.add(epoch);
        progress.accept(epoch);
      }
      return fitted(rows, grower.booster.toByteArray(FORMAT), epochs, curve);
    } catch (XGBoostError e) {
      throw new IllegalStateException("the trees do not grow: " + e.getMessage(), e);
    }
  }

  @Override
  public OptionalInt epochs() {
    return options.patience() == 0 ? OptionalInt.of(options.mostTrees()) : OptionalInt.empty();
  }

  @Override
  public Learner from(byte[] model) {
    throw new IllegalArgumentException("trees have no weights to begin with: leave init out");
  }

  private Fitted fitted(TrainingSet rows, byte[] model, int trees, List<Epoch> curve) {
    return new Fitted(
        "xgboost",
        model,
        InputShape.flat(rows.features().size()),
        rows.plainInputs(),
        trees,
        curve,
        "%d boosted trees of depth %d".formatted(trees, options.depth()));
  }

  /** A booster while it grows, with what it grows on. */
  private final class Grower implements AutoCloseable {
    private final DMatrix rows;
    private final @Nullable DMatrix later;
    private final boolean[] laterFrauds;
    private final Booster booster;

    Grower(TrainingSet set, @Nullable TrainingSet later, long seed) throws XGBoostError {
      TrainingSet drawn = drawn(set, seed);
      this.rows = matrix(drawn);
      this.rows.setWeight(weights(drawn));
      this.later = later == null ? null : matrix(later);
      this.laterFrauds = later == null ? new boolean[0] : later.frauds();
      // Made by training no tree: the library offers no constructor. What is watched is cached, so
      // that each tree is applied once.
      Map<String, DMatrix> watched = new LinkedHashMap<>();
      watched.put("rows", this.rows);
      if (this.later != null) {
        watched.put("later", this.later);
      }
      this.booster = XGBoost.train(this.rows, parameters(seed), 0, watched, null, null);
    }

    Epoch grow(int tree) throws XGBoostError {
      booster.update(rows, tree - 1);
      String found = booster.evalSet(new DMatrix[] {rows}, new String[] {"rows"}, tree - 1);
      double loss = Double.parseDouble(found.substring(found.lastIndexOf(':') + 1).strip());
      return new Epoch(tree, loss, later == null ? Double.NaN : averagePrecision(later));
    }

    private double averagePrecision(DMatrix matrix) throws XGBoostError {
      float[][] margins = booster.predict(matrix, true);
      float[] scores = new float[margins.length];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = margins[i][0];
      }
      return RankingMetrics.averagePrecision(scores, laterFrauds);
    }

    @Override
    public void close() {
      booster.dispose();
      rows.dispose();
      if (later != null) {
        later.dispose();
      }
    }
  }

  private Map<String, Object> parameters(long seed) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("objective", "binary:logistic");
    parameters.put("eval_metric", "logloss");
    parameters.put("tree_method", "hist");
    parameters.put("nthread", 1);
    parameters.put("seed", seed);
    parameters.put("max_depth", options.depth());
    parameters.put("eta", options.learningRate());
    parameters.put("subsample", options.rowShare());
    parameters.put("colsample_bytree", options.columnShare());
    parameters.put("min_child_weight", options.leafWeight());
    parameters.put("lambda", options.l2());
    parameters.put("scale_pos_weight", options.fraudWeight());
    // Even odds, whatever the library's version would say. A row weighs p (1 - p) in a leaf: from
    // the
    // share of frauds on, a leaf of the first trees needs a hundred times the rows.
    parameters.put("base_score", 0.5);
    return parameters;
  }

  private TrainingSet drawn(TrainingSet set, long seed) {
    if (options.genuineShare() == 1) {
      return set;
    }
    Random random = new Random(seed);
    return set.select(row -> random.nextDouble() < options.genuineShare() || set.frauds()[row]);
  }

  private float[] weights(TrainingSet drawn) {
    float[] weights = new float[drawn.rows()];
    for (int row = 0; row < weights.length; row++) {
      weights[row] = drawn.frauds()[row] ? 1 : (float) (1 / options.genuineShare());
    }
    return weights;
  }

  private static DMatrix matrix(TrainingSet set) throws XGBoostError {
    int width = set.features().size();
    float[] values = new float[Math.multiplyExact(set.rows(), width)];
    float[] labels = new float[set.rows()];
    for (int row = 0; row < labels.length; row++) {
      XGBoostScorer.copyFinite(set.vectors()[row], values, row * width);
      labels[row] = set.frauds()[row] ? 1 : 0;
    }
    DMatrix matrix = new DMatrix(values, set.rows(), width, Float.NaN);
    matrix.setLabel(labels);
    return matrix;
  }
}
