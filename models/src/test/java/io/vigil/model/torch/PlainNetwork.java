package io.vigil.model.torch;

import io.vigil.model.torch.TorchScriptArchive.Parameter;
import java.util.Arrays;

/** What networks compute, as textbooks write it, in double and without libtorch. */
final class PlainNetwork {
  private PlainNetwork() {}

  /** The logit of single values, or of what a trunk makes of a row. */
  static float perceptron(Network network, float[] row) {
    double[] x = doubles(row);
    return (float) head(network, x)[0];
  }

  /** The logit of single values followed by steps, oldest first. */
  static float gru(Network network, float[] row) {
    int values = network.shape().values();
    int fields = network.shape().fields();
    int width = parameter(network, "state_weight").shape()[1];
    double[] state = new double[width];
    for (int from = values; from < row.length; from += fields) {
      double[] step = doubles(Arrays.copyOfRange(row, from, from + fields));
      double[] input = linear(network, "input", step);
      double[] memory = linear(network, "state", state);
      double[] next = new double[width];
      for (int i = 0; i < width; i++) {
        double reset = sigmoid(input[i] + memory[i]);
        double update = sigmoid(input[width + i] + memory[width + i]);
        double fresh = StrictMath.tanh(input[2 * width + i] + reset * memory[2 * width + i]);
        next[i] = (1 - update) * fresh + update * state[i];
      }
      state = next;
    }
    double[] joined = Arrays.copyOf(state, width + values);
    for (int i = 0; i < values; i++) {
      joined[width + i] = row[i];
    }
    return (float) head(network, joined)[0];
  }

  /** The mean squared error of what a perceptron says of its own inputs. */
  static float error(Network network, float[] row) {
    double[] said = head(network, doubles(row));
    double sum = 0;
    for (int i = 0; i < row.length; i++) {
      sum += (said[i] - row[i]) * (said[i] - row[i]);
    }
    return (float) (sum / row.length);
  }

  static Parameter parameter(Network network, String name) {
    return network.parameters().stream()
        .filter(parameter -> parameter.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static double[] head(Network network, double[] row) {
    double[] x = row;
    long layers =
        network.parameters().stream()
            .filter(parameter -> parameter.name().matches("hidden\\d+_weight"))
            .count();
    for (int i = 0; i < layers; i++) {
      x = linear(network, "hidden" + i, x);
      for (int j = 0; j < x.length; j++) {
        x[j] = Math.max(0, x[j]);
      }
    }
    return linear(network, "head", x);
  }

  private static double[] linear(Network network, String name, double[] x) {
    float[] weight = parameter(network, name + "_weight").values();
    float[] bias = parameter(network, name + "_bias").values();
    double[] y = new double[bias.length];
    for (int o = 0; o < y.length; o++) {
      y[o] = bias[o];
      for (int i = 0; i < x.length; i++) {
        y[o] += x[i] * weight[o * x.length + i];
      }
    }
    return y;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + StrictMath.exp(-x));
  }

  private static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
