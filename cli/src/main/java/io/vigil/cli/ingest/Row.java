package io.vigil.cli.ingest;

import io.vigil.schema.DeadLetter;
import io.vigil.schema.Transaction;
import org.jspecify.annotations.Nullable;

/** A row after mapping, with where it belongs in the stream: time, then line. */
sealed interface Row {
  /** Event time in milliseconds since the epoch; of a bad row, that of the good row before it. */
  long timeMs();

  /** Where it starts in the file. */
  long line();

  /** The transaction's id is empty when the file has none. */
  record Good(long line, Transaction transaction, @Nullable LabelDraft label) implements Row {
    @Override
    public long timeMs() {
      return transaction.getEventTime();
    }
  }

  record Bad(long timeMs, long line, DeadLetter deadLetter) implements Row {}

  /** What a label says beyond its transaction. */
  record LabelDraft(long timeMs, @Nullable String scheme) {}
}
