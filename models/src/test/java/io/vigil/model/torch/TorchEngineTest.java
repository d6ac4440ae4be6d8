package io.vigil.model.torch;

import io.vigil.model.score.EngineContract;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ScoringEngine;
import java.util.List;

class TorchEngineTest extends EngineContract {
  private static final Mlp MLP = Mlp.random(6, List.of(8), 5);

  @Override
  protected ScoringEngine engine() {
    return new TorchEngine();
  }

  @Override
  protected byte[] model() {
    return MLP.toTorchScript();
  }

  @Override
  protected InputShape shape() {
    return InputShape.flat(6);
  }

  @Override
  protected double logit(float[] row) {
    return TorchScorerTest.plain(MLP, row, 0);
  }

  @Override
  protected boolean takesMissing() {
    return false;
  }
}
