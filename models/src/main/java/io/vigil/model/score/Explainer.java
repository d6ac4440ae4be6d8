package io.vigil.model.score;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Reasons by ablation: what the logit loses when one feature is put back to its typical value and
 * all others stay. Contributions of features that work together do not add up to the logit. Costs
 * one batch of (inputs + 1) rows. Not thread-safe.
 */
public final class Explainer {
  private static final Comparator<Contribution> STRONGEST_FIRST =
      Comparator.comparingDouble(Contribution::contribution)
          .reversed()
          .thenComparing(Contribution::feature);

  private final ScoringModel model;

  public Explainer(ScoringModel model) {
    this.model = model;
  }

  /**
   * What one feature adds to the logit of one transaction.
   *
   * @param feature its name
   * @param value in the transaction, in the feature's unit; NaN when missing
   * @param baseline the typical value, in the same unit
   * @param contribution logit with the value minus logit with the baseline; above 0 speaks for
   *     fraud
   */
  public record Contribution(String feature, float value, float baseline, float contribution) {}

  /**
   * The contributions of all inputs, strongest for fraud first, equal ones by name.
   *
   * @param vector a feature vector in spec order
   * @throws ScoringException when the network fails
   */
  public List<Contribution> explain(float[] vector) {
    List<ModelInput> inputs = model.inputs();
    int width = inputs.size();
    float[] rows = new float[(width + 1) * width];
    for (int row = 0; row <= width; row++) {
      model.prepare(vector, rows, row * width);
      if (row < width) {
        ModelInput input = inputs.get(row);
        rows[row * width + row] = input.normalise((float) input.baseline());
      }
    }
    float[] logits = new float[width + 1];
    model.scorer().score(rows, width + 1, logits);
    List<Contribution> contributions = new ArrayList<>(width);
    for (int i = 0; i < width; i++) {
      ModelInput input = inputs.get(i);
      contributions.add(
          new Contribution(
              input.feature(),
              model.value(vector, i),
              (float) input.baseline(),
              // Adding zero turns -0 into 0, so that equal contributions sort by name.
              logits[width] - logits[i] + 0f));
    }
    contributions.sort(STRONGEST_FIRST);
    return contributions;
  }
}
