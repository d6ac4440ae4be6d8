package io.vigil.job.decide;

import io.vigil.job.record.LogRecord;
import io.vigil.model.serving.ExplanationRequest;
import io.vigil.model.serving.ScoringBatch;
import io.vigil.model.serving.ScoringService;
import io.vigil.model.serving.ScoringTask;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.jspecify.annotations.Nullable;

/**
 * Rows on their way through the scoring service, in input order, with the watermarks between them:
 * what comes out comes out in that order. A row's model is the one in force at its effective time;
 * rows of another model begin another batch. Owned by one operator's thread; only {@code wakeUp} is
 * called by others.
 */
final class RowQueue {
  private static final long SLICE_MS = 1_000;

  private final ScoringService service;
  private final Models models;
  private final Decider decider;
  private final int batchSize;
  private final long deadlineMs;
  private final int rowsMax;
  private final LongSupplier clockMs;
  private final Runnable wakeUp;
  private final Exit exit;

  private final ArrayDeque<Object> rowsAndMarks = new ArrayDeque<>();
  private final ArrayDeque<Row> unjudged = new ArrayDeque<>();
  private int rows;
  private @Nullable ScoringBatch open;
  private List<ScoringBatch> openChallengers = List.of();

  /** Where rows and watermarks go. */
  interface Exit {
    void row(Row row) throws Exception;

    void watermark(Watermark mark) throws Exception;
  }

  /**
   * @param batchSize rows of a batch at the most, at least 1
   * @param deadlineMs how long a row waits; 0 for as long as it takes
   * @param rowsMax rows in flight at the most; who adds more waits for the oldest
   * @param clockMs the processing time
   * @param wakeUp called when {@link #drain} may find something to do
   */
  RowQueue(
      ScoringService service,
      Models models,
      Decider decider,
      int batchSize,
      long deadlineMs,
      int rowsMax,
      LongSupplier clockMs,
      Runnable wakeUp,
      Exit exit) {
    this.service = service;
    this.models = models;
    this.decider = decider;
    this.batchSize = batchSize;
    this.deadlineMs = deadlineMs;
    this.rowsMax = rowsMax;
    this.clockMs = clockMs;
    this.wakeUp = wakeUp;
    this.exit = exit;
  }

  /** Adds a row; its batch is submitted when it is full. May wait for the oldest rows. */
  void add(LogRecord record, Gathering.Whole whole, float[] features) throws Exception {
    ModelInForce model = models.champion(record.effectiveTimeMs());
    if (open != null && open.model() != model.served()) {
      submit();
    }
    if (open == null) {
      open = new ScoringBatch(model.served(), batchSize);
      openChallengers = new ArrayList<>();
      for (ModelInForce challenger : models.challengers()) {
        openChallengers.add(new ScoringBatch(challenger.served(), batchSize));
      }
    }
    int number = open.add(features);
    List<Row.Challenged> challenged = List.of();
    if (!openChallengers.isEmpty()) {
      challenged = new ArrayList<>();
      for (int i = 0; i < openChallengers.size(); i++) {
        ScoringBatch batch = openChallengers.get(i);
        challenged.add(new Row.Challenged(models.challengers().get(i), batch, batch.add(features)));
      }
    }
    long until = deadlineMs == 0 ? Long.MAX_VALUE : clockMs.getAsLong() + deadlineMs;
    Row row = new Row(record, whole, features, until, model, open, number, challenged);
    rowsAndMarks.add(row);
    unjudged.add(row);
    rows++;
    if (open.isFull()) {
      submit();
    }
    while (rows > rowsMax) {
      submit();
      awaitOldest();
    }
  }

  /** A watermark leaves when all rows before it have left. */
  void add(Watermark mark) throws Exception {
    submit();
    rowsAndMarks.add(mark);
    drain();
  }

  /** Whether no row is in flight. */
  boolean isEmpty() {
    return rowsAndMarks.isEmpty();
  }

  /** Rows in flight. */
  int rows() {
    return rows;
  }

  /** When the oldest row stops waiting; Long.MAX_VALUE when there is none that would. */
  long nextDeadlineMs() {
    return rowsAndMarks.peek() instanceof Row row ? row.deadlineMs : Long.MAX_VALUE;
  }

  /** Hands what was gathered to the service. */
  void submit() {
    if (open == null) {
      return;
    }
    ScoringBatch batch = open;
    open = null;
    service.submit(batch, deadlineMs, wakeUp);
    for (ScoringBatch challenger : openChallengers) {
      service.submit(challenger, deadlineMs, wakeUp);
    }
  }

  /** Sends on what is complete, in order. */
  void drain() throws Exception {
    long nowMs = deadlineMs == 0 ? Long.MIN_VALUE : clockMs.getAsLong();
    judge(nowMs);
    Object next;
    while ((next = rowsAndMarks.peek()) != null) {
      if (next instanceof Row row) {
        if (row.deadlineMs <= nowMs) {
          expire(row);
        }
        if (!row.complete()) {
          return;
        }
        rowsAndMarks.remove();
        rows--;
        row.settle();
        exit.row(row);
      } else {
        rowsAndMarks.remove();
        exit.watermark((Watermark) next);
      }
    }
  }

  /** Sends everything on, waiting as long as its rows may. */
  void drainAll() throws Exception {
    submit();
    drain();
    while (!rowsAndMarks.isEmpty()) {
      awaitOldest();
    }
  }

  /** Nobody will ask for what is in flight. */
  void abandon() {
    for (Object next : rowsAndMarks) {
      if (next instanceof Row row) {
        row.batch.abandon();
      }
    }
  }

  /** Alerts ask for their reasons as soon as their score is there, not when their turn comes. */
  private void judge(long nowMs) {
    Row row;
    while ((row = unjudged.peek()) != null) {
      if (row.deadlineMs <= nowMs) {
        expire(row);
      }
      if (!row.scored()) {
        return;
      }
      unjudged.remove();
      Decider.Judged judged = row.judge(decider);
      if (judged.verdict().alert() && row.hasScore()) {
        ExplanationRequest request = new ExplanationRequest(row.model.served(), row.features);
        row.explanation(request);
        service.submit(request, deadlineMs, wakeUp);
      }
    }
  }

  private static void expire(Row row) {
    row.expire();
    if (row.number == row.batch.size() - 1) {
      row.batch.abandon();
    }
  }

  private void awaitOldest() throws Exception {
    if (rowsAndMarks.peek() instanceof Row row) {
      ScoringTask task = row.waitingFor();
      if (task != null) {
        long leftMs =
            deadlineMs == 0 ? SLICE_MS : Math.max(0, row.deadlineMs - clockMs.getAsLong());
        if (!task.await(leftMs) && deadlineMs != 0) {
          expire(row);
        }
      }
    }
    drain();
  }
}
