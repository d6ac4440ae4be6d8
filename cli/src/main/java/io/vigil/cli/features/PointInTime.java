package io.vigil.cli.features;

import io.vigil.cli.ingest.EffectiveOrder;
import io.vigil.cli.ingest.Ingested;
import io.vigil.cli.train.OfflineFeatures;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.record.Rejection;
import io.vigil.job.source.TransactionValidator;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * Feature vectors as of each transaction's own time: the records of a file in effective order, the
 * job's checks, and the job's feature engine. A label is told to the engine at its label time and
 * not before, so no vector knows the future. Not thread-safe.
 */
public final class PointInTime {
  private static final long PROGRESS_ROWS = 1_024;

  private final FactsReader facts;
  private final OfflineFeatures engine;
  private final TransactionValidator validator = new TransactionValidator();
  private final RecentIds ids;
  private final RecentIds eventIds;
  private final RecentIds profileIds;
  private final Set<String> labels = new HashSet<>();
  private final Set<String> told = new HashSet<>();
  private final Map<String, Long> badByReason = new TreeMap<>();
  private long bad;
  private long transactions;
  private long duplicates;

  /**
   * What was read.
   *
   * @param transactions rows with a vector
   * @param duplicates rows with the id of an earlier one, left out
   * @param badRows rows that are no transactions, or none that the job would take
   * @param badByReason the same by reason
   */
  public record Summary(
      long transactions, long duplicates, long badRows, Map<String, Long> badByReason) {}

  /**
   * @param horizonMs how long an id is remembered, as the job's own option says
   */
  public PointInTime(FeaturePlan plan, FactsReader facts, long horizonMs) {
    this(new OfflineFeatures(plan, facts), facts, horizonMs);
  }

  /**
   * @param engine whose state is that of before the first record
   * @param horizonMs how long an id is remembered, as the job's own option says
   */
  public PointInTime(OfflineFeatures engine, FactsReader facts, long horizonMs) {
    this.facts = facts;
    this.engine = engine;
    this.ids = new RecentIds(horizonMs);
    this.eventIds = new RecentIds(horizonMs);
    this.profileIds = new RecentIds(horizonMs);
  }

  /** What is done with the vectors. */
  public interface Receiver {
    /**
     * Sees the next transaction while the engine's state is still that of before it.
     *
     * @param fraud whether the transaction is known to be fraud in the end
     */
    default void before(Transaction transaction, boolean fraud) {}

    /**
     * Takes the next transaction.
     *
     * @param fraud whether the transaction is known to be fraud in the end
     */
    void transaction(Transaction transaction, boolean fraud, float[] vector) throws IOException;

    /** Takes a label of the file at its label time. */
    default void label(Label label) {}

    /**
     * Labels that are not in the file and take effect before the next record.
     *
     * @param nowMs its time
     */
    default List<Label> due(long nowMs) throws IOException {
      return List.of();
    }
  }

  /**
   * Makes the vector of every transaction.
   *
   * @param records in order of time
   * @param progress told how many rows are done, now and then
   * @throws InterruptedException soon after the thread was interrupted
   */
  public Summary run(Iterator<Ingested> records, Receiver out, LongConsumer progress)
      throws IOException, InterruptedException {
    return apply(new EffectiveOrder(records, dead -> bad(dead.getReason())), out, progress);
  }

  /**
   * Makes the vector of every transaction of a stream that is in effective order already.
   *
   * @param ordered as an archive has them
   * @param progress told how many rows are done, now and then
   * @throws InterruptedException soon after the thread was interrupted
   */
  public Summary apply(Iterator<Ingested> ordered, Receiver out, LongConsumer progress)
      throws IOException, InterruptedException {
    while (ordered.hasNext()) {
      Ingested next = ordered.next();
      if (next instanceof Ingested.BadRow row) {
        bad(row.deadLetter().getReason());
        continue;
      }
      if (next instanceof Ingested.Told told) {
        engine.label(told.label(), told.change(), told.sinceMs());
        continue;
      }
      for (Label due : out.due(EffectiveOrder.timeMs(next))) {
        tell(due);
      }
      if (next instanceof Ingested.LabelRow label) {
        // A row that comes twice brings its label twice.
        if (labels.add(label.label().getLabelId())) {
          out.label(label.label());
          tell(label.label());
        }
      } else if (next instanceof Ingested.EventRow row) {
        if (eventIds.add(row.event().getEventId(), row.event().getEventTime())) {
          engine.event(row.event());
        }
      } else if (next instanceof Ingested.ProfileRow row) {
        if (profileIds.add(row.profile().getProfileId(), row.profile().getEventTime())) {
          engine.profile(row.profile());
        }
      } else if (next instanceof Ingested.TransactionRow row) {
        transaction(row, out);
        long rows = transactions + duplicates + bad;
        if (rows % PROGRESS_ROWS == 0) {
          progress.accept(rows);
          if (Thread.interrupted()) {
            throw new InterruptedException("after " + rows + " rows");
          }
        }
      }
    }
    progress.accept(transactions + duplicates + bad);
    return new Summary(transactions, duplicates, bad, Map.copyOf(badByReason));
  }

  private void transaction(Ingested.TransactionRow row, Receiver out) throws IOException {
    Transaction transaction = row.transaction();
    Rejection rejection = validator.check(transaction);
    if (rejection != null) {
      bad(rejection.reason());
    } else if (!facts.converts(transaction)) {
      bad("currency_without_rate");
    } else if (!ids.add(transaction.getTransactionId(), transaction.getEventTime())) {
      duplicates++;
    } else {
      transactions++;
      out.before(transaction, row.fraud());
      out.transaction(transaction, row.fraud(), engine.transaction(transaction));
    }
  }

  /** The first label that says fraud counts; the file and an analyst may both say so. */
  private void tell(Label label) {
    if (label.getValue() != LabelValue.FRAUD || told.add(label.getTransactionId())) {
      engine.label(label);
    }
  }

  private void bad(String reason) {
    bad++;
    badByReason.merge(reason, 1L, Long::sum);
  }
}
