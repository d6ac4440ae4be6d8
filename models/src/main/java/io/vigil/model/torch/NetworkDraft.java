package io.vigil.model.torch;

import io.vigil.model.score.InputShape;
import io.vigil.model.torch.TorchScriptArchive.Parameter;
import io.vigil.model.train.NetworkOptions;
import io.vigil.model.train.NetworkOptions.Kind;
import io.vigil.model.train.NetworkOptions.Objective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Writes the TorchScript of a network and draws its parameters, in the order in which the code
 * needs them. For one network, not thread-safe.
 */
final class NetworkDraft {
  private final NetworkOptions options;
  private final InputShape shape;
  private final Random random;
  private final List<Parameter> parameters = new ArrayList<>();
  private final StringBuilder body = new StringBuilder();

  NetworkDraft(NetworkOptions options, InputShape shape, Random random) {
    boolean perceptron = options.kind() == Kind.PERCEPTRON;
    if (perceptron != (shape.steps() == 0)) {
      throw new IllegalArgumentException(
          "a perceptron reads no sequence, every other network one: came %s for %s"
              .formatted(options.kind(), shape));
    }
    if (options.objective() == Objective.RECONSTRUCT && shape.values() == 0) {
      throw new IllegalArgumentException(
          "what reconstructs needs single values, came none in " + shape);
    }
    this.options = options;
    this.shape = shape;
    this.random = random;
  }

  /** The whole network; to be called once. */
  Network network() {
    int size = shape.values();
    String row = "v";
    switch (options.kind()) {
      case PERCEPTRON -> {}
      case GRU -> gru();
      case TRANSFORMER -> transformer();
    }
    if (options.kind() != Kind.PERCEPTRON) {
      row = "t";
      if (shape.values() > 0) {
        line("r = torch.cat([t, v], 1)");
        row = "r";
      }
      size += options.width();
    }
    for (int i = 0; i < options.hidden().size(); i++) {
      int outputs = options.hidden().get(i);
      linear("hidden" + i, outputs, size);
      line("h%d = torch.relu(%s)".formatted(i, linearOf(row, "hidden" + i)));
      row = "h" + i;
      size = outputs;
    }
    boolean fraud = options.objective() == Objective.FRAUD;
    linear("head", fraud ? 1 : shape.values(), size);
    line("z = " + linearOf(row, "head"));
    return fraud
        ? network(
            "    return z\n",
            List.of("y", "w"),
            // Numerically safe for any logit; the weights are those of rows, 1 means the mean.
            "    return torch.binary_cross_entropy_with_logits(z, y, w, None, 1)\n")
        : network(
            "    d = torch.sub(z, v)\n    return torch.mean(torch.mul(d, d), [1], True)\n",
            List.of("y"),
            // Cauchy's loss: rows that are unlike the others teach little, so their error stays.
            """
                d = torch.sub(z, y)
                return torch.mean(torch.log1p(torch.mean(torch.mul(d, d), [1])))
            """);
  }

  private Network network(String score, List<String> targets, String loss) {
    List<String> inputs = new ArrayList<>();
    if (shape.values() > 0) {
      inputs.add("v");
    }
    if (shape.steps() > 0) {
      inputs.add("s");
    }
    List<String> all = new ArrayList<>(inputs);
    all.addAll(targets);
    return new Network(
        shape,
        description(),
        signature(inputs) + body + score,
        signature(all) + body + loss,
        parameters);
  }

  private static String signature(List<String> arguments) {
    StringBuilder line = new StringBuilder("  def forward(self: __torch__.Network");
    arguments.forEach(argument -> line.append(",\n    ").append(argument).append(": Tensor"));
    return line.append(") -> Tensor:\n").toString();
  }

  private void gru() {
    int width = options.width();
    linear("input", 3 * width, shape.fields());
    linear("state", 3 * width, width);
    line("n = torch.size(s, 0)");
    // On the device of the sequence, which torch.zeros would not be.
    line("start = torch.new_zeros(s, [1, n, %d])".formatted(width));
    line("weights = [self.input_weight, self.state_weight, self.input_bias, self.state_bias]");
    line("steps, last = torch.gru(s, start, weights, True, 1, 0., False, False, True)");
    line("t = torch.select(last, 0, 0)");
  }

