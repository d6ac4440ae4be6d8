package io.vigil.model.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A multilayer perceptron: linear layers with ReLU between them, one raw logit out. Immutable by
 * convention: nobody writes into the arrays.
 *
 * @param layers first to last, at least one; the last has one output
 */
public record Mlp(List<Layer> layers) {
  private static final String CLASS_NAME = "Mlp";

  /**
   * y = W x + b.
   *
   * @param inputs length of x, at least 1
   * @param outputs length of y, at least 1
   * @param weight W, {@code outputs} rows of {@code inputs}; not copied
   * @param bias b; not copied
   */
  @SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
  public record Layer(int inputs, int outputs, float[] weight, float[] bias) {
    public Layer {
      if (weight.length != inputs * outputs || bias.length != outputs) {
        throw new IllegalArgumentException(
            "layer of %d inputs and %d outputs: expected %d weights and %d biases, came %d and %d"
                .formatted(inputs, outputs, inputs * outputs, outputs, weight.length, bias.length));
      }
    }
  }

  public Mlp {
    layers = List.copyOf(layers);
    if (layers.isEmpty() || layers.get(layers.size() - 1).outputs() != 1) {
      throw new IllegalArgumentException("a network needs layers, the last with one output");
    }
    for (int i = 1; i < layers.size(); i++) {
      if (layers.get(i).inputs() != layers.get(i - 1).outputs()) {
        throw new IllegalArgumentException(
            "layer %d takes %d inputs, the one before gives %d"
                .formatted(i, layers.get(i).inputs(), layers.get(i - 1).outputs()));
      }
    }
  }

  /**
   * A network with random weights, uniform within 1 / sqrt(inputs) of zero as {@code
   * torch.nn.Linear} draws them. {@link Random} is specified to the bit, so a seed names the same
   * network on every JDK.
   *
   * @param width number of inputs, at least 1
   * @param hidden sizes of the hidden layers, may be empty
   */
  public static Mlp random(int width, List<Integer> hidden, long seed) {
    Random random = new Random(seed);
    List<Layer> layers = new ArrayList<>();
    int inputs = width;
    for (int i = 0; i <= hidden.size(); i++) {
      int outputs = i < hidden.size() ? hidden.get(i) : 1;
      double bound = 1 / StrictMath.sqrt(inputs);
      layers.add(
          new Layer(
              inputs,
              outputs,
              uniform(random, inputs * outputs, bound),
              uniform(random, outputs, bound)));
      inputs = outputs;
    }
    return new Mlp(layers);
  }

  private static float[] uniform(Random random, int count, double bound) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    return values;
  }

  /** Number of inputs. */
  public int width() {
    return layers.get(0).inputs();
  }

  /** The same shape with other parameters, by the names of {@link #toTorchScript()}. */
  Mlp with(Map<String, float[]> parameters) {
    List<Layer> replaced = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      float[] weight = parameters.get("weight" + i);
      float[] bias = parameters.get("bias" + i);
      if (weight == null || bias == null) {
        throw new IllegalArgumentException(
            "expected weight" + i + " and bias" + i + " among " + parameters.keySet());
      }
      replaced.add(new Layer(layer.inputs(), layer.outputs(), weight, bias));
    }
    return new Mlp(replaced);
  }

  /**
   * A {@code .pt} file: forward([n, width] float32) gives [n, 1] raw logits. Parameters are {@code
   * weight0, bias0, weight1, ...}. There is no sigmoid in the graph: vectorised and tail paths of
   * transcendental functions differ in bits.
   */
  public byte[] toTorchScript() {
    List<TorchScriptArchive.Parameter> parameters = new ArrayList<>();
    StringBuilder forward = new StringBuilder();
    forward.append("  def forward(self: __torch__.Mlp,\n    x: Tensor) -> Tensor:\n");
    String input = "x";
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      parameters.add(
          new TorchScriptArchive.Parameter(
              "weight" + i, new int[] {layer.outputs(), layer.inputs()}, layer.weight()));
      parameters.add(
          new TorchScriptArchive.Parameter("bias" + i, new int[] {layer.outputs()}, layer.bias()));
      String linear = "torch.linear(%s, self.weight%d, self.bias%d)".formatted(input, i, i);
      boolean last = i == layers.size() - 1;
      forward.append(last ? "    return " : "    h" + i + " = torch.relu(");
      forward.append(linear).append(last ? "\n" : ")\n");
      input = "h" + i;
    }
    return TorchScriptArchive.write(CLASS_NAME, forward.toString(), parameters);
  }
}
