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
    return (float) head(network, join(state, row, values))[0];
  }

  /** The logit of single values followed by steps, oldest first. */
  static float transformer(Network network, float[] row, int layers, int heads) {
    int values = network.shape().values();
    int fields = network.shape().fields();
    int steps = network.shape().steps();
    float[] position = parameter(network, "position").values();
    double[][] x = new double[steps][];
    for (int t = 0; t < steps; t++) {
      int from = values + t * fields;
      x[t] = linear(network, "embed", doubles(Arrays.copyOfRange(row, from, from + fields)));
      for (int i = 0; i < x[t].length; i++) {
        x[t][i] += position[t * x[t].length + i];
      }
    }
    for (int l = 0; l < layers; l++) {
      attend(network, x, l, heads);
      for (double[] step : x) {
        double[] up = linear(network, "up" + l, norm(network, "after" + l, step));
        for (int i = 0; i < up.length; i++) {
          up[i] = up[i] * (1 + erf(up[i] / Math.sqrt(2))) / 2;
        }
        add(step, linear(network, "down" + l, up));
      }
    }
    double[] mean = new double[x[0].length];
    for (double[] step : x) {
      double[] last = norm(network, "last", step);
      for (int i = 0; i < mean.length; i++) {
        mean[i] += last[i] / steps;
      }
    }
    return (float) head(network, join(mean, row, values))[0];
  }

  /** Adds to each step what its heads take from all steps: softmax(q k / sqrt(size)) v. */
  private static void attend(Network network, double[][] x, int l, int heads) {
    int steps = x.length;
    int size = x[0].length / heads;
    double[][] query = new double[steps][];
    double[][] key = new double[steps][];
    double[][] value = new double[steps][];
    for (int t = 0; t < steps; t++) {
      double[] before = norm(network, "before" + l, x[t]);
      query[t] = linear(network, "query" + l, before);
      key[t] = linear(network, "key" + l, before);
      value[t] = linear(network, "value" + l, before);
    }
    for (int t = 0; t < steps; t++) {
      double[] taken = new double[x[t].length];
      for (int h = 0; h < heads; h++) {
        double[] share = new double[steps];
        double sum = 0;
        for (int o = 0; o < steps; o++) {
          double dot = 0;
          for (int i = h * size; i < (h + 1) * size; i++) {
            dot += query[t][i] * key[o][i];
          }
          share[o] = StrictMath.exp(dot / Math.sqrt(size));
          sum += share[o];
        }
        for (int o = 0; o < steps; o++) {
          for (int i = h * size; i < (h + 1) * size; i++) {
            taken[i] += share[o] / sum * value[o][i];
          }
        }
      }
      add(x[t], linear(network, "mix" + l, taken));
    }
  }

  private static void add(double[] to, double[] more) {
    for (int i = 0; i < to.length; i++) {
      to[i] += more[i];
    }
  }

  private static double[] norm(Network network, String name, double[] x) {
    float[] weight = parameter(network, name + "_weight").values();
    float[] bias = parameter(network, name + "_bias").values();
    double mean = Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = (x[i] - mean) / Math.sqrt(variance + 1e-5) * weight[i] + bias[i];
    }
    return y;
  }

  /** By its power series, for arguments of a few units. */
  private static double erf(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 100; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }

  private static double[] join(double[] trunk, float[] row, int values) {
    double[] joined = Arrays.copyOf(trunk, trunk.length + values);
    for (int i = 0; i < values; i++) {
      joined[trunk.length + i] = row[i];
    }
    return joined;
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
