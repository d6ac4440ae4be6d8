package io.vigil.model.torch;

import io.vigil.model.score.ModelInput;
import io.vigil.model.score.Scorer;
import io.vigil.model.train.TrainingSet;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Normalised rows, as a network reads them: the one copy of a training set. In chunks, because a
 * single array would end at 2^31 floats and want its memory in one piece. Not thread-safe.
 */
final class PreparedRows {
  // A multiple of the batches that a scorer likes best.
  private static final int CHUNK = 4 * 1056;

  private final int rows;
  private final int width;
  private final float[][] chunks;

  private PreparedRows(int rows, int width) {
    this.rows = rows;
    this.width = width;
    this.chunks = new float[(rows + CHUNK - 1) / CHUNK][];
    for (int i = 0; i < chunks.length; i++) {
      chunks[i] = new float[Math.multiplyExact(Math.min(CHUNK, rows - i * CHUNK), width)];
    }
  }

  /**
   * @throws IllegalArgumentException when the set lacks a feature
   */
  static PreparedRows of(TrainingSet set, List<ModelInput> inputs) {
    int[] features = inputs.stream().mapToInt(input -> set.index(input.feature())).toArray();
    ModelInput[] scalings = inputs.toArray(ModelInput[]::new);
    PreparedRows prepared = new PreparedRows(set.rows(), inputs.size());
    for (int row = 0; row < prepared.rows; row++) {
      float[] chunk = prepared.chunks[row / CHUNK];
      float[] vector = set.vectors()[row];
      int at = row % CHUNK * prepared.width;
      for (int i = 0; i < features.length; i++) {
        chunk[at + i] = scalings[i].normalise(vector[features[i]]);
      }
    }
    return prepared;
  }

  int rows() {
    return rows;
  }

  /** Puts the inputs of a row at {@code start} until {@code start + count}. */
  void put(int row, int start, int count, FloatBuffer to) {
    to.put(chunks[row / CHUNK], row % CHUNK * width + start, count);
  }

  /** The outputs of all rows. */
  float[] score(Scorer scorer) {
    float[] outputs = new float[rows];
    float[] part = new float[Math.min(CHUNK, rows)];
    for (int i = 0; i < chunks.length; i++) {
      int count = chunks[i].length / width;
      scorer.score(chunks[i], count, part);
      System.arraycopy(part, 0, outputs, i * CHUNK, count);
    }
    return outputs;
  }
}
