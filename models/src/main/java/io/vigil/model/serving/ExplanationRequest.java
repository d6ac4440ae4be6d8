package io.vigil.model.serving;

import io.vigil.model.score.Explainer;
import org.jspecify.annotations.Nullable;

/** One row to be explained by the model that scored it. */
public final class ExplanationRequest extends ScoringTask {
  private final float[] vector;
  private Explainer.@Nullable Explanation explanation;

  /**
   * @param vector in the order of the model's features; not copied
   */
  public ExplanationRequest(ServedModel model, float[] vector) {
    super(model);
    this.vector = vector;
  }

  /** See {@link Explainer#explain}; null when it failed. Only once it is done. */
  public Explainer.@Nullable Explanation explanation() {
    return explanation;
  }

  void run(Explainer explainer) {
    explanation = explainer.explain(vector);
  }
}
