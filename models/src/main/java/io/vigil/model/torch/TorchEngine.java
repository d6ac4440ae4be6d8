package io.vigil.model.torch;

import io.vigil.model.score.InputShape;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;

/** TorchScript networks, by libtorch through DJL. Thread-safe. */
public final class TorchEngine implements ScoringEngine {

  @Override
  public String name() {
    return "pytorch";
  }

  @Override
  public String modelFile() {
    return "model.pt";
  }

  @Override
  public void inspect(byte[] model, InputShape shape) {
    TorchScriptInspector.inspect(model);
  }

  @Override
  public Scorer load(byte[] model, InputShape shape, String device) {
    return TorchScorer.load(model, shape, device);
  }
}
