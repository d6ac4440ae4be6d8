package io.vigil.bench.scoring;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleDraft;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.torch.Mlp;
import io.vigil.model.torch.TorchScorer;
import io.vigil.model.torch.TorchScriptArchive;
import io.vigil.model.torch.TorchScriptArchive.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The networks that are measured: seeded random weights, for what a score costs does not depend on
 * what it means.
 */
enum Network {
  /** 60-256-256-1, 82 thousand parameters. */
  MLP(60, 0, 0, 1),

  /** One layer of 64 over 16 steps; its last state and the single values make the logit. */
  GRU_16(16, 16, 12, 4),

  /** The same over 32 steps. */
  GRU_32(16, 32, 12, 4),

  /** Two pre-norm layers of 64 with four heads over 32 steps, then their mean. */
  TRANSFORMER_32(16, 32, 12, 8);

  private static final long SEED = 11;
  private static final int HIDDEN = 64;
  private static final int HEADS = 4;
  private static final int LAYERS = 2;
  private static final int GOLDEN_ROWS = 32;

  private final int values;
  private final int steps;
  private final int fields;
  private final int weight;

  Network(int values, int steps, int fields, int weight) {
    this.values = values;
    this.steps = steps;
    this.fields = fields;
    this.weight = weight;
  }

  /** Lower case, as it stands in results. */
  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  InputShape shape() {
    return new InputShape(values, steps, fields);
  }

  /** By what the rows of a round are divided, for a row costs so much more than the MLP's. */
  int weight() {
    return weight;
  }

  /** Names of the inputs, which are the features of its spec. */
  List<String> features() {
    return IntStream.range(0, shape().width()).mapToObj("f%03d"::formatted).toList();
  }

