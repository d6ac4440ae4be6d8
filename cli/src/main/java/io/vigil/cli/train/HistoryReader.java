package io.vigil.cli.train;

import io.vigil.cli.features.PointInTime;
import io.vigil.cli.ingest.Ingested;
import io.vigil.cli.ingest.Labels;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.evaluate.History;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file into a {@link History}: each vector as of its transaction's own time, each label
 * when it became known, and, where there is a desk, its verdicts of a day at the next midnight.
 */
public final class HistoryReader implements PointInTime.Receiver {
  private static final long DAY_MS = 86_400_000;
  private static final double MINOR_PER_MAJOR = 100;

  private final History history;
  private final FactsReader facts;
  private final @Nullable Desk desk;
  private final Map<String, Integer> unlabelled = new HashMap<>();
  private final Map<Integer, Transaction> today = new TreeMap<>();
  private long midnightMs = Long.MIN_VALUE;

  /** Analysts who look at some transactions of a day when it is over. */
  public interface Desk {
    /**
     * Reviews a day.
     *
     * @param history so far; the day's rows are its last
     * @param from the first row of the day
     * @return by row whether it is held to be fraud
     */
    Map<Integer, Boolean> review(History history, int from);
  }

  private HistoryReader(FeaturePlan plan, FactsReader facts, @Nullable Desk desk) {
    this.history = new History(plan.names());
    this.facts = facts;
    this.desk = desk;
  }

  /**
   * Reads all records.
   *
   * @param records in order of time
   * @param horizonMs how long an id is remembered
   * @param progress told how many rows are done, now and then
   * @throws InterruptedException soon after the thread was interrupted
   */
  public static History read(
      Iterator<Ingested> records,
      FeaturePlan plan,
      FactsReader facts,
      long horizonMs,
      @Nullable Desk desk,
      LongConsumer progress)
      throws IOException, InterruptedException {
    HistoryReader reader = new HistoryReader(plan, facts, desk);
    new PointInTime(plan, facts, horizonMs).run(records, reader, progress);
    return reader.history;
  }

  @Override
  public void transaction(Transaction transaction, boolean fraud, float[] vector) {
    int row =
        history.add(
            transaction.getTransactionId(),
            transaction.getEventTime(),
            transaction.getAccount(),
            facts.read(transaction).amountMinor() / MINOR_PER_MAJOR,
            fraud,
            vector);
    if (fraud) {
      unlabelled.put(transaction.getTransactionId(), row);
    }
    if (desk != null) {
      today.put(row, transaction);
    }
  }

  @Override
  public void label(Label label) {
    Integer row = unlabelled.remove(label.getTransactionId());
    if (row != null && label.getValue() == LabelValue.FRAUD) {
      history.known(row, label.getLabelTime());
    }
  }

  @Override
  public List<Label> due(long nowMs) {
    if (desk == null || nowMs < midnightMs) {
      return List.of();
    }
    List<Label> verdicts = new ArrayList<>();
    if (!today.isEmpty()) {
      desk.review(history, history.from(midnightMs - DAY_MS))
          .forEach((row, fraud) -> verdicts.add(verdict(row, fraud)));
      today.clear();
    }
    midnightMs = Math.floorDiv(nowMs, DAY_MS) * DAY_MS + DAY_MS;
    return verdicts;
  }

  private Label verdict(int row, boolean fraud) {
    Transaction transaction = today.get(row);
    if (transaction == null) {
      throw new IllegalStateException("row " + row + " was not on the desk today");
    }
    if (fraud) {
      history.known(row, midnightMs);
    }
    return Labels.about(
        transaction,
        transaction.getTransactionId() + "-verdict",
        fraud ? LabelValue.FRAUD : LabelValue.GENUINE,
        LabelSource.ANALYST,
        midnightMs);
  }
}
