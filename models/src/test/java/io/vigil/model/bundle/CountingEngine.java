package io.vigil.model.bundle;

import io.vigil.model.score.InputShape;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;
import io.vigil.model.torch.TorchEngine;
import java.util.concurrent.atomic.AtomicInteger;

/** The TorchScript engine, counting how often native code gets to see a model. */
public final class CountingEngine implements ScoringEngine {
  static final AtomicInteger LOADS = new AtomicInteger();

  private final TorchEngine engine = new TorchEngine();

  @Override
  public String name() {
    return "counting";
  }

  @Override
  public String modelFile() {
    return engine.modelFile();
  }

  @Override
  public void inspect(byte[] model, InputShape shape) {
    engine.inspect(model, shape);
  }

  @Override
  public Scorer load(byte[] model, InputShape shape, String device) {
    LOADS.incrementAndGet();
    return engine.load(model, shape, device);
  }
}
