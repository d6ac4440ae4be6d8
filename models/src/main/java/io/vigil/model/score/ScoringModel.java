package io.vigil.model.score;

import java.util.ArrayList;
import java.util.List;

/**
 * A network with what surrounds it: picks its inputs from feature vectors by name, normalises them,
 * and calibrates what comes out. Not thread-safe; whoever made the scorer closes it.
 */
public final class ScoringModel {
  private final List<ModelInput> inputs;
  private final int[] indexes;
  private final Calibration calibration;
  private final Scorer scorer;
  private final int vectorLength;
  private float[] buffer = new float[0];

  /**
   * @param inputs of the network, in its order
   * @param featureNames of the vectors to score, in their order; further features may follow
   * @throws IllegalArgumentException when the network has another width, or a feature is missing
   */
  public ScoringModel(
      List<ModelInput> inputs, Calibration calibration, Scorer scorer, List<String> featureNames) {
    if (scorer.width() != inputs.size()) {
      throw new IllegalArgumentException(
          "the network takes %d inputs, the model names %d"
              .formatted(scorer.width(), inputs.size()));
    }
    List<String> missing = new ArrayList<>();
    this.indexes = new int[inputs.size()];
    for (int i = 0; i < indexes.length; i++) {
      String feature = inputs.get(i).feature();
      indexes[i] = featureNames.indexOf(feature);
      if (indexes[i] < 0) {
        missing.add(feature);
      }
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "the model reads features that the spec does not have: " + missing);
    }
    this.inputs = List.copyOf(inputs);
    this.calibration = calibration;
    this.scorer = scorer;
    this.vectorLength = featureNames.size();
  }

  /**
   * Scores feature vectors.
   *
   * @param vectors feature vectors in spec order, as long as the names or longer; NaN means missing
   * @param rows how many of them, at least 1
   * @param logits receives the raw logits at 0 until {@code rows}
   * @throws ScoringException when the network fails; {@code logits} is then undefined
   */
  public void score(float[][] vectors, int rows, float[] logits) {
    int width = indexes.length;
    float[] prepared = buffer(rows * width);
    for (int row = 0; row < rows; row++) {
      prepare(vectors[row], prepared, row * width);
    }
    scorer.score(prepared, rows, logits);
  }

  /** The calibrated probability of fraud, 0 to 1. */
  public double probability(float logit) {
    return calibration.probability(logit);
  }

  /** See {@link Scorer#engineClass()}. */
  public String engineClass() {
    return scorer.engineClass();
  }

  List<ModelInput> inputs() {
    return inputs;
  }

  /** The value of the network's i-th input in a feature vector, in the feature's unit. */
  float value(float[] vector, int i) {
    return vector[indexes[i]];
  }

  Scorer scorer() {
    return scorer;
  }

  void prepare(float[] vector, float[] prepared, int offset) {
    if (vector.length < vectorLength) {
      throw new IllegalArgumentException(
          "expected vectors of at least %d features, came %d"
              .formatted(vectorLength, vector.length));
    }
    for (int i = 0; i < indexes.length; i++) {
      prepared[offset + i] = inputs.get(i).normalise(vector[indexes[i]]);
    }
  }

  /** Grows to the largest batch, which the caller bounds. */
  private float[] buffer(int length) {
    if (buffer.length < length) {
      buffer = new float[length];
    }
    return buffer;
  }
}
