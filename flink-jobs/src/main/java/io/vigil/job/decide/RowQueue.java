package io.vigil.job.decide;

import io.vigil.job.control.Accounts;
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

/**
 * Rows on their way through the scoring service, in input order, with the watermarks between them:
 * what comes out comes out in that order. A row's model is the one in force for its account at its
 * effective time; each model that decides has a batch of its own. Owned by one operator's thread;
 * only {@code wakeUp} is called by others.
 */
final class RowQueue {
  private static final long SLICE_MS = 1_000;

  private final ScoringService service;
  private final Deciding.Times times;
  private final Recorded recorded;
  private final Accounts accounts = new Accounts();
  private final int batchSize;
  private final long deadlineMs;
  private final int rowsMax;
  private final LongSupplier clockMs;
  private final Runnable wakeUp;
  private final Exit exit;

  private final ArrayDeque<Object> rowsAndMarks = new ArrayDeque<>();
  private final ArrayDeque<Row> unjudged = new ArrayDeque<>();
  private int rows;
  private final List<Open> open = new ArrayList<>(2);

  /** Rows that are gathered for a model, and for those that score beside it. */
  private record Open(Deciding deciding, ScoringBatch batch, List<ScoringBatch> shadows) {}

  /** Where rows and watermarks go. */
  interface Exit {
    void row(Row row) throws Exception;

    void watermark(Watermark mark) throws Exception;
  }

  /**
   * @param times what decides when
   * @param recorded what is given of rows that were decided before
   * @param batchSize rows of a batch at the most, at least 1
   * @param deadlineMs how long a row waits; 0 for as long as it takes
   * @param rowsMax rows in flight at the most; who adds more waits for the oldest
   * @param clockMs the processing time
   * @param wakeUp called when {@link #drain} may find something to do
   */
  RowQueue(
      ScoringService service,
      Deciding.Times times,
      Recorded recorded,
      int batchSize,
      long deadlineMs,
      int rowsMax,
      LongSupplier clockMs,
      Runnable wakeUp,
      Exit exit) {
    this.service = service;
    this.times = times;
    this.recorded = recorded;
    this.batchSize = batchSize;
    this.deadlineMs = deadlineMs;
    this.rowsMax = rowsMax;
    this.clockMs = clockMs;
    this.wakeUp = wakeUp;
    this.exit = exit;
  }

  /** Adds a row; its batch is submitted when it is full. May wait for the oldest rows. */
  void add(LogRecord record, Gathering.Whole whole, float[] features) throws Exception {
    Deciding deciding = times.at(record.effectiveTimeMs());
    ModelInForce model = deciding.model(accounts, whole.transaction().getAccount());
    Open to = open(deciding, model);
    int number = to.batch.add(features);
    List<Row.Challenged> challenged = List.of();
    if (!to.shadows.isEmpty()) {
      challenged = new ArrayList<>(to.shadows.size());
      for (int i = 0; i < to.shadows.size(); i++) {
        ScoringBatch batch = to.shadows.get(i);
        challenged.add(new Row.Challenged(deciding.shadows().get(i), batch, batch.add(features)));
      }
    }
    long until = deadlineMs == 0 ? Long.MAX_VALUE : clockMs.getAsLong() + deadlineMs;
    Row row =
        new Row(
            record,
            whole,
            features,
            until,
            model,
            deciding,
            to.batch,
            number,
            challenged,
            recorded.of(record.id()));
    rowsAndMarks.add(row);
    unjudged.add(row);
    rows++;
    if (to.batch.isFull()) {
      open.remove(to);
      submit(to);
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

  /** The batch that gathers for a model; what was in force before is handed over first. */
  @SuppressWarnings("ReferenceEquality") // There is one instance for each stretch of time.
  private Open open(Deciding deciding, ModelInForce model) {
    for (Open each : open) {
      if (each.deciding != deciding) {
        submit();
        break;
      }
      if (each.batch.model() == model.served()) {
        return each;
      }
    }
    List<ScoringBatch> shadows = new ArrayList<>(deciding.shadows().size());
    for (ModelInForce shadow : deciding.shadows()) {
      shadows.add(new ScoringBatch(shadow.served(), batchSize));
    }
    Open fresh = new Open(deciding, new ScoringBatch(model.served(), batchSize), shadows);
    open.add(fresh);
    return fresh;
  }

  /** Hands what was gathered to the service. */
  void submit() {
    for (Open each : open) {
      submit(each);
    }
    open.clear();
  }

  private void submit(Open each) {
    service.submit(each.batch, deadlineMs, wakeUp);
    for (ScoringBatch shadow : each.shadows) {
      service.submit(shadow, deadlineMs, wakeUp);
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
      row.judge();
      if (row.wantsExplanation()) {
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
