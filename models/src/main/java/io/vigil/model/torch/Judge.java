package io.vigil.model.torch;

import io.vigil.model.score.ModelInput;
import io.vigil.model.score.RankingMetrics;
import io.vigil.model.train.NetworkOptions.Objective;
import io.vigil.model.train.TrainingSet;
import java.util.List;

/**
 * Keeps the best network of those shown to it, judged by rows that none of them learnt from, as it
 * will run later: from its file. Not thread-safe.
 */
final class Judge {
  private final PreparedRows rows;
  private final boolean[] frauds;
  private final boolean bothKinds;
  private final Objective objective;
  private Network best;
  private int bestNumber;
  private double bestResult = Double.NEGATIVE_INFINITY;
  private boolean ranks;

  /**
   * @param initial what is best before any network is shown
   */
  Judge(TrainingSet later, List<ModelInput> inputs, Objective objective, Network initial) {
    this.rows = PreparedRows.of(later, inputs);
    this.frauds = later.frauds();
    this.bothKinds = later.fraudRows() > 0 && later.fraudRows() < later.rows();
    this.objective = objective;
    this.best = initial;
  }

  /**
   * Looks at the network after an epoch.
   *
   * @return its average precision, 0 to 1; NaN when the rows are of one kind
   */
  double look(Network network, int number) {
    float[] outputs;
    try (TorchScorer scorer = TorchScorer.load(network.toTorchScript(), network.shape(), "cpu")) {
      outputs = rows.score(scorer);
    }
    double averagePrecision =
        bothKinds ? RankingMetrics.averagePrecision(outputs, frauds) : Double.NaN;
    double result = objective == Objective.FRAUD ? averagePrecision : -loss(outputs);
    if (result > bestResult) {
      best = network;
      bestNumber = number;
      bestResult = result;
      ranks = differ(outputs);
    }
    return averagePrecision;
  }

  Network best() {
    return best;
  }

  /** After which epoch the best was shown, 0 when none was. */
  int bestNumber() {
    return bestNumber;
  }

  /** Whether the best says different things of different rows. */
  boolean ranks() {
    return ranks;
  }

  /** What reconstruction learns by; see {@link NetworkDraft}. */
  private static double loss(float[] outputs) {
    double sum = 0;
    for (float output : outputs) {
      sum += StrictMath.log1p(output);
    }
    return sum / outputs.length;
  }

  private static boolean differ(float[] outputs) {
    for (float output : outputs) {
      if (output != outputs[0]) {
        return true;
      }
    }
    return false;
  }
}
