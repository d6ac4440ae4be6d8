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
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Sorts unsigned longs in bounded memory, each told once: full runs are sorted and spilled, then
 * merged. Thread-confined.
 */
final class LongSort implements Closeable {
  private static final int BUFFER_BYTES = 1 << 16;

  private final Path directory;
  private final long[] run;
  private final List<Path> files = new ArrayList<>();
  private int size;

  /** Gets the longs in their order. */
  interface Sink {
    void accept(long value) throws IOException;
  }

  /**
   * @param temporary directory for the runs
   * @param runSize longs kept in memory, from 1
   */
  LongSort(Path temporary, int runSize) throws IOException {
    this.directory = Files.createTempDirectory(Files.createDirectories(temporary), "longs");
    this.run = new long[runSize];
  }

  void add(long value) throws IOException {
    if (size == run.length) {
      Path file = directory.resolve("run-" + files.size());
      try (DataOutputStream out =
          new DataOutputStream(
              new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES))) {
        sorted(out::writeLong);
      }
      files.add(file);
      size = 0;
    }
    run[size++] = value ^ Long.MIN_VALUE; // Signed order of these is unsigned order of those.
  }

  private void sorted(Sink out) throws IOException {
    Arrays.sort(run, 0, size);
    for (int i = 0; i < size; i++) {
      if (i == 0 || run[i] != run[i - 1]) {
        out.accept(run[i]);
      }
    }
  }

  /** Tells all that was added; once. */
  void drain(Sink out) throws IOException {
    if (files.isEmpty()) {
      sorted(value -> out.accept(value ^ Long.MIN_VALUE));
      return;
    }
    Arrays.sort(run, 0, size);
    PriorityQueue<Head> heads = new PriorityQueue<>();
    List<Closeable> open = new ArrayList<>();
    try {
      for (Path file : files) {
        DataInputStream in =
            new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES));
        open.add(in);
        push(heads, in::readLong);
      }
      int[] next = {0};
      push(
          heads,
          () -> {
            if (next[0] == size) {
              throw new EOFException();
            }
            return run[next[0]++];
          });
      boolean first = true;
      long before = 0;
      for (Head head = heads.poll(); head != null; head = heads.poll()) {
        if (first || head.value != before) {
          out.accept(head.value ^ Long.MIN_VALUE);
        }
        first = false;
        before = head.value;
        push(heads, head.source);
      }
    } finally {
      for (Closeable in : open) {
        in.close();
      }
    }
  }

  private interface Source {
    long next() throws IOException;
  }

  private record Head(long value, Source source) implements Comparable<Head> {
    @Override
    public int compareTo(Head other) {
      return Long.compare(value, other.value);
    }
  }

  private static void push(PriorityQueue<Head> heads, Source source) throws IOException {
    try {
      heads.add(new Head(source.next(), source));
    } catch (EOFException e) {
      // This run is told.
    }
  }

  @Override
  public void close() throws IOException {
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
    Files.deleteIfExists(directory);
  }
}
