package io.vigil.bench.scoring;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleDraft;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.torch.TorchScorer;
import io.vigil.model.train.NetworkOptions;
import io.vigil.model.train.NetworkOptions.Kind;
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
  private static final int WIDTH = 64;
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
    // By its full name, for a benchmark's network is this one.
    return io.vigil.model.torch.Network.random(options(), shape(), SEED).toTorchScript();
  }

  /** Only what tells the architecture matters. */
  private NetworkOptions options() {
    return switch (this) {
      case MLP -> NetworkOptions.perceptron(List.of(256, 256));
      case GRU_16, GRU_32 -> sequence(Kind.GRU);
      case TRANSFORMER_32 -> sequence(Kind.TRANSFORMER);
    };
  }

  private static NetworkOptions sequence(Kind kind) {
    return new NetworkOptions(
        kind,
        NetworkOptions.Objective.FRAUD,
        WIDTH,
        LAYERS,
        HEADS,
        List.of(),
        "past",
        true,
        10,
        0,
        256,
        1e-3,
        0,
        1,
        1,
        1);
  }
}
