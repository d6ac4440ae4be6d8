package io.vigil.bench.scoring;

import io.vigil.bench.measure.CpuClock;
import io.vigil.bench.measure.Interleaved;
import io.vigil.bench.measure.Rounds;
import io.vigil.model.bundle.Bundle;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * All sides of one network over the same rows.
 *
 * @param rounds processor time
 * @param sides as they noted their wall time; closed
 * @param logitDifferenceMax between the sides, before anything was measured
 */
record NetworkRun(Network network, Rounds rounds, List<Scored> sides, double logitDifferenceMax) {
  /** The batch that goals and ratios speak of. */
  static final int BATCH = 256;

  static final List<Integer> SWEEP = List.of(8, 64, BATCH, 1_024);

  private static final double TOLERANCE = 1e-5;
  private static final int CHECKED_ROWS = 512;
  private static final long SEED = 3;

  /** How often a slice of the MLP is done, so that all sides take times of one order. */
  private static final int REPEATS_OURS = 16;

  private static final int REPEATS_SMALL = 2;
  private static final int REPEATS_BATCHIFIER = 4;

  NetworkRun {
    sides = List.copyOf(sides);
  }

  /**
   * @param rowsPerRound of each round, at least 1
   * @throws IllegalStateException when the sides' logits differ by more than 1e-5
   */
  static NetworkRun of(
      Network network,
      Bundle bundle,
      String device,
      int rowsPerRound,
      int rounds,
      int warmUpRounds,
      CpuClock clock)
      throws Exception {
    // Each round takes other rows, as a stream does.
    float[][] rows = network.rows(Math.max(CHECKED_ROWS, rowsPerRound * rounds), SEED);
    List<Scored> sides = new ArrayList<>();
    try {
      open(network, bundle, device, rows, sides);
      double difference = difference(sides, java.util.Arrays.copyOf(rows, CHECKED_ROWS));
      if (!(difference <= TOLERANCE)) {
        throw new IllegalStateException(
            "%s: expected the same logits from all sides within %s, they differ by %s"
                .formatted(network.id(), TOLERANCE, difference));
      }
      Rounds measured =
          new Interleaved(clock).run(sides, rowsPerRound * rounds, rounds, warmUpRounds);
      return new NetworkRun(network, measured, sides, difference);
    } finally {
      sides.forEach(Scored::close);
    }
  }

  private static void open(
      Network network, Bundle bundle, String device, float[][] rows, List<Scored> sides)
      throws IOException {
    // Ours first: it starts libtorch with one thread for all.
    for (int batch : SWEEP) {
      int repeats = repeats(network, batch < 64 ? REPEATS_SMALL : REPEATS_OURS);
      sides.add(new BatchedSide(bundle, network.features(), device, batch, repeats, rows));
    }
    sides.add(
        DjlSide.batchifier(network, device, BATCH, repeats(network, REPEATS_BATCHIFIER), rows));
    sides.add(DjlSide.recordAtATime(network, device, 1, rows));
  }

  /** Of networks that cost more, a slice takes longer. */
  private static int repeats(Network network, int ofMlp) {
    return Math.max(1, ofMlp / network.weight());
  }

  /** The greatest distance of a logit of any side from the first side's. */
  private static double difference(List<Scored> sides, float[][] rows) throws Exception {
    float[] expected = sides.get(0).score(rows);
    double most = 0;
    for (Scored side : sides) {
      float[] logits = side.score(rows);
      for (int row = 0; row < rows.length; row++) {
        // Stays NaN once it is: a logit that is no number differs from everything.
        most = Math.max(most, Math.abs((double) logits[row] - expected[row]));
      }
    }
    return most;
  }
}
