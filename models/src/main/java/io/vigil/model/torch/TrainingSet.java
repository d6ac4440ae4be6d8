package io.vigil.model.torch;

import io.vigil.model.score.ModelInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Labelled feature vectors, oldest first. Not copied, never changed.
 *
 * @param features names, in the order of the vectors
 * @param vectors in the features' units; NaN means missing
 * @param frauds as many as vectors
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
public record TrainingSet(List<String> features, float[][] vectors, boolean[] frauds) {
  /** Above this skewness a feature that is never negative goes through ln(1 + x). */
  private static final double SKEWED = 2;

  public TrainingSet {
    features = List.copyOf(features);
    if (vectors.length != frauds.length) {
      throw new IllegalArgumentException(
          "expected a label for each vector, came %d and %d"
              .formatted(frauds.length, vectors.length));
    }
    for (int i = 0; i < vectors.length; i++) {
      if (vectors[i].length != features.size()) {
        throw new IllegalArgumentException(
            "vector %d: expected %d features, came %d"
                .formatted(i, features.size(), vectors[i].length));
      }
    }
  }

  /** How many of the rows at {@code from} until {@code to} are frauds. */
  int frauds(int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
      count += frauds[i] ? 1 : 0;
    }
    return count;
  }

  /** The normalisation that the first {@code rows} rows ask for; baselines are their medians. */
  List<ModelInput> inputs(int rows) {
    List<ModelInput> inputs = new ArrayList<>();
    for (int f = 0; f < features.size(); f++) {
      Moments raw = moments(f, rows, false);
      boolean log1p = raw.least() >= 0 && raw.skewness() > SKEWED;
      Moments scaled = log1p ? moments(f, rows, true) : raw;
      inputs.add(
          ModelInput.scaled(features.get(f), log1p, scaled.mean(), scaled.std(), median(f, rows)));
    }
    return inputs;
  }

  /**
   * The lower median of the finite values, 0 when there are none. Not the mean: a few busy payees
   * would make every other one look unusual.
   */
  private double median(int feature, int rows) {
    float[] values = new float[rows];
    int count = 0;
    for (int i = 0; i < rows; i++) {
      if (Float.isFinite(vectors[i][feature])) {
        values[count++] = vectors[i][feature];
      }
    }
    Arrays.sort(values, 0, count);
    return count == 0 ? 0 : values[(count - 1) / 2];
  }

  /** Of the finite values; a constant has the standard deviation 1, so that it becomes 0. */
  private record Moments(double mean, double std, double skewness, double least) {}

  private Moments moments(int feature, int rows, boolean log1p) {
    double least = 0;
    double sum = 0;
    int count = 0;
    for (int i = 0; i < rows; i++) {
      float value = vectors[i][feature];
      if (Float.isFinite(value)) {
        least = Math.min(least, value);
        sum += log1p ? ModelInput.signedLog1p(value) : value;
        count++;
      }
    }
    double mean = count == 0 ? 0 : sum / count;
    double squares = 0;
    double cubes = 0;
    for (int i = 0; i < rows; i++) {
      float value = vectors[i][feature];
      if (Float.isFinite(value)) {
        double distance = (log1p ? ModelInput.signedLog1p(value) : value) - mean;
        squares += distance * distance;
        cubes += distance * distance * distance;
      }
    }
    double std = count == 0 ? 0 : StrictMath.sqrt(squares / count);
    if (std < 1e-9 * Math.max(1, Math.abs(mean))) {
      return new Moments(mean, 1, 0, least);
    }
    return new Moments(mean, std, cubes / count / (std * std * std), least);
  }
}
