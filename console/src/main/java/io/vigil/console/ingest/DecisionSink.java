package io.vigil.console.ingest;

import static io.vigil.console.store.Columns.clean;
import static io.vigil.console.store.Columns.cleanOrNull;

import io.vigil.console.store.Columns;
import io.vigil.schema.Decision;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Every decision, kept for as long as analysts look back: the first record of an id. What is older
 * than that, by event time, is removed a little at a time.
 */
final class DecisionSink implements TopicSink {
  private static final int BATCHES_BETWEEN_SWEEPS = 200;
  private static final int SWEPT_AT_ONCE = 20_000;

  private final Codec<Decision> codec = Codec.of(Decision.class);
  private final Duration kept;
  private final List<Row> rows = new ArrayList<>();
  private long latestMs = Long.MIN_VALUE;
  private int batches;

  private record Row(Decision decision, byte[] value) {}

  /**
   * @param kept how far back, before the latest decision's event time
   */
  DecisionSink(Duration kept) {
    this.kept = kept;
  }

  @Override
  public List<Store> read(byte[] value) throws DecodeException {
    Decision decision = codec.decode(value);
    return List.of(handle -> rows.add(new Row(decision, value)));
  }

  @Override
  public void end(Handle handle) {
    if (rows.isEmpty()) {
      return;
    }
    PreparedBatch batch =
        handle.prepareBatch(
            """
            insert into decision (transaction_id, event_time, account, card, device, ip, merchant,
              terminal, counterparty, amount_minor, currency, channel, country, outcome, score,
              alert_id, record)
            values (:transaction_id, :event_time, :account, :card, :device, :ip, :merchant,
              :terminal, :counterparty, :amount_minor, :currency, :channel, :country, :outcome,
              :score, :alert_id, :record)
            on conflict do nothing
            """);
    for (Row row : rows) {
      Decision decision = row.decision();
      Transaction transaction = decision.getTransaction();
      latestMs = Math.max(latestMs, transaction.getEventTime());
      batch
          .bind("transaction_id", clean(transaction.getTransactionId()))
          .bind("event_time", Columns.at(Instant.ofEpochMilli(transaction.getEventTime())))
          .bind("account", clean(transaction.getAccount()))
          .bind("card", cleanOrNull(transaction.getCard()))
          .bind("device", cleanOrNull(transaction.getDevice()))
          .bind("ip", cleanOrNull(transaction.getIp()))
          .bind("merchant", cleanOrNull(transaction.getMerchant()))
          .bind("terminal", cleanOrNull(transaction.getTerminal()))
          .bind("counterparty", cleanOrNull(transaction.getCounterparty()))
          .bind("amount_minor", transaction.getBillingAmountMinor())
          .bind("currency", clean(transaction.getBillingCurrency()))
          .bind("channel", transaction.getChannel().name())
          .bind("country", cleanOrNull(transaction.getCountry()))
          .bind("outcome", decision.getOutcome().name())
          .bind("score", Double.isNaN(decision.getScore()) ? null : (Double) decision.getScore())
          .bind("alert_id", cleanOrNull(decision.getAlertId()))
          .bind("record", row.value())
          .add();
    }
    batch.execute();
    rows.clear();
    if (++batches % BATCHES_BETWEEN_SWEEPS == 0) {
      sweep(handle);
    }
  }

  /** What an alert speaks of stays as long as its case. */
  private void sweep(Handle handle) {
    handle
        .createUpdate(
            """
            delete from decision where transaction_id in (
              select transaction_id from decision
              where event_time < :before and alert_id is null limit :most)
            """)
        .bind("before", Columns.at(Instant.ofEpochMilli(latestMs).minus(kept)))
        .bind("most", SWEPT_AT_ONCE)
        .execute();
  }
}
