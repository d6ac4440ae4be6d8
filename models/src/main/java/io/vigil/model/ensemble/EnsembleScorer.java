package io.vigil.model.ensemble;

import io.vigil.model.bundle.Manifest;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringException;
import io.vigil.model.score.ScoringModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Adds up its members in their order, in float64. Not thread-safe. */
final class EnsembleScorer implements Scorer {
  private final Ensemble ensemble;
  private final List<Scorer> scorers;
  private final List<ScoringModel> models = new ArrayList<>();

  EnsembleScorer(Ensemble ensemble, List<Scorer> scorers) {
    this.ensemble = ensemble;
    this.scorers = scorers;
    for (int i = 0; i < scorers.size(); i++) {
      models.add(
          ensemble.members().get(i).bundle().scoringModel(scorers.get(i), ensemble.inputs()));
    }
  }

  @Override
  public int width() {
    return ensemble.inputs().size();
  }

  @Override
  public String engineClass() {
    return scorers.stream()
        .map(Scorer::engineClass)
        .collect(Collectors.joining("+", "ensemble-1(", ")"));
  }

  @Override
  public void score(float[] inputs, int rows, float[] logits) {
    int width = width();
    if (rows < 1 || inputs.length / width < rows || logits.length < rows) {
      throw new ScoringException(
          "expected at least one row and room for it, came %d rows of %d, %d inputs, %d logits"
              .formatted(rows, width, inputs.length, logits.length));
    }
    float[][] vectors = new float[rows][width];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(inputs, row * width, vectors[row], 0, width);
    }
    double[] sums = new double[rows];
    Arrays.fill(sums, ensemble.intercept());
    float[] member = new float[rows];
    for (int i = 0; i < models.size(); i++) {
      Manifest manifest = ensemble.members().get(i).bundle().manifest();
      double weight = ensemble.members().get(i).weight();
      models.get(i).score(vectors, rows, member);
      for (int row = 0; row < rows; row++) {
        sums[row] +=
            weight
                * (manifest.calibration().slope() * member[row]
                    + manifest.calibration().intercept());
      }
    }
    for (int row = 0; row < rows; row++) {
      logits[row] = (float) sums[row];
      if (!Float.isFinite(logits[row])) {
        throw new ScoringException("logit of row " + row + " is " + logits[row]);
      }
    }
  }

  @Override
  public void close() {
    scorers.forEach(Scorer::close);
  }
}