  /** The same rows for the same seed: standard normal values. */
  float[][] rows(int count, long seed) {
    Random random = new Random(seed);
    float[][] rows = new float[count][shape().width()];
    for (float[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) random.nextGaussian();
      }
    }
    return rows;
  }

  /**
   * The network as a bundle, as the job would load it. Inputs are not scaled, so that all sides get
   * the same work; the spec holds expressions of the amount only, for it has to be one.
   *
   * @param device that computes the golden logits
   * @throws io.vigil.model.score.ScoringException when libtorch does not start or load the network
   */
  Bundle bundle(String device) {
    byte[] script = torchScript();
    StringBuilder spec = new StringBuilder("name: scoring-benchmark\nversion: 1\nfeatures:\n");
    List<String> names = features();
    for (int i = 0; i < names.size(); i++) {
      spec.append("  - {name: %s, expression: amount / %d}\n".formatted(names.get(i), 1_000 + i));
    }
    List<ModelInput> inputs = names.stream().map(name -> new ModelInput(name, 0, null)).toList();
    BundleDraft draft =
        new BundleDraft(
            "bench-" + id().replace('_', '-'),
            1,
            "pytorch",
            inputs,
            shape(),
            // Scores near 0: an alert's explanation would cost a thousand rows.
            new Calibration(1, -12),
            new TreeMap<>(),
            script,
            spec.toString(),
            "random weights, for measuring only");
    try (TorchScorer scorer = TorchScorer.load(script, shape(), device)) {
      return draft.seal(scorer, Arrays.asList(rows(GOLDEN_ROWS, SEED)));
    }
  }

  /** A {@code .pt} file. */
  byte[] torchScript() {
    return switch (this) {
      case MLP -> Mlp.random(values, List.of(256, 256), SEED).toTorchScript();
      case GRU_16, GRU_32 -> gru();
      case TRANSFORMER_32 -> transformer();
    };
  }

  private byte[] gru() {
    Weights weights = new Weights();
    weights.linear("input", 3 * HIDDEN, fields);
    weights.linear("state", 3 * HIDDEN, HIDDEN);
    weights.linear("head", 1, HIDDEN + values);
    weights.constant("start", 0, 1, 1, HIDDEN);
    String forward =
        """
          def forward(self: __torch__.Network,
            v: Tensor,
            s: Tensor) -> Tensor:
            start = torch.expand(self.start, [1, torch.size(s, 0), %d])
            weights = [self.input_weight, self.state_weight, self.input_bias, self.state_bias]
            steps, last = torch.gru(s, torch.contiguous(start), weights, True, 1, 0., False, False, True)
            row = torch.cat([torch.select(last, 0, 0), v], 1)
            return torch.linear(row, self.head_weight, self.head_bias)
        """
            .formatted(HIDDEN);
    return TorchScriptArchive.write("Network", forward, weights.parameters);
  }

  private byte[] transformer() {
    Weights weights = new Weights();
    weights.linear("embed", HIDDEN, fields);
    weights.uniform("position", 1, steps, HIDDEN);
    StringBuilder forward =
        new StringBuilder(
            """
              def forward(self: __torch__.Network,
                v: Tensor,
                s: Tensor) -> Tensor:
                n = torch.size(s, 0)
                x0 = torch.add(torch.linear(s, self.embed_weight, self.embed_bias), self.position)
            """);
    for (int layer = 0; layer < LAYERS; layer++) {
      weights.norm("before" + layer);
      for (String part : List.of("query", "key", "value", "mix")) {
        weights.linear(part + layer, HIDDEN, HIDDEN);
      }
      weights.norm("after" + layer);
      weights.linear("up" + layer, 2 * HIDDEN, HIDDEN);
      weights.linear("down" + layer, HIDDEN, 2 * HIDDEN);
      forward.append(layer(layer));
    }
    weights.norm("last");
    weights.linear("head", 1, HIDDEN + values);
    forward.append(
        """
            z = torch.mean(%s, [1])
            return torch.linear(torch.cat([z, v], 1), self.head_weight, self.head_bias)
        """
            .formatted(norm("x" + LAYERS, "last")));
    return TorchScriptArchive.write("Network", forward.toString(), weights.parameters);
  }

  private String layer(int layer) {
    return """
            a{l} = {before}
            q{l} = {query}
            k{l} = {key}
            w{l} = {value}
            h{l} = torch.transpose(torch.scaled_dot_product_attention(q{l}, k{l}, w{l}), 1, 2)
            m{l} = {mix}
            y{l} = torch.add(x{l}, m{l})
            f{l} = {after}
            u{l} = torch.gelu(torch.linear(f{l}, self.up{l}_weight, self.up{l}_bias))
            x{next} = torch.add(y{l}, torch.linear(u{l}, self.down{l}_weight, self.down{l}_bias))
        """
        .replace("{before}", norm("x" + layer, "before" + layer))
        .replace("{after}", norm("y" + layer, "after" + layer))
        .replace("{query}", heads("query", layer))
        .replace("{key}", heads("key", layer))
        .replace("{value}", heads("value", layer))
        .replace(
            "{mix}",
            "torch.linear(torch.reshape(h{l}, [n, %d, %d]), self.mix{l}_weight, self.mix{l}_bias)"
                .formatted(steps, HIDDEN))
        .replace("{l}", Integer.toString(layer))
        .replace("{next}", Integer.toString(layer + 1));
  }

  private static String norm(String input, String name) {
    return "torch.layer_norm(%s, [%d], self.%s_weight, self.%s_bias, 1e-05, True)"
        .formatted(input, HIDDEN, name, name);
  }

  /** Projects a layer's input and splits it among the heads: [n, heads, steps, width]. */
  private String heads(String part, int layer) {
    return "torch.transpose(torch.reshape(torch.linear(a%d, self.%s%d_weight, self.%s%d_bias), [n, %d, %d, %d]), 1, 2)"
        .formatted(layer, part, layer, part, layer, steps, HEADS, HIDDEN / HEADS);
  }

  /** Parameters in the order in which they were asked for. */
  private static final class Weights {
    private final Random random = new Random(SEED);
    private final List<Parameter> parameters = new ArrayList<>();

    void linear(String name, int outputs, int inputs) {
      uniform(name + "_weight", outputs, inputs);
      uniform(name + "_bias", outputs);
    }

    void norm(String name) {
      constant(name + "_weight", 1, HIDDEN);
      constant(name + "_bias", 0, HIDDEN);
    }

    /** Within 1 / sqrt(last size) of zero, as PyTorch draws the weights of linear layers. */
    void uniform(String name, int... shape) {
      double bound = 1 / StrictMath.sqrt(shape[shape.length - 1]);
      float[] values = new float[size(shape)];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
      }
      parameters.add(new Parameter(name, shape, values));
    }

    void constant(String name, float value, int... shape) {
      float[] values = new float[size(shape)];
      Arrays.fill(values, value);
      parameters.add(new Parameter(name, shape, values));
    }

    private static int size(int... shape) {
      return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }
  }
}
