package io.vigil.model.onnx;

import io.vigil.model.score.InputShape;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;

/**
 * ONNX models: networks, and what scikit-learn and LightGBM are exported as. Inputs are float32 [n,
 * values], then [n, steps, fields] when the shape has a sequence.
 *
 * <p>The logit is the only output, [n] or [n, 1]; or, of a classifier whose outputs are its label
 * and [n, 2] probabilities, the log of their ratio. <b>A probability next to 0 or 1 has lost what
 * the logit knew</b>: both are taken as at least 2^-24, so such logits end at ±16.6 and their last
 * digits are coarse from about ±9. Export the raw score where the exporter can.
 *
 * <p>Runs on the CPU whatever the device. Thread-safe.
 */
public final class OnnxEngine implements ScoringEngine {

  @Override
  public String name() {
    return "onnx";
  }

  @Override
  public String modelFile() {
    return "model.onnx";
  }

  @Override
  public void inspect(byte[] model, InputShape shape) {
    OnnxInspector.inspect(model, shape);
  }

  @Override
  public Scorer load(byte[] model, InputShape shape, String device) {
    if (!device.matches("auto|cpu|gpu:\\d{1,3}")) {
      throw new IllegalArgumentException(
          "device must be auto, cpu or gpu:N, came '" + device + "'");
    }
    return OnnxScorer.load(model, shape, OnnxInspector.inspect(model, shape));
  }
}
