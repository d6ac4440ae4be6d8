package io.vigil.cli.ingest;

import io.vigil.schema.DeadLetter;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.TransactionDecoder;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Sorts rows by time, then line, in bounded memory: full runs are sorted and spilled, then merged.
 * What is spilled is mapped already, so no card number rests on the disk. First {@link #add} all,
 * then {@link #next} until null. Thread-confined.
 */
final class ExternalSort implements Closeable {
  /** Runs that are open at once. */
  private static final int RUNS_MAX = 64;

  private static final int BUFFER_BYTES = 1 << 16;
  private static final Comparator<Entry> ORDER =
      Comparator.comparingLong((Entry entry) -> entry.timeMs)
          .thenComparingLong(entry -> entry.line);

  private static final int BAD = 0;
  private static final int GOOD = 1;
  private static final int LABELLED = 2;
  private static final int LABELLED_WITH_SCHEME = 3;

  /** What is sorted; the bytes are anybody's. */
  @SuppressWarnings("ArrayRecordComponent") // A carrier of bytes, never compared.
  record Entry(long timeMs, long line, byte[] bytes) {}

  private final Path directory;
  private final int runRows;
  private final List<Entry> run = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();
  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<DeadLetter> deadLetters = Codec.of(DeadLetter.class);
  private final TransactionDecoder decoder = new TransactionDecoder();
  private int spilled;
  private @Nullable Merge merge;

  /**
   * @param parent where a directory of temporary files is made
   * @param runRows rows kept in memory, from 1
   */
  ExternalSort(Path parent, int runRows) throws IOException {
    Files.createDirectories(parent);
    this.directory = Files.createTempDirectory(parent, "sort");
    this.runRows = runRows;
  }

  void add(Row row) throws IOException {
    add(row.timeMs(), row.line(), encode(row));
  }

  void add(long timeMs, long line, byte[] bytes) throws IOException {
    run.add(new Entry(timeMs, line, bytes));
    if (run.size() >= runRows) {
      run.sort(ORDER);
      files.add(spill(new MemoryRun(run)));
      run.clear();
      if (files.size() == RUNS_MAX) {
        try (Merge all = new Merge(openAll())) {
          Path merged = spill(all);
          deleteAll(files);
          files.add(merged);
        }
      }
    }
  }

  /** The next row in order, or null after the last. */
  @Nullable Row next() throws IOException {
    Entry entry = nextEntry();
    return entry == null ? null : decode(entry);
  }

  /** The next in order as it was added, or null after the last. */
  @Nullable Entry nextEntry() throws IOException {
    if (merge == null) {
      run.sort(ORDER);
      List<Run> runs = openAll();
      runs.add(new MemoryRun(run));
      merge = new Merge(runs);
    }
    return merge.next();
  }

  @Override
  public void close() throws IOException {
    if (merge != null) {
      merge.close();
    }
    deleteAll(files);
    Files.deleteIfExists(directory);
  }

  private List<Run> openAll() throws IOException {
    List<Run> runs = new ArrayList<>();
    for (Path file : files) {
      runs.add(new FileRun(file));
    }
    return runs;
  }

  private Path spill(Run rows) throws IOException {
    Path file = directory.resolve("run-" + spilled++);
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES))) {
      for (Entry entry = rows.next(); entry != null; entry = rows.next()) {
        out.writeLong(entry.timeMs);
        out.writeLong(entry.line);
        out.writeInt(entry.bytes.length);
        out.write(entry.bytes);
      }
    }
    return file;
  }

  private static void deleteAll(Collection<Path> files) throws IOException {
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
    files.clear();
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

  private Row decode(Entry entry) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(entry.bytes));
    int kind = in.readByte();
    if (kind == BAD) {
      return new Row.Bad(entry.timeMs, entry.line, deadLetters.decode(in.readAllBytes()));
    }
    Row.@Nullable LabelDraft label =
        switch (kind) {
          case LABELLED -> new Row.LabelDraft(in.readLong(), null);
          case LABELLED_WITH_SCHEME ->
              new Row.LabelDraft(
                  in.readLong(), new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8));
          default -> null;
        };
    return new Row.Good(entry.line, decoder.decode(in.readAllBytes()), label);
  }

  private interface Run extends Closeable {
    @Nullable Entry next() throws IOException;
  }

  private static final class MemoryRun implements Run {
    private final List<Entry> entries;
    private int position;

    MemoryRun(List<Entry> entries) {
      this.entries = entries;
    }

    @Override
    public @Nullable Entry next() {
      return position < entries.size() ? entries.get(position++) : null;
    }

    @Override
    public void close() {}
  }

  private static final class FileRun implements Run {
    private final DataInputStream in;

    FileRun(Path file) throws IOException {
      in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES));
    }

    @Override
    public @Nullable Entry next() throws IOException {
      long timeMs;
      try {
        timeMs = in.readLong();
      } catch (EOFException e) {
        return null;
      }
      long line = in.readLong();
      byte[] bytes = new byte[in.readInt()];
      in.readFully(bytes);
      return new Entry(timeMs, line, bytes);
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** The smallest head of several runs, again and again. */
  private static final class Merge implements Run {
    private record Head(Entry entry, Run run) {}

    private final List<Run> runs;
    private final PriorityQueue<Head> heads =
        new PriorityQueue<>(Comparator.comparing(Head::entry, ORDER));

    Merge(List<Run> runs) throws IOException {
      this.runs = runs;
      for (Run run : runs) {
        push(run);
      }
    }

    @Override
    public @Nullable Entry next() throws IOException {
      Head head = heads.poll();
      if (head == null) {
        return null;
      }
      push(head.run());
      return head.entry();
    }

    private void push(Run run) throws IOException {
      Entry entry = run.next();
      if (entry != null) {
        heads.add(new Head(entry, run));
      }
    }

    @Override
    public void close() throws IOException {
      for (Run run : runs) {
        run.close();
      }
    }
  }
}
