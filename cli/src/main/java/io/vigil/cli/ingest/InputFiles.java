package io.vigil.cli.ingest;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A file of transactions, and files of events and profiles beside it, as one stream in order of
 * time; at equal times what is beside the transactions comes first. Closes its readers.
 * Thread-confined.
 */
public final class InputFiles implements Iterator<Ingested>, Closeable {
  private final RecordReader transactions;
  private final List<OtherReader> others;
  private final List<Head> heads = new ArrayList<>();

  /** A stream and what comes next of it. */
  private static final class Head {
    private final Iterator<Ingested> stream;
    private @Nullable Ingested next;

    Head(Iterator<Ingested> stream) {
      this.stream = stream;
      advance();
    }

    void advance() {
      next = stream.hasNext() ? stream.next() : null;
    }
  }

  public InputFiles(RecordReader transactions, List<OtherReader> others) {
    this.transactions = transactions;
    this.others = List.copyOf(others);
    others.forEach(other -> heads.add(new Head(other)));
    heads.add(new Head(transactions));
  }

  /** Rows of all files: what is to come, but for labels. */
  public long rows() {
    return transactions.rows() + others.stream().mapToLong(OtherReader::rows).sum();
  }

  @Override
  public boolean hasNext() {
    return heads.stream().anyMatch(head -> head.next != null);
  }

  @Override
  public Ingested next() {
    Head earliest = null;
    long earliestMs = Long.MAX_VALUE;
    for (Head head : heads) {
      Ingested next = head.next;
      if (next == null) {
        continue;
      }
      // A bad row has no time of its own; it stands where it was met.
      long timeMs = next instanceof Ingested.BadRow ? Long.MIN_VALUE : EffectiveOrder.timeMs(next);
      if (earliest == null || timeMs < earliestMs) {
        earliest = head;
        earliestMs = timeMs;
      }
    }
    if (earliest == null || earliest.next == null) {
      throw new NoSuchElementException("The files are read to their ends");
    }
    Ingested next = earliest.next;
    earliest.advance();
    return next;
  }

  @Override
  public void close() throws IOException {
    try (transactions) {
      for (OtherReader other : others) {
        other.close();
      }
    }
  }
}
