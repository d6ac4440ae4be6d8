package io.vigil.model.onnx;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.score.EngineContract;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ScoringEngine;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A network of values and a sequence: the weighted values and the weighted means of the steps. */
class OnnxNetworkTest extends EngineContract {
  private static final int VALUES = 5;
  private static final int STEPS = 3;
  private static final int FIELDS = 2;
  private static final float[] WEIGHTS = weights();

  @Override
  protected ScoringEngine engine() {
    return new OnnxEngine();
  }

  @Override
  protected byte[] model() {
    return OnnxWriter.model(graph()).toByteArray();
  }

  @Override
  protected InputShape shape() {
    return new InputShape(VALUES, STEPS, FIELDS);
  }

  /** A protobuf message that is cut between two fields is a message; digests tell. */
  @Override
  protected boolean refusesAllBeginnings() {
    return false;
  }

  @Override
  protected boolean takesMissing() {
    return false;
  }

  @Override
  protected double logit(float[] row) {
    double sum = 0.5;
    for (int i = 0; i < row.length; i++) {
      sum += (double) row[i] * WEIGHTS[i];
    }
    return sum;
  }

  @Test
  void refusesDataElsewhere() {
    OnnxWriter location = new OnnxWriter().text(1, "location").text(2, "/etc/passwd");
    OnnxWriter tensor =
        new OnnxWriter().number(1, 1).number(2, 1).text(8, "far").message(13, location);
    assertInspection(graph().message(5, tensor.number(14, 1)), "its data in the model's file");
  }

  @Test
  void refusesOperatorsOfOthersAndSubgraphs() {
    String[] a = {"values"};
    String[] b = {"more"};
    assertInspection(graph().message(1, OnnxWriter.node("Any", "com.evil", a, b)), "'com.evil'");
    OnnxWriter body = new OnnxWriter().text(1, "body").message(6, graph());
    assertInspection(
        graph().message(1, OnnxWriter.node("Loop", "", a, b).message(5, body)), "no subgraph");
    assertThatThrownBy(
            () ->
                engine()
                    .inspect(
                        OnnxWriter.model(graph()).message(25, new OnnxWriter()).toByteArray(),
                        shape()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("neither functions of its own");
  }

  @Test
  void refusesOtherInputsAndOutputs() {
    assertInspection(graph().message(11, OnnxWriter.value("third", 1, 2)), "2 inputs, came 3");
    assertInspection(graph().message(12, OnnxWriter.value("x", 1, 1)), "labels, int64 or text");
  }

  private void assertInspection(OnnxWriter graph, String message) {
    byte[] model = OnnxWriter.model(graph).toByteArray();
    assertThatThrownBy(() -> engine().inspect(model, shape()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static OnnxWriter graph() {
    float[] steps = Arrays.copyOfRange(WEIGHTS, VALUES, WEIGHTS.length);
    OnnxWriter flatten =
        OnnxWriter.node("Flatten", "", new String[] {"sequence"}, new String[] {"flat"});
    OnnxWriter first =
        OnnxWriter.node("Gemm", "", new String[] {"values", "w", "b"}, new String[] {"part"});
    OnnxWriter second =
        OnnxWriter.node("Gemm", "", new String[] {"flat", "s", "part"}, new String[] {"logit"});
    return new OnnxWriter()
        .message(1, flatten)
        .message(1, first)
        .message(1, second)
        .text(2, "network")
        .message(5, OnnxWriter.tensor("w", Arrays.copyOf(WEIGHTS, VALUES), VALUES, 1))
        .message(5, OnnxWriter.tensor("s", steps, STEPS * FIELDS, 1))
        .message(5, OnnxWriter.tensor("b", new float[] {0.5f}, 1))
        .message(11, OnnxWriter.value("values", 1, VALUES))
        .message(11, OnnxWriter.value("sequence", 1, STEPS, FIELDS))
        .message(12, OnnxWriter.value("logit", 1, 1));
  }

  private static float[] weights() {
    Random random = new Random(8);
    float[] weights = new float[VALUES + STEPS * FIELDS];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) random.nextGaussian();
    }
    return weights;
  }
}
