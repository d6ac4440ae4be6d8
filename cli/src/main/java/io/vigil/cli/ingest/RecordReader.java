package io.vigil.cli.ingest;

import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.vault.TransactionSeal;
import io.vigil.schema.vault.Vault;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file of CSV or JSON lines, plain or gzip, or an Avro container file, as the stream:
 * transactions by event time, equal times in the order of the file, each label at its label time
 * and before transactions of that time. The same file, mapping and key always give the same stream.
 *
 * <p>A quick first pass looks whether the rows are in order already. Then they stream straight
 * through; else they are sorted outside memory. Memory holds a run of rows at most, and the labels
 * whose time has not come. Thread-confined.
 */
public final class RecordReader implements Iterator<Ingested>, Closeable {
  private static final int RUN_ROWS = 200_000;

  /** Pseudonyms are on the disk before their rows leave: that many rows share one write. */
  private static final int VAULT_ROWS = 4_096;

  private record Waiting(long timeMs, long sequence, Label label) {}

  private final MappedFile<?> rows;
  private final @Nullable ExternalSort sort;
  private final @Nullable Vault vault;
  private final Deque<Row> mapped = new ArrayDeque<>();
  private final long rowCount;
  private final boolean ownIds;
  private final LabelSource labelSource;
  private final Codec<Transaction> content = Codec.of(Transaction.class);
  private final Map<String, Integer> occurrences = new HashMap<>();
  private long occurrencesTimeMs;
  private final PriorityQueue<Waiting> labels =
      new PriorityQueue<>(
          Comparator.comparingLong(Waiting::timeMs).thenComparingLong(Waiting::sequence));
  private long labelSequence;
  private @Nullable Row ahead;

  private RecordReader(
      Path file,
      Mapping mapping,
      Supplier<Tokeniser> tokeniser,
      Path temporary,
      @Nullable Vault vault,
      int runRows)
      throws IOException {
    if (vault == null && !mapping.identifying().isEmpty()) {
      throw new IngestException(
          "%s: attributes that identify people need a vault (--vault DIR), got none: %s"
              .formatted(mapping.origin(), String.join(", ", mapping.identifying())));
    }
    this.vault = vault;
    long count = 0;
    boolean sorted = true;
    try (MappedFile<?> first = MappedFile.open(file, mapping, tokeniser, null)) {
      long latestMs = Long.MIN_VALUE;
      while (first.advance()) {
        long timeMs = first.timeMs();
        sorted &= timeMs >= latestMs;
        latestMs = timeMs;
        count++;
      }
    }
    rowCount = count;
    ownIds = !mapping.fields().containsKey(Target.TRANSACTION_ID);
    labelSource = mapping.label() == null ? LabelSource.UNKNOWN : mapping.label().source();
    rows =
        MappedFile.open(
            file, mapping, tokeniser, vault == null ? null : new TransactionSeal(vault));
    sort = sorted ? null : new ExternalSort(temporary, runRows);
    if (sort != null) {
      for (Row row = nextMapped(); row != null; row = nextMapped()) {
        sort.add(row);
      }
    }
    ahead = nextRow();
  }

  /**
   * Opens a file.
   *
   * @param tokeniser asked only when the mapping needs one
   * @param temporary directory for the runs of a file that is out of order
   * @throws IngestException when the file is missing, empty, of another form, or lacks a column
   */
  public static RecordReader open(
      Path file, Mapping mapping, Supplier<Tokeniser> tokeniser, Path temporary)
      throws IOException {
    return open(file, mapping, tokeniser, temporary, null);
  }

  /**
   * Opens a file whose people stay in a vault: pseudonyms leave, and they are on the disk before.
   *
   * @param vault closed with the reader, and when it cannot be opened; null for none
   */
  public static RecordReader open(
      Path file,
      Mapping mapping,
      Supplier<Tokeniser> tokeniser,
      Path temporary,
      @Nullable Vault vault)
      throws IOException {
    boolean opened = false;
    try {
      RecordReader reader = new RecordReader(file, mapping, tokeniser, temporary, vault, RUN_ROWS);
      opened = true;
      return reader;
    } finally {
      if (!opened && vault != null) {
        vault.close();
      }
    }
  }

  static RecordReader open(
      Path file, Mapping mapping, Supplier<Tokeniser> tokeniser, Path temporary, int runRows)
      throws IOException {
    return new RecordReader(file, mapping, tokeniser, temporary, null, runRows);
  }

  static RecordReader open(
      Path file,
      Mapping mapping,
      Supplier<Tokeniser> tokeniser,
      Path temporary,
      Vault vault,
      int runRows)
      throws IOException {
    return new RecordReader(file, mapping, tokeniser, temporary, vault, runRows);
  }

  /** Rows below the header: the transactions and bad rows to come. */
  public long rows() {
    return rowCount;
  }

  /** Whether the file itself was in order. */
  public boolean wasSorted() {
    return sort == null;
  }

  @Override
  public boolean hasNext() {
    return ahead != null || !labels.isEmpty();
  }

  /**
   * The next of the stream.
   *
   * @throws IngestException when the rest of the file cannot be read
   */
  @Override
  public Ingested next() {
    Row row = ahead;
    Waiting label = labels.peek();
    if (label != null && (row == null || label.timeMs() <= row.timeMs())) {
      labels.remove();
      return new Ingested.LabelRow(label.label());
    }
    if (row == null) {
      throw new NoSuchElementException("The file is read to its end");
    }
    try {
      ahead = nextRow();
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read sorted rows", e);
    }
    if (row instanceof Row.Bad bad) {
      return new Ingested.BadRow(bad.deadLetter());
    }
    Row.Good good = (Row.Good) row;
    Transaction transaction = good.transaction();
    if (ownIds) {
      transaction.setTransactionId(contentId(transaction));
    }
    Row.LabelDraft draft = good.label();
    if (draft != null) {
      labels.add(new Waiting(draft.timeMs(), labelSequence++, label(transaction, draft)));
    }
    return new Ingested.TransactionRow(transaction, good.line(), draft != null);
  }

  @Override
  public void close() throws IOException {
    try (Vault last = vault) {
      rows.close();
      if (sort != null) {
        sort.close();
      }
    }
  }

  private @Nullable Row nextRow() throws IOException {
    return sort != null ? sort.next() : nextMapped();
  }

  private @Nullable Row nextMapped() throws IOException {
    if (vault == null) {
      return rows.advance() ? rows.map() : null;
    }
    if (mapped.isEmpty()) {
      while (mapped.size() < VAULT_ROWS && rows.advance()) {
        mapped.add(rows.map());
      }
      vault.commit();
    }
    return mapped.poll();
  }

  private Label label(Transaction transaction, Row.LabelDraft draft) {
    Label label =
        Labels.about(
            transaction,
            transaction.getTransactionId() + "-label",
            LabelValue.FRAUD,
            labelSource,
            draft.timeMs());
    label.setScheme(draft.scheme());
    return label;
  }

  /**
   * Of the content, and for equal rows which one it is. Equal rows have equal times, so counting
   * within one time is enough.
   */
  private String contentId(Transaction transaction) {
    if (transaction.getEventTime() != occurrencesTimeMs) {
      occurrences.clear();
      occurrencesTimeMs = transaction.getEventTime();
    }
    String id = ContentId.of(transaction, content);
    int occurrence = occurrences.merge(id, 1, Integer::sum);
    return occurrence == 1 ? id : id + "-" + occurrence;
  }
}
