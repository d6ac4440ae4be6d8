package io.vigil.job.decide;

import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringException;
import io.vigil.model.score.ScoringModel;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scores a batch, and says why when it could not: a model that throws, stalls, or returns nonsense
 * never stops the job. With a deadline the model runs on a thread of its own, so that a stalled
 * call can be left behind; while it is stuck every batch falls back at once. Owned by one operator.
 */
final class BatchScorer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BatchScorer.class);

  private final ScoringModel model;
  private final Scorer network;
  private final long deadlineMs;
  private final @Nullable ExecutorService thread;
  private @Nullable Future<float[]> stuck;

  /**
   * The result of one batch.
   *
   * @param logits raw outputs, one a row; empty when there is a cause
   * @param failure why no row was scored, or null
   */
  record Scores(float[] logits, @Nullable String failure) {

    /** The row's logit; NaN when it has none. */
    float logit(int row) {
      return failure == null ? logits[row] : Float.NaN;
    }

    /** Why the row has no logit, or null when it has one. */
    @Nullable String cause(int row) {
      if (failure != null) {
        return failure;
      }
      return Float.isFinite(logits[row]) ? null : "invalid_output";
    }
  }

  /**
   * @param network closed with this
   * @param deadline how long a batch may take; zero for no deadline
   */
  BatchScorer(ScoringModel model, Scorer network, Duration deadline) {
    this.model = model;
    this.network = network;
    this.deadlineMs = deadline.toMillis();
    this.thread =
        deadlineMs == 0
            ? null
            : Executors.newSingleThreadExecutor(
                task -> {
                  Thread created = new Thread(task, "vigil-scoring");
                  created.setDaemon(true);
                  return created;
                });
  }

  Scores score(float[][] features) {
    try {
      return new Scores(scoreInTime(features), null);
    } catch (ScoringException e) {
      LOG.warn("scoring failed", e);
      return new Scores(new float[0], "error");
    } catch (TimeoutException e) {
      return new Scores(new float[0], "deadline");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("scoring: interrupted", e);
    }
  }

  private float[] scoreInTime(float[][] features) throws TimeoutException, InterruptedException {
    if (thread == null) {
      return logits(features);
    }
    if (stuck != null && !stuck.isDone()) {
      throw new TimeoutException();
    }
    stuck = null;
    Future<float[]> call = thread.submit(() -> logits(features));
    try {
      return call.get(deadlineMs, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      stuck = call;
      LOG.warn("scoring missed its deadline; rules decide until the model answers again");
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ScoringException failed) {
        throw failed;
      }
      throw new ScoringException("scoring: the model threw", e);
    }
  }

  private float[] logits(float[][] features) {
    float[] logits = new float[features.length];
    model.score(features, features.length, logits);
    return logits;
  }

  @Override
  public void close() {
    if (thread != null) {
      thread.shutdownNow();
    }
    network.close();
  }
}
