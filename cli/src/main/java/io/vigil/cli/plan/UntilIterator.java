package io.vigil.cli.plan;

import io.vigil.cli.ingest.Ingested;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The records of a file up to a time; what comes later is not even computed. */
final class UntilIterator implements Iterator<Ingested> {
  private final Iterator<Ingested> source;
  private final long untilMs;
  private @Nullable Ingested ahead;

  UntilIterator(Iterator<Ingested> source, long untilMs) {
    this.source = source;
    this.untilMs = untilMs;
  }

  @Override
  public boolean hasNext() {
    if (ahead == null && source.hasNext()) {
      ahead = source.next();
    }
    return ahead != null
        && !(ahead instanceof Ingested.TransactionRow row
            && row.transaction().getEventTime() >= untilMs);
  }

  @Override
  public Ingested next() {
    Ingested next = hasNext() ? ahead : null;
    if (next == null) {
      throw new NoSuchElementException("the period is read to its end");
    }
    ahead = null;
    return next;
  }
}
