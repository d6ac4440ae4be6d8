package io.vigil.cli.ingest;

import io.vigil.schema.DeadLetter;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;

/** What a file holds, one by one, in the order of the stream. */
public sealed interface Ingested {

  /**
   * A row that is a transaction.
   *
   * @param line where the row starts in the file, the header being line 1
   * @param fraud whether a label will come that says fraud: what is known in the end, for training
   *     and tests; nothing that decides may look at it
   */
  record TransactionRow(Transaction transaction, long line, boolean fraud) implements Ingested {}

  /** What became known about an earlier transaction; stands in the stream at its label time. */
  record LabelRow(Label label) implements Ingested {}

  /** What happened to an account and is no payment. */
  record EventRow(Event event) implements Ingested {}

  /** Facts of an entity that hold from then on. */
  record ProfileRow(Profile profile) implements Ingested {}

  /**
   * What the job tells a label's entities: that one more of their transactions is fraud, or one
   * less. Stands where the label took effect.
   *
   * @param label whose entities
   * @param change 1, or -1 when what was told is taken back
   * @param sinceMs from when the label that was told was in effect, milliseconds since the epoch
   */
  record Told(Label label, int change, long sinceMs) implements Ingested {}

  /**
   * A row that is no transaction, and why; stands in the stream where the row before it in the file
   * stands. Its source_topic is the file's name, its source_offset the line.
   */
  record BadRow(DeadLetter deadLetter) implements Ingested {}
}
