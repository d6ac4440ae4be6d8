package io.vigil.bench.scoring;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.serving.ScoringBatch;
import io.vigil.model.serving.ScoringService;
import io.vigil.model.serving.ServedModel;
import java.util.ArrayDeque;
import java.util.List;

/** A scoring service with one model, asked as a subtask asks it: a few batches in flight. */
final class Service implements AutoCloseable {
  private static final int BATCHES_IN_FLIGHT = 4;
  private static final long PATIENCE_MS = 60_000;

  private final ScoringService service;
  private final ServedModel model;

  Service(Bundle bundle, List<String> features, String device, int threads) {
    service = ScoringService.share(device, threads, null);
    try {
      model = service.serve(bundle, features);
    } catch (RuntimeException e) {
      service.close();
      throw e;
    }
  }

  /**
   * Scores the rows from the first to the last, and again until there were {@code count}.
   *
   * @param logits receives those of the first round; at least as many as {@code rows}
   * @throws IllegalStateException when a row is not scored
   */
  void score(float[][] rows, long count, int batchSize, float[] logits)
      throws InterruptedException {
    ArrayDeque<ScoringBatch> inFlight = new ArrayDeque<>();
    long done = 0;
    for (long at = 0; at < count; ) {
      ScoringBatch batch = new ScoringBatch(model, batchSize);
      while (at < count && !batch.isFull()) {
        batch.add(rows[(int) (at++ % rows.length)]);
      }
      service.submit(batch, 0, () -> {});
      inFlight.add(batch);
      if (inFlight.size() == BATCHES_IN_FLIGHT) {
        done = take(inFlight.remove(), done, logits);
      }
    }
    while (!inFlight.isEmpty()) {
      done = take(inFlight.remove(), done, logits);
    }
  }

  private static long take(ScoringBatch batch, long done, float[] logits)
      throws InterruptedException {
    if (!batch.await(PATIENCE_MS)) {
      throw new IllegalStateException("a batch was not scored within " + PATIENCE_MS + " ms");
    }
    long at = done;
    for (int row = 0; row < batch.size(); row++, at++) {
      String cause = batch.cause(row);
      if (cause != null) {
        throw new IllegalStateException("row " + at + " was not scored: " + cause);
      }
      if (at < logits.length) {
        logits[(int) at] = batch.logit(row);
      }
    }
    return at;
  }

  @Override
  public void close() {
    model.close();
    service.close();
  }
}
