package io.vigil.console.ingest;

import io.vigil.console.cases.CaseStore;
import io.vigil.console.store.Columns;
import io.vigil.schema.Receipt;
import io.vigil.schema.RecordKind;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.time.Clock;
import java.util.List;

/** Receipts of labels: the scoring state has them from here on. */
final class ReceiptSink implements TopicSink {
  private final Codec<Receipt> codec = Codec.of(Receipt.class);
  private final Clock clock;

  ReceiptSink(Clock clock) {
    this.clock = clock;
  }

  @Override
  public List<Store> read(byte[] value) throws DecodeException {
    Receipt receipt = codec.decode(value);
    if (receipt.getKind() != RecordKind.LABEL) {
      return List.of();
    }
    return List.of(
        handle ->
            handle
                .createQuery(
                    """
                    with done as (
                      update label set applied_at = :now, receipt = :outcome
                      where label_id = :id and applied_at is null
                      returning case_id)
                    select pg_notify(:channel, 'case ' || case_id || ' 0')::text
                    from done where case_id is not null
                    """)
                .bind("now", Columns.at(clock.instant()))
                .bind("outcome", receipt.getOutcome().name())
                .bind("id", receipt.getRecordId())
                .bind("channel", CaseStore.CHANNEL)
                .mapTo(String.class)
                .list());
  }
}
