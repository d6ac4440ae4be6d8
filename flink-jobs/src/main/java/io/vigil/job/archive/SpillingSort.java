package io.vigil.job.archive;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Sorts bytes by a time, then by a number, in bounded memory: full runs are sorted and spilled,
 * then merged. First {@link #add} all, then {@link #next} until null. Thread-confined.
 */
public final class SpillingSort implements Closeable {
  /** Runs that are open at once. */
  private static final int RUNS_MAX = 64;

  private static final int BUFFER_BYTES = 1 << 16;
  private static final Comparator<Entry> ORDER =
      Comparator.comparingLong((Entry entry) -> entry.timeMs)
          .thenComparingLong(entry -> entry.line);

  /** What is sorted; the bytes are anybody's. */
  @SuppressWarnings("ArrayRecordComponent") // A carrier of bytes, never compared.
  public record Entry(long timeMs, long line, byte[] bytes) {}

  private final Path directory;
  private final int runRows;
  private final long runBytes;
  private final Comparator<Entry> order;
  private final List<Entry> run = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();
  private int spilled;
  private long heldBytes;
  private @Nullable Merge merge;

  /**
   * @param parent where a directory of temporary files is made
   * @param runRows entries kept in memory, from 1
   */
  public SpillingSort(Path parent, int runRows) throws IOException {
    this(parent, runRows, Long.MAX_VALUE, ORDER);
  }

  /**
   * @param parent where a directory of temporary files is made
   * @param runRows entries kept in memory, from 1
   * @param runBytes bytes of entries kept in memory, one entry more
   * @param order that they are told in
   */
  SpillingSort(Path parent, int runRows, long runBytes, Comparator<Entry> order)
      throws IOException {
    Files.createDirectories(parent);
    this.directory = Files.createTempDirectory(parent, "sort");
    this.runRows = runRows;
    this.runBytes = runBytes;
    this.order = order;
  }

  /**
   * Adds one; not after the first was asked for.
   *
   * @param timeMs what is sorted by first
   * @param line what is sorted by second
   * @param bytes kept, not copied
   */
  public void add(long timeMs, long line, byte[] bytes) throws IOException {
    run.add(new Entry(timeMs, line, bytes));
    heldBytes += bytes.length;
    if (run.size() >= runRows || heldBytes >= runBytes) {
      heldBytes = 0;
      run.sort(order);
      files.add(spill(new MemoryRun(run)));
      run.clear();
      if (files.size() == RUNS_MAX) {
        try (Merge all = new Merge(openAll(), order)) {
          Path merged = spill(all);
          deleteAll(files);
          files.add(merged);
        }
      }
    }
  }

  /** The next in order, or null after the last. */
  public @Nullable Entry next() throws IOException {
    if (merge == null) {
      run.sort(order);
      List<Run> runs = openAll();
      runs.add(new MemoryRun(run));
      merge = new Merge(runs, order);
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
    private final PriorityQueue<Head> heads;

    Merge(List<Run> runs, Comparator<Entry> order) throws IOException {
      this.runs = runs;
      this.heads = new PriorityQueue<>(Comparator.comparing(Head::entry, order));
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
