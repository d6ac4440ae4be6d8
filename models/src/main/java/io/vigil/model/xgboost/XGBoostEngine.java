package io.vigil.model.xgboost;

import io.vigil.model.score.InputShape;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;

/**
 * Boosted trees as XGBoost's {@code save_model("model.ubj")} writes them. A row's NaN is a missing
 * value and goes where the tree sends missing values; the logit is the raw margin.
 *
 * <p>Trees run on the CPU whatever the device: one deployment may mix them with networks on a GPU.
 * Thread-safe.
 */
public final class XGBoostEngine implements ScoringEngine {

  @Override
  public String name() {
    return "xgboost";
  }

  @Override
  public String modelFile() {
    return "model.ubj";
  }

  @Override
  public void inspect(byte[] model, InputShape shape) {
    BoosterInspector.inspect(model, shape);
  }

  @Override
  public Scorer load(byte[] model, InputShape shape, String device) {
    if (!device.matches("auto|cpu|gpu:\\d{1,3}")) {
      throw new IllegalArgumentException(
          "device must be auto, cpu or gpu:N, came '" + device + "'");
    }
    return XGBoostScorer.load(model, shape);
  }
}
