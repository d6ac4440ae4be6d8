package io.vigil.model.torch;

import io.vigil.model.score.EngineContract;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ScoringEngine;
import io.vigil.model.train.NetworkOptions;
import java.util.List;

class TorchEngineTest extends EngineContract {
  private static final Network NETWORK =
      Network.random(NetworkOptions.perceptron(List.of(8)), InputShape.flat(6), 5);

  @Override
  protected ScoringEngine engine() {
    return new TorchEngine();
  }

  @Override
  protected byte[] model() {
    return NETWORK.toTorchScript();
  }

  @Override
  protected InputShape shape() {
    return InputShape.flat(6);
  }

  @Override
  protected double logit(float[] row) {
    return PlainNetwork.perceptron(NETWORK, row);
  }

  @Override
  protected boolean takesMissing() {
    return false;
  }
}
