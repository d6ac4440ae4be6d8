package io.vigil.bench.scoring;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.serving.ScoringBatch;
import io.vigil.model.serving.ScoringService;
import io.vigil.model.serving.ServedModel;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * What scoring alone costs a job: vectors in, logits out in the same order with the watermarks
 * between them, in batches through the scoring service, as the job's decide operator does it, but
 * without rows to decode, rules, explanations and decisions. Everything in flight is scored before
 * a barrier.
 */
final class ScoreOperator extends AbstractStreamOperator<Float>
    implements OneInputStreamOperator<float[], Float> {
  private static final long serialVersionUID = 1L;

  /** As the job's operator. */
  private static final int BATCHES_IN_FLIGHT = 4;

  private final Bundle bundle;
  private final List<String> features;
  private final String device;
  private final int batchSize;

  private transient ScoringService service;
  private transient ServedModel model;
  private transient ArrayDeque<Object> batchesAndMarks;
  private transient @Nullable ScoringBatch open;
  private transient int rows;
  private transient AtomicBoolean woken;
  private transient MailboxExecutor mailbox;
  private transient StreamRecord<Float> emitted;

  /**
   * @param features names of the vectors' features, in their order
   * @param batchSize rows that are scored together at the most, at least 1
   */
  ScoreOperator(Bundle bundle, List<String> features, String device, int batchSize) {
    this.bundle = bundle;
    this.features = List.copyOf(features);
    this.device = device;
    this.batchSize = batchSize;
  }

  @Override
  public void open() throws Exception {
    super.open();
    batchesAndMarks = new ArrayDeque<>();
    woken = new AtomicBoolean();
    emitted = new StreamRecord<>(null);
    mailbox =
        getContainingTask()
            .getMailboxExecutorFactory()
            .createExecutor(getOperatorConfig().getChainIndex());
    service = ScoringService.share(device, 1, null);
    model = service.serve(bundle, features);
  }

  @Override
  public void processElement(StreamRecord<float[]> element) throws Exception {
    if (open == null) {
      open = new ScoringBatch(model, batchSize);
    }
    open.add(element.getValue());
    rows++;
    if (open.isFull()) {
      submit();
    }
    while (rows > BATCHES_IN_FLIGHT * batchSize) {
      submit();
      awaitOldest();
    }
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    submit();
    batchesAndMarks.add(mark);
    drain();
  }

  private void submit() {
    if (open == null) {
      return;
    }
    ScoringBatch batch = open;
    open = null;
    batchesAndMarks.add(batch);
    service.submit(batch, 0, this::wakeUp);
  }

  /** Called by the service's thread: at most one letter is on its way to the task's thread. */
  private void wakeUp() {
    if (!woken.compareAndSet(false, true)) {
      return;
    }
    try {
      mailbox.execute(
          () -> {
            woken.set(false);
            drain();
          },
          "scored rows");
    } catch (RejectedExecutionException e) {
      LOG.debug("scored rows of a task that ended", e);
    }
  }

  private void drain() throws Exception {
    Object next;
    while ((next = batchesAndMarks.peek()) != null) {
      if (next instanceof ScoringBatch batch) {
        if (!batch.isDone()) {
          return;
        }
        batchesAndMarks.remove();
        emit(batch);
      } else {
        batchesAndMarks.remove();
        super.processWatermark((Watermark) next);
      }
    }
  }

  private void emit(ScoringBatch batch) {
    for (int row = 0; row < batch.size(); row++) {
      String cause = batch.cause(row);
      if (cause != null) {
        throw new IllegalStateException("row " + row + " of a batch was not scored: " + cause);
      }
      output.collect(emitted.replace(batch.logit(row)));
    }
    rows -= batch.size();
  }

  private void awaitOldest() throws Exception {
    if (batchesAndMarks.peek() instanceof ScoringBatch batch) {
      while (!batch.await(1_000)) {
        LOG.info("waits for a batch: rows={}", batch.size());
      }
    }
    drain();
  }

  private void drainAll() throws Exception {
    submit();
    drain();
    while (!batchesAndMarks.isEmpty()) {
      awaitOldest();
    }
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    drainAll();
    super.prepareSnapshotPreBarrier(checkpointId);
  }

  @Override
  public void finish() throws Exception {
    drainAll();
    super.finish();
  }

  @Override
  public void close() throws Exception {
    if (model != null) {
      model.close();
    }
    if (service != null) {
      service.close();
    }
    super.close();
  }
}
