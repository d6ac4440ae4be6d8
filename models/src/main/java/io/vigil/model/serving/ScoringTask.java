package io.vigil.model.serving;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Work for a model. Filled by its owner, handed to the service once, and read by the owner again
 * when it is done; the hand-over makes what was written visible.
 */
public abstract sealed class ScoringTask permits ScoringBatch, ExplanationRequest {
  /** The model threw, or gave logits of the wrong shape. */
  public static final String ERROR = "error";

  /** The process crashed twice inside this model. */
  public static final String QUARANTINE = "quarantine";

  /** The model did not answer in time. */
  public static final String DEADLINE = "deadline";

  private final ServedModel model;
  private final CountDownLatch done = new CountDownLatch(1);
  private Runnable whenDone = () -> {};
  private @Nullable String failure;
  private volatile boolean abandoned;
  private long submittedNanos;
  private long waitNanos;
  private long deviceNanos;
  private int deviceRows;

  ScoringTask(ServedModel model) {
    this.model = model;
  }

  public final ServedModel model() {
    return model;
  }

  /** Whether the service is through with it. */
  public final boolean isDone() {
    return done.getCount() == 0;
  }

  /**
   * Waits until it is done, at most so long.
   *
   * @return whether it is done
   */
  public final boolean await(long millis) throws InterruptedException {
    return done.await(millis, TimeUnit.MILLISECONDS);
  }

  /** Why nothing came of it, or null. Only once it is done. */
  public final @Nullable String failure() {
    return failure;
  }

  /** Nobody waits for it any more: it need not be run. */
  public final void abandon() {
    abandoned = true;
  }

  /** How long it waited for a thread, nanoseconds. Only once it is done. */
  public final long waitNanos() {
    return waitNanos;
  }

  /** How long the model ran, nanoseconds; 0 when it did not. Only once it is done. */
  public final long deviceNanos() {
    return deviceNanos;
  }

  /** Rows the model ran on at once, others' rows among them. Only once it is done. */
  public final int deviceRows() {
    return deviceRows;
  }

  final boolean abandoned() {
    return abandoned;
  }

  final void submitted(long nanos, Runnable whenDone) {
    this.submittedNanos = nanos;
    this.whenDone = whenDone;
  }

  final void ran(long startNanos, long endNanos, int rows) {
    waitNanos = startNanos - submittedNanos;
    deviceNanos = endNanos - startNanos;
    deviceRows = rows;
    complete();
  }

  final void fail(String cause) {
    failure = cause;
    complete();
  }

  private void complete() {
    done.countDown();
    whenDone.run();
  }
}
