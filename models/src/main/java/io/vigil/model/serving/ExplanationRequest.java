package io.vigil.model.serving;

import io.vigil.model.score.Explainer;
import java.util.List;

/** One row to be explained by the model that scored it. */
public final class ExplanationRequest extends ScoringTask {
  private final float[] vector;
  private List<Explainer.Contribution> contributions = List.of();

  /**
   * @param vector in the order of the model's features; not copied
   */
  public ExplanationRequest(ServedModel model, float[] vector) {
    super(model);
    this.vector = vector;
  }

  /** See {@link Explainer#explain}; empty when it failed. Only once it is done. */
  public List<Explainer.Contribution> contributions() {
    return contributions;
  }

  void run(Explainer explainer) {
    contributions = explainer.explain(vector);
  }
}
