package io.vigil.bench.scoring;

import io.vigil.model.bundle.Bundle;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Whether a row's logit has the same bits whatever it is scored beside, and by whom. */
final class SameBits {
  private static final long SEED = 17;
  private static final List<Integer> BATCHES = List.of(8, 24, 64, 200, 256, 1_000, 1_024);
  private static final List<Integer> THREADS = List.of(1, 2);
  private static final int STARTS = 2;

  private SameBits() {}

  /**
   * Scores the same rows through services with one and two threads, each started twice, in batches
   * of 8 to 1,024.
   *
   * @return what was compared, and in how many rows a bit differed
   */
  static Map<String, Object> check(Network network, Bundle bundle, String device, int rows)
      throws InterruptedException {
    float[][] vectors = network.rows(rows, SEED);
    float[] expected = new float[0];
    boolean[] differs = new boolean[rows];
    int runs = 0;
    for (int threads : THREADS) {
      for (int start = 0; start < STARTS; start++) {
        try (Service service = new Service(bundle, network.features(), device, threads)) {
          for (int batch : BATCHES) {
            float[] logits = new float[rows];
            service.score(vectors, rows, batch, logits);
            if (runs++ == 0) {
              expected = logits;
            }
            for (int row = 0; row < rows; row++) {
              differs[row] |=
                  Float.floatToRawIntBits(logits[row]) != Float.floatToRawIntBits(expected[row]);
            }
          }
        }
      }
    }
    int differing = 0;
    for (boolean one : differs) {
      differing += one ? 1 : 0;
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("rows", rows);
    result.put("batch_sizes", BATCHES);
    result.put("threads", THREADS);
    result.put("starts_of_the_service", THREADS.size() * STARTS);
    result.put("differing_rows", differing);
    return result;
  }
}
