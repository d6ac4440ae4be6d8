package io.vigil.model.xgboost;

import io.vigil.model.score.AttributingScorer;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ScoringException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Properties;
import java.util.Random;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * Scores with a booster: the margin, and its exact split into features by TreeSHAP (Lundberg et
 * al., "Consistent individualized feature attribution for tree ensembles", 2018, the path-dependent
 * form).
 *
 * <p>A margin is a sum of float32 leaves in the order of the trees, so its bits depend on neither
 * batch nor processor. A call costs a fixed amount (XGBoost reads the control group's quota from
 * the file system each time), so batches pay. Not thread-safe; may be handed from thread to thread.
 */
final class XGBoostScorer implements AttributingScorer {
  private static final int ROWS_MOST = 4096;
  private static final int[] CHECKED_ROWS = {1, 7, 64, 65, 300};
  private static final int[] ALL_ROUNDS = {0, 0};

  private final Booster booster;
  private final int width;
  private final String engineClass;
  private boolean closed;

  private XGBoostScorer(Booster booster, int width, String engineClass) {
    this.booster = booster;
    this.width = width;
    this.engineClass = engineClass;
  }

  /**
   * Loads a booster and checks it.
   *
   * @param model the bytes of a {@code .ubj} file that {@link BoosterInspector} passed
   * @throws ScoringException when XGBoost does not start, the booster does not load, or its margins
   *     are not finite or depend on the batch
   */
  static XGBoostScorer load(byte[] model, InputShape shape) {
    XGBoostScorer scorer;
    try {
      Booster booster = XGBoost.loadModel(model);
      scorer = new XGBoostScorer(booster, shape.width(), "xgboost-" + version() + "/cpu");
      booster.setParam("nthread", 1);
    } catch (XGBoostError | IOException e) {
      throw new ScoringException("the booster does not load: " + e.getMessage(), e);
    } catch (LinkageError e) {
      throw doesNotStart(e);
    }
    try {
      scorer.check();
      return scorer;
    } catch (RuntimeException e) {
      scorer.close();
      throw e;
    }
  }

  private static ScoringException doesNotStart(LinkageError error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return new ScoringException(
        "XGBoost does not start: %s. On Linux its library needs libgomp.so.1 (Debian: libgomp1, Red Hat: libgomp), and a JVM must load it once only: keep xgboost4j in Flink's lib folder"
            .formatted(root.getMessage()),
        error);
  }

  private static String version() throws IOException {
    try (InputStream in = XGBoost.class.getResourceAsStream("/xgboost4j-version.properties")) {
      Properties properties = new Properties();
      if (in != null) {
        properties.load(in);
      }
      String version = properties.getProperty("version");
      if (version == null) {
        throw new IOException("xgboost4j does not say its version");
      }
      return version;
    }
  }

  /** Scores random rows, some values missing, in batches of several sizes, and compares bits. */
  private void check() {
    int rows = CHECKED_ROWS[CHECKED_ROWS.length - 1];
    float[] inputs = new float[rows * width];
    Random random = new Random(1);
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = random.nextInt(8) == 0 ? Float.NaN : (float) random.nextGaussian();
    }
    float[] expected = new float[rows];
    float[] margins = new float[rows];
    score(inputs, rows, expected);
    for (int size : CHECKED_ROWS) {
      int from = rows - size;
      score(Arrays.copyOfRange(inputs, from * width, rows * width), size, margins);
      for (int i = 0; i < size; i++) {
        if (Float.floatToRawIntBits(margins[i]) != Float.floatToRawIntBits(expected[from + i])) {
          throw new ScoringException(
              "margins depend on the batch: row %d scored %s among %d rows and %s among %d"
                  .formatted(from + i, expected[from + i], rows, margins[i], size));
        }
      }
    }
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public String engineClass() {
    return engineClass;
  }

  @Override
  public void score(float[] inputs, int rows, float[] logits) {
    require(inputs, rows, logits, 1);
    for (int from = 0; from < rows; from += ROWS_MOST) {
      int count = Math.min(ROWS_MOST, rows - from);
      float[] batch = batch(inputs, from, count);
      try {
        float[][] margins =
            booster.inplace_predict(
                batch, count, width, Float.NaN, ALL_ROUNDS, Booster.PredictionType.kMargin, null);
        for (int i = 0; i < count; i++) {
          logits[from + i] = finite(margins[i][0], from + i);
        }
      } catch (XGBoostError e) {
        throw new ScoringException("the booster failed: " + e.getMessage(), e);
      } finally {
        // Its finalizer frees what the call above runs on.
        Reference.reachabilityFence(booster);
      }
    }
  }

  @Override
  public void attribute(float[] inputs, int rows, float[] contributions) {
    require(inputs, rows, contributions, width + 1);
    for (int from = 0; from < rows; from += ROWS_MOST) {
      int count = Math.min(ROWS_MOST, rows - from);
      DMatrix matrix = null;
      try {
        matrix = new DMatrix(batch(inputs, from, count), count, width, Float.NaN);
        float[][] parts = booster.predictContrib(matrix, 0);
        for (int i = 0; i < count; i++) {
          for (float part : parts[i]) {
            finite(part, from + i);
          }
          System.arraycopy(parts[i], 0, contributions, (from + i) * (width + 1), width + 1);
        }
      } catch (XGBoostError e) {
        throw new ScoringException("the booster failed: " + e.getMessage(), e);
      } finally {
        if (matrix != null) {
          matrix.dispose();
        }
        Reference.reachabilityFence(booster);
      }
    }
  }

  private void require(float[] inputs, int rows, float[] outputs, int outputWidth) {
    if (closed || rows < 1 || inputs.length / width < rows || outputs.length / outputWidth < rows) {
      throw new ScoringException(
          "expected at least one row, room for it and an open scorer, came %d rows of %d, %d inputs, %d outputs%s"
              .formatted(rows, width, inputs.length, outputs.length, closed ? ", closed" : ""));
    }
  }

  private float[] batch(float[] inputs, int from, int count) {
    float[] batch = Arrays.copyOfRange(inputs, from * width, (from + count) * width);
    copyFinite(batch, batch, 0);
    return batch;
  }

  /** Copies, with infinities as the largest floats: trees send them the same way. */
  static void copyFinite(float[] values, float[] to, int offset) {
    for (int i = 0; i < values.length; i++) {
      float value = values[i];
      to[offset + i] = Float.isInfinite(value) ? Math.copySign(Float.MAX_VALUE, value) : value;
    }
  }

  private static float finite(float value, int row) {
    if (!Float.isFinite(value)) {
      throw new ScoringException("margin of row " + row + " is " + value);
    }
    return value;
  }

  @Override
  public void close() {
    closed = true;
    booster.dispose();
  }
}