  private void transformer() {
    int width = options.width();
    linear("embed", width, shape.fields());
    uniform("position", 1 / StrictMath.sqrt(width), 1, shape.steps(), width);
    line("n = torch.size(s, 0)");
    line("x0 = torch.add(%s, self.position)".formatted(linearOf("s", "embed")));
    for (int layer = 0; layer < options.layers(); layer++) {
      norm("before" + layer);
      for (String part : List.of("query", "key", "value", "mix")) {
        linear(part + layer, width, width);
      }
      norm("after" + layer);
      linear("up" + layer, 2 * width, width);
      linear("down" + layer, width, 2 * width);
      layer(layer);
    }
    norm("last");
    line("t = torch.mean(%s, [1])".formatted(normOf("x" + options.layers(), "last")));
  }

  /** A pre-norm layer: Xiong et al., "On layer normalization in the transformer", 2020. */
  private void layer(int l) {
    line("a%d = %s".formatted(l, normOf("x" + l, "before" + l)));
    line("q%d = %s".formatted(l, heads("query", l)));
    line("k%d = %s".formatted(l, heads("key", l)));
    line("w%d = %s".formatted(l, heads("value", l)));
    line("p%1$d = torch.scaled_dot_product_attention(q%1$d, k%1$d, w%1$d)".formatted(l));
    line(
        "m%1$d = torch.reshape(torch.transpose(p%1$d, 1, 2), [n, %2$d, %3$d])"
            .formatted(l, shape.steps(), options.width()));
    line("y%1$d = torch.add(x%1$d, %2$s)".formatted(l, linearOf("m" + l, "mix" + l)));
    line("f%d = %s".formatted(l, normOf("y" + l, "after" + l)));
    line("u%d = torch.gelu(%s)".formatted(l, linearOf("f" + l, "up" + l)));
    line("x%d = torch.add(y%d, %s)".formatted(l + 1, l, linearOf("u" + l, "down" + l)));
  }

  /** Projects a layer's input and splits it among the heads: [n, heads, steps, width / heads]. */
  private String heads(String part, int layer) {
    return "torch.transpose(torch.reshape(%s, [n, %d, %d, %d]), 1, 2)"
        .formatted(
            linearOf("a" + layer, part + layer),
            shape.steps(),
            options.heads(),
            options.width() / options.heads());
  }

  private void line(String code) {
    body.append("    ").append(code).append('\n');
  }

  private static String linearOf(String input, String name) {
    return "torch.linear(%1$s, self.%2$s_weight, self.%2$s_bias)".formatted(input, name);
  }

  private String normOf(String input, String name) {
    return "torch.layer_norm(%1$s, [%2$d], self.%3$s_weight, self.%3$s_bias, 1e-05, True)"
        .formatted(input, options.width(), name);
  }

  private void linear(String name, int outputs, int inputs) {
    double bound = 1 / StrictMath.sqrt(inputs);
    uniform(name + "_weight", bound, outputs, inputs);
    uniform(name + "_bias", bound, outputs);
  }

  private void norm(String name) {
    float[] ones = new float[options.width()];
    Arrays.fill(ones, 1);
    parameters.add(new Parameter(name + "_weight", new int[] {ones.length}, ones));
    parameters.add(new Parameter(name + "_bias", new int[] {ones.length}, new float[ones.length]));
  }

  private void uniform(String name, double bound, int... extents) {
    float[] values = new float[Arrays.stream(extents).reduce(1, Math::multiplyExact)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    parameters.add(new Parameter(name, extents, values));
  }

  private String description() {
    boolean fraud = options.objective() == Objective.FRAUD;
    StringBuilder text = new StringBuilder(fraud ? "" : "autoencoder, ");
    int first = shape.values() + (options.kind() == Kind.PERCEPTRON ? 0 : options.width());
    String sequence = "%d steps of %d".formatted(shape.steps(), shape.fields());
    switch (options.kind()) {
      case PERCEPTRON -> text.append("perceptron ");
      case GRU ->
          text.append("GRU of %d over %s, perceptron ".formatted(options.width(), sequence));
      case TRANSFORMER ->
          text.append(
              "transformer of %d layers of %d with %d heads over %s, perceptron "
                  .formatted(options.layers(), options.width(), options.heads(), sequence));
    }
    text.append(first);
    options.hidden().forEach(size -> text.append('-').append(size));
    text.append('-').append(fraud ? 1 : shape.values());
    return text.append(options.hidden().isEmpty() ? "" : ", ReLU").toString();
  }
}
