package io.vigil.cli.plan;

import io.vigil.job.VigilOptions;
import java.util.Arrays;
import java.util.List;

/** What a score costs in a batch as the stream's. */
final class ScoringCost {
  /** The job's default. */
  static final int BATCH = VigilOptions.BATCH_SIZE.defaultValue();

  private static final int ROUNDS = 60;
  private static final int WARM_UP = 20;

  private ScoringCost() {}

  /**
   * Microseconds a row, the median of some rounds, on this machine and now.
   *
   * @param joint vectors; used again and again when there are fewer than a batch
   */
  static double usPerRow(PlanSide side, List<float[]> joint) {
    if (joint.isEmpty()) {
      return Double.NaN;
    }
    float[][] batch = new float[BATCH][];
    float[] logits = new float[BATCH];
    double[] us = new double[ROUNDS];
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      for (int row = 0; row < BATCH; row++) {
        int at = Math.floorMod(round * BATCH + row, joint.size());
        batch[row] = side.own(joint.get(at));
      }
      long startNs = System.nanoTime();
      side.score(batch, BATCH, logits);
      if (round >= 0) {
        us[round] = (System.nanoTime() - startNs) / 1e3 / BATCH;
      }
    }
    Arrays.sort(us);
    return us[ROUNDS / 2];
  }
}
