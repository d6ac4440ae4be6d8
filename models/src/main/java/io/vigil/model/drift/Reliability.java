package io.vigil.model.drift;

import java.util.ArrayList;
import java.util.List;

/** Predicted beside what came true, by bands of the probability. Not thread-safe. */
final class Reliability {
  /** Lower ends; about three to a decade, for frauds are rare. */
  private static final double[] BANDS = {0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6};

  /** Chance may call a band wrong so often, all bands together. */
  private static final double SELDOM = 0.01;

  private final long[] rows = new long[BANDS.length];
  private final long[] frauds = new long[BANDS.length];
  private final double[] expected = new double[BANDS.length];
  private final double[] variance = new double[BANDS.length];

  void add(double probability, boolean fraud) {
    int band = BANDS.length - 1;
    while (band > 0 && probability < BANDS[band]) {
      band--;
    }
    rows[band]++;
    frauds[band] += fraud ? 1 : 0;
    expected[band] += probability;
    variance[band] += probability * (1 - probability);
  }

  Calibrated calibrated() {
    List<Calibrated.Band> bands = new ArrayList<>();
    long allRows = 0;
    long allFrauds = 0;
    double allExpected = 0;
    double allVariance = 0;
    double error = 0;
    for (int band = 0; band < BANDS.length; band++) {
      if (rows[band] == 0) {
        continue;
      }
      allRows += rows[band];
      allFrauds += frauds[band];
      allExpected += expected[band];
      allVariance += variance[band];
      error += Math.abs(expected[band] - frauds[band]);
      double chance = Chance.asPredicted(frauds[band], expected[band], variance[band]);
      bands.add(
          new Calibrated.Band(
              BANDS[band],
              band + 1 == BANDS.length ? 1 : BANDS[band + 1],
              rows[band],
              frauds[band],
              expected[band] / rows[band],
              Share.of(frauds[band], rows[band]),
              chance < SELDOM / BANDS.length));
    }
    return new Calibrated(
        bands,
        allRows,
        allFrauds,
        allExpected,
        allRows == 0 ? Double.NaN : error / allRows,
        Chance.asPredicted(allFrauds, allExpected, allVariance));
  }
}
