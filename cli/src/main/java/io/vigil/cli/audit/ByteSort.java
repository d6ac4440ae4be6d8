package io.vigil.cli.audit;

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
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Sorts arrays of bytes, as numbers without sign, in bounded memory: full runs are sorted and
 * spilled, then merged. First {@link #add} all, then {@link #next} until null. Thread-confined.
 */
final class ByteSort implements Closeable {
  /** Runs that are open at once. */
  private static final int RUNS_MAX = 128;

  private static final int BUFFER_BYTES = 1 << 16;

  /** What an array costs beside its bytes. */
  private static final int OVERHEAD_BYTES = 24;

  private static final Comparator<byte[]> ORDER = Arrays::compareUnsigned;

  private final Path parent;
  private final long runBytes;
  private final List<byte[]> run = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();
  private long bytes;
  private int spilled;
  private @Nullable Path directory;
  private @Nullable Merge merge;

  /**
   * @param parent where a directory of temporary files is made, should one be needed
   * @param runBytes memory for a run
   */
  ByteSort(Path parent, long runBytes) {
    this.parent = parent;
    this.runBytes = runBytes;
  }

  void add(byte[] entry) throws IOException {
    run.add(entry);
    bytes += entry.length + OVERHEAD_BYTES;
    if (bytes >= runBytes) {
      run.sort(ORDER);
      files.add(spill(new MemoryRun(run)));
      run.clear();
      bytes = 0;
      if (files.size() == RUNS_MAX) {
        Path merged;
        try (Merge all = new Merge(openAll())) {
          merged = spill(all);
        }
        deleteAll();
        files.add(merged);
      }
    }
  }

  /** The next in order, or null after the last. */
  byte @Nullable [] next() throws IOException {
    Merge all = merge;
    if (all == null) {
      run.sort(ORDER);
      List<Run> runs = openAll();
      runs.add(new MemoryRun(run));
      all = new Merge(runs);
      merge = all;
    }
    return all.next();
  }

  @Override
  public void close() throws IOException {
    if (merge != null) {
      merge.close();
    }
    deleteAll();
    if (directory != null) {
      Files.deleteIfExists(directory);
    }
  }

  private List<Run> openAll() throws IOException {
    List<Run> runs = new ArrayList<>();
    for (Path file : files) {
      runs.add(new FileRun(file));
    }
    return runs;
  }

  private Path spill(Run entries) throws IOException {
    Path folder = directory;
    if (folder == null) {
      folder = Files.createTempDirectory(Files.createDirectories(parent), "sort");
      directory = folder;
    }
    Path file = folder.resolve("run-" + spilled++);
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES))) {
      for (byte[] entry = entries.next(); entry != null; entry = entries.next()) {
        out.writeInt(entry.length);
        out.write(entry);
      }
    }
    return file;
  }

  private void deleteAll() throws IOException {
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
    files.clear();
  }

  private interface Run extends Closeable {
    byte @Nullable [] next() throws IOException;
  }

  private static final class MemoryRun implements Run {
    private final List<byte[]> entries;
    private int position;

    MemoryRun(List<byte[]> entries) {
      this.entries = entries;
    }

    @Override
    public byte @Nullable [] next() {
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
    public byte @Nullable [] next() throws IOException {
      int length;
      try {
        length = in.readInt();
      } catch (EOFException e) {
        return null;
      }
      byte[] entry = new byte[length];
      in.readFully(entry);
      return entry;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** The smallest head of several runs, again and again. */
  private static final class Merge implements Run {
    private record Head(byte[] entry, Run run) {}

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
    public byte @Nullable [] next() throws IOException {
      Head head = heads.poll();
      if (head == null) {
        return null;
      }
      push(head.run());
      return head.entry();
    }

    private void push(Run run) throws IOException {
      byte[] entry = run.next();
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
