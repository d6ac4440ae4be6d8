package io.vigil.console.ingest;

import static io.vigil.console.store.Columns.clean;
import static io.vigil.console.store.Columns.cleanOrNull;

import io.vigil.console.store.Columns;
import io.vigil.schema.Label;
import io.vigil.schema.Tick;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.SingleObject;
import java.time.Instant;
import java.util.List;

/** Labels of all sources; this console's own are there before they come back. */
final class LabelSink implements TopicSink {
  private final Codec<Label> codec = Codec.of(Label.class);
  private final Codec<Tick> ticks = Codec.of(Tick.class);

  @Override
  public List<Store> read(byte[] value) throws DecodeException {
    // Time that passes stands in every input topic of a live job.
    if (ticks.reads(SingleObject.fingerprint(value))) {
      return List.of();
    }
    Label label = codec.decode(value);
    return List.of(
        handle ->
            handle
                .createUpdate(
                    """
                    insert into label (label_id, transaction_id, account, value, scheme, source, label_time)
                    values (:id, :transaction, :account, :value, :scheme, :source, :time)
                    on conflict do nothing
                    """)
                .bind("id", clean(label.getLabelId()))
                .bind("transaction", clean(label.getTransactionId()))
                .bind("account", clean(label.getAccount()))
                .bind("value", label.getValue().name())
                .bind("scheme", cleanOrNull(label.getScheme()))
                .bind("source", label.getSource().name())
                .bind("time", Columns.at(Instant.ofEpochMilli(label.getLabelTime())))
                .execute());
  }
}
