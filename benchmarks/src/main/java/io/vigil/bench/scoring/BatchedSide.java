package io.vigil.bench.scoring;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import java.util.List;

/** What a thread of the scoring service does: the model of a bundle, many rows at once. */
final class BatchedSide extends Scored {
  private final Scorer scorer;
  private final ScoringModel model;

  BatchedSide(
      Bundle bundle, List<String> features, String device, int batch, int repeats, float[][] rows) {
    super("ours_" + batch, batch, repeats, rows);
    scorer = bundle.open(device);
    model = bundle.scoringModel(scorer, features);
  }

  @Override
  float[] score(float[][] rows) {
    float[] logits = new float[rows.length];
    model.score(rows, rows.length, logits);
    return logits;
  }

  @Override
  public void close() {
    scorer.close();
  }
}
