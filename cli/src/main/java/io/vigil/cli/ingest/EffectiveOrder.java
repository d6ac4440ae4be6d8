package io.vigil.cli.ingest;

import io.vigil.model.order.Ordered;
import io.vigil.schema.DeadLetter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The records of a file in the order in which the job applies them: effective time, then labels,
 * events and profiles before transactions, then the id in shortlex order, then the order of the
 * file. The bound being 0, a record takes effect at its own time; a label that is older than the
 * stream has come takes effect at once.
 *
 * <p>{@link RecordReader} keeps equal times in the order of the file, because the log is written in
 * that order and the job sorts; whoever reads a file without the job needs this. Memory holds the
 * records of one instant. Thread-confined.
 */
public final class EffectiveOrder implements Iterator<Ingested> {
  private final Iterator<Ingested> source;
  private final Consumer<DeadLetter> badRows;
  private final List<Ingested.LabelRow> labels = new ArrayList<>();
  private final List<Ingested.EventRow> events = new ArrayList<>();
  private final List<Ingested.ProfileRow> profiles = new ArrayList<>();
  private final List<Ingested.TransactionRow> transactions = new ArrayList<>();
  private final ArrayDeque<Ingested> ready = new ArrayDeque<>();
  private @Nullable Ingested ahead;
  private long nowMs = Long.MIN_VALUE;

  /**
   * @param source in order of time, as {@link RecordReader} delivers
   * @param badRows gets what is no record, as it is met
   */
  public EffectiveOrder(Iterator<Ingested> source, Consumer<DeadLetter> badRows) {
    this.source = source;
    this.badRows = badRows;
  }

  @Override
  public boolean hasNext() {
    if (ready.isEmpty()) {
      readInstant();
    }
    return !ready.isEmpty();
  }

  /** A transaction, a label, an event or a profile, never a bad row. */
  @Override
  public Ingested next() {
    if (!hasNext()) {
      throw new NoSuchElementException("The stream is read to its end");
    }
    return ready.remove();
  }

  private void readInstant() {
    Ingested record = ahead == null ? read() : ahead;
    ahead = null;
    if (record == null) {
      return;
    }
    nowMs = Math.max(nowMs, timeMs(record));
    while (record != null && timeMs(record) <= nowMs) {
      if (record instanceof Ingested.LabelRow label) {
        labels.add(label);
      } else if (record instanceof Ingested.TransactionRow transaction) {
        transactions.add(transaction);
      } else if (record instanceof Ingested.EventRow event) {
        events.add(event);
      } else if (record instanceof Ingested.ProfileRow profile) {
        profiles.add(profile);
      }
      record = read();
    }
    ahead = record;
    labels.sort(Comparator.comparing(row -> row.label().getLabelId(), Ordered::shortlex));
    transactions.sort(
        Comparator.comparing(row -> row.transaction().getTransactionId(), Ordered::shortlex));
    events.sort(Comparator.comparing(row -> row.event().getEventId(), Ordered::shortlex));
    profiles.sort(Comparator.comparing(row -> row.profile().getProfileId(), Ordered::shortlex));
    // These touch nothing in common, so their order among each other decides nothing.
    ready.addAll(labels);
    ready.addAll(events);
    ready.addAll(profiles);
    ready.addAll(transactions);
    labels.clear();
    events.clear();
    profiles.clear();
    transactions.clear();
  }

  private @Nullable Ingested read() {
    while (source.hasNext()) {
      Ingested record = source.next();
      if (!(record instanceof Ingested.BadRow bad)) {
        return record;
      }
      badRows.accept(bad.deadLetter());
    }
    return null;
  }

  /** When a record takes effect, ms; a bad row never does. */
  public static long timeMs(Ingested record) {
    if (record instanceof Ingested.LabelRow row) {
      return row.label().getLabelTime();
    }
    if (record instanceof Ingested.EventRow row) {
      return row.event().getEventTime();
    }
    if (record instanceof Ingested.ProfileRow row) {
      return row.profile().getEventTime();
    }
    return ((Ingested.TransactionRow) record).transaction().getEventTime();
  }
}
