package io.vigil.model.train;

import io.vigil.model.score.ModelInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Labelled feature vectors, oldest first. Not copied, never changed.
 *
 * @param features names, in the order of the vectors
 * @param vectors in the features' units; NaN means missing
 * @param frauds as many as vectors
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
public record TrainingSet(List<String> features, float[][] vectors, boolean[] frauds) {
  /** Above this skewness a feature goes through sign(x) ln(1 + |x|), if it is never below LEAST. */
  private static final double SKEWED = 2;

  private static final int MEDIAN_ROWS = 100_000;

  /** Amounts, counts and times are not negative, but -1 is how specs say that there is none. */
  private static final double LEAST = -1;

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

  public int rows() {
    return vectors.length;
  }

  /** How many of the rows are frauds. */
  public int fraudRows() {
    int count = 0;
    for (boolean fraud : frauds) {
      count += fraud ? 1 : 0;
    }
    return count;
  }

  /** The rows at {@code from} until {@code to}; shares the vectors. */
  public TrainingSet slice(int from, int to) {
    return new TrainingSet(
        features, Arrays.copyOfRange(vectors, from, to), Arrays.copyOfRange(frauds, from, to));
  }

  /** Those rows whose number the test accepts, asked in order; shares the vectors. */
  public TrainingSet select(IntPredicate test) {
    int[] kept = IntStream.range(0, rows()).filter(test).toArray();
    float[][] keptVectors = new float[kept.length][];
    boolean[] keptFrauds = new boolean[kept.length];
    for (int i = 0; i < kept.length; i++) {
      keptVectors[i] = vectors[kept[i]];
      keptFrauds[i] = frauds[kept[i]];
    }
    return new TrainingSet(features, keptVectors, keptFrauds);
  }

  /** These rows, then others of the same features; shares the vectors. */
  public TrainingSet and(TrainingSet more) {
    float[][] all = Arrays.copyOf(vectors, rows() + more.rows());
    System.arraycopy(more.vectors, 0, all, rows(), more.rows());
    boolean[] labels = Arrays.copyOf(frauds, all.length);
    System.arraycopy(more.frauds, 0, labels, rows(), more.rows());
    return new TrainingSet(features, all, labels);
  }

  /** Whether there are frauds and others. */
  public boolean hasBoth() {
    int found = fraudRows();
    return found > 0 && found < rows();
  }

  /**
   * Throws unless there are frauds and others.
   *
   * @param name of the rows, for the message
   */
  public void requireBoth(String name) {
    if (!hasBoth()) {
      throw new IllegalArgumentException(
          "%s rows: expected frauds and others, came %d frauds in %d rows"
              .formatted(name, fraudRows(), rows()));
    }
  }

  /**
   * The normalisation that these rows ask for; baselines are their medians.
   *
   * @param used names of features, in the order of the inputs
   * @param logarithms whether skewed ones go through ln(1 + x) first
   * @param clip see {@link ModelInput.Scaling}
   */
  public List<ModelInput> scaledInputs(List<String> used, boolean logarithms, double clip) {
    List<ModelInput> inputs = new ArrayList<>();
    for (String name : used) {
      inputs.addAll(scaledAlike(List.of(name), logarithms, clip));
    }
    return inputs;
  }

  /**
   * One normalisation for features that are the same quantity at different times, reckoned over all
   * of their values together; each keeps its own median as baseline.
   *
   * @param used names of features, in the order of the inputs
   * @param logarithms whether they go through ln(1 + x) first if they are skewed
   * @param clip see {@link ModelInput.Scaling}
   */
  public List<ModelInput> scaledAlike(List<String> used, boolean logarithms, double clip) {
    int[] pool = used.stream().mapToInt(this::index).toArray();
    Moments raw = moments(pool, false);
    boolean log1p = logarithms && raw.least() >= LEAST && raw.skewness() > SKEWED;
    Moments scaled = log1p ? moments(pool, true) : raw;
    List<ModelInput> inputs = new ArrayList<>();
    for (String name : used) {
      ModelInput.Scaling scaling = new ModelInput.Scaling(log1p, scaled.mean(), scaled.std(), clip);
      inputs.add(new ModelInput(name, median(index(name)), scaling));
    }
    return inputs;
  }

  /** Inputs that take features as they are; baselines are the medians. */
  public List<ModelInput> plainInputs() {
    return features.stream().map(name -> new ModelInput(name, median(index(name)), null)).toList();
  }

  /**
   * The place of a feature in the vectors.
   *
   * @throws IllegalArgumentException when there is no such feature
   */
  public int index(String feature) {
    int index = features.indexOf(feature);
    if (index < 0) {
      throw new IllegalArgumentException("no feature " + feature + " among " + features);
    }
    return index;
  }

  /**
   * The lower median of the finite values of up to 100,000 rows, evenly spread; 0 when there are
   * none. Not the mean: a few busy payees would make every other one look unusual.
   */
  private double median(int feature) {
    int stride = Math.max(1, rows() / MEDIAN_ROWS);
    float[] values = new float[rows() / stride + 1];
    int count = 0;
    for (int row = 0; row < rows(); row += stride) {
      float value = vectors[row][feature];
      if (Float.isFinite(value)) {
        values[count++] = value;
      }
    }
    Arrays.sort(values, 0, count);
    return count == 0 ? 0 : values[(count - 1) / 2];
  }

  /** Of the finite values; a constant has the standard deviation 1, so that it becomes 0. */
  private record Moments(double mean, double std, double skewness, double least) {}

  private Moments moments(int[] pool, boolean log1p) {
    double least = 0;
    double sum = 0;
    long count = 0;
    for (float[] vector : vectors) {
      for (int feature : pool) {
        float value = vector[feature];
        if (Float.isFinite(value)) {
          least = Math.min(least, value);
          sum += log1p ? ModelInput.signedLog1p(value) : value;
          count++;
        }
      }
    }
    double mean = count == 0 ? 0 : sum / count;
    double squares = 0;
    double cubes = 0;
    for (float[] vector : vectors) {
      for (int feature : pool) {
        float value = vector[feature];
        if (Float.isFinite(value)) {
          double distance = (log1p ? ModelInput.signedLog1p(value) : value) - mean;
          squares += distance * distance;
          cubes += distance * distance * distance;
        }
      }
    }
    double std = count == 0 ? 0 : StrictMath.sqrt(squares / count);
    if (std < 1e-9 * Math.max(1, Math.abs(mean))) {
      return new Moments(mean, 1, 0, least);
    }
    return new Moments(mean, std, cubes / count / (std * std * std), least);
  }
}
