package io.vigil.model.recipe;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.train.Epoch;
import java.util.List;
import java.util.Map;

/**
 * What a recipe made of some rows.
 *
 * @param bundle ready to run
 * @param curves how each part learnt, by the part's name
 * @param rows learnt from, holdout included
 * @param frauds among them
 * @param holdout how the bundle's model did on the holdout before it learnt from it
 */
public record Trained(
    Bundle bundle, Map<String, List<Epoch>> curves, int rows, int frauds, Holdout holdout) {

  /**
   * The last part of the window.
   *
   * @param rows in it
   * @param frauds among them
   * @param averagePrecision 0 to 1; NaN where it lacks frauds or others
   * @param rocAuc likewise
   */
  public record Holdout(int rows, int frauds, double averagePrecision, double rocAuc) {}
}
