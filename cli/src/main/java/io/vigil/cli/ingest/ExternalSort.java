package io.vigil.cli.ingest;

import io.vigil.job.archive.SpillingSort;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.TransactionDecoder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Sorts rows by time, then line, in bounded memory: full runs are sorted and spilled, then merged.
 * What is spilled is mapped already, so no card number rests on the disk. First {@link #add} all,
 * then {@link #next} until null. Thread-confined.
 */
final class ExternalSort implements Closeable {
  private static final int BAD = 0;
  private static final int GOOD = 1;
  private static final int LABELLED = 2;
  private static final int LABELLED_WITH_SCHEME = 3;

  private final SpillingSort sort;
  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<DeadLetter> deadLetters = Codec.of(DeadLetter.class);
  private final TransactionDecoder decoder = new TransactionDecoder();

  /**
   * @param parent where a directory of temporary files is made
   * @param runRows rows kept in memory, from 1
   */
  ExternalSort(Path parent, int runRows) throws IOException {
    sort = new SpillingSort(parent, runRows);
  }

  void add(Row row) throws IOException {
    sort.add(row.timeMs(), row.line(), encode(row));
  }

  /** The next row in order, or null after the last. */
  @Nullable Row next() throws IOException {
    SpillingSort.Entry entry = sort.next();
    return entry == null ? null : decode(entry);
  }

  @Override
  public void close() throws IOException {
    sort.close();
  }

  private byte[] encode(Row row) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    DataOutputStream out = new DataOutputStream(bytes);
    if (row instanceof Row.Bad bad) {
      out.writeByte(BAD);
      out.write(deadLetters.encode(bad.deadLetter()));
    } else if (row instanceof Row.Good good) {
      Row.LabelDraft label = good.label();
      if (label == null) {
        out.writeByte(GOOD);
      } else if (label.scheme() == null) {
        out.writeByte(LABELLED);
        out.writeLong(label.timeMs());
      } else {
        out.writeByte(LABELLED_WITH_SCHEME);
        out.writeLong(label.timeMs());
        byte[] scheme = label.scheme().getBytes(StandardCharsets.UTF_8);
        out.writeInt(scheme.length);
        out.write(scheme);
      }
      out.write(transactions.encode(good.transaction()));
    }
    return bytes.toByteArray();
  }

  private Row decode(SpillingSort.Entry entry) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(entry.bytes()));
    int kind = in.readByte();
    if (kind == BAD) {
      return new Row.Bad(entry.timeMs(), entry.line(), deadLetters.decode(in.readAllBytes()));
    }
    Row.@Nullable LabelDraft label =
        switch (kind) {
          case LABELLED -> new Row.LabelDraft(in.readLong(), null);
          case LABELLED_WITH_SCHEME ->
              new Row.LabelDraft(
                  in.readLong(), new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8));
          default -> null;
        };
    return new Row.Good(entry.line(), decoder.decode(in.readAllBytes()), label);
  }
}
