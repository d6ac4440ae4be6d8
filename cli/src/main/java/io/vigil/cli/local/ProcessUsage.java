package io.vigil.cli.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * What a command and its children cost: processor time, and the peak of their resident memory taken
 * together. Memory is read from {@code /proc}, four times a second; 0 where there is none.
 * Thread-safe.
 */
public final class ProcessUsage implements AutoCloseable {

  private static final long PAGE_BYTES = 4096;
  private static final Duration EVERY = Duration.ofMillis(250);

  private final List<Watched> watched = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService sampler;
  private volatile long peakBytes;

  private static final class Watched {
    final String name;
    final ProcessHandle handle;
    volatile Duration cpu;

    Watched(String name, ProcessHandle handle) {
      this.name = name;
      this.handle = handle;
      this.cpu = Duration.ZERO;
    }
  }

  public ProcessUsage() {
    sampler =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "process-usage");
              thread.setDaemon(true);
              return thread;
            });
    watch("cli", ProcessHandle.current());
    var unused =
        sampler.scheduleAtFixedRate(
            this::sample, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Adds a process to what is measured. */
  public void watch(String name, ProcessHandle handle) {
    watched.add(new Watched(name, handle));
  }

  /** Takes one measurement now; a process that has ended keeps its last one. */
  public synchronized void sample() {
    long bytes = 0;
    for (Watched one : watched) {
      one.handle
          .info()
          .totalCpuDuration()
          .filter(cpu -> cpu.compareTo(one.cpu) > 0)
          .ifPresent(cpu -> one.cpu = cpu);
      bytes += residentBytes(one.handle.pid());
    }
    peakBytes = Math.max(peakBytes, bytes);
  }

  private static long residentBytes(long pid) {
    try {
      String[] fields =
          Files.readString(Path.of("/proc", Long.toString(pid), "statm")).split(" ", 3);
      return Long.parseLong(fields[1]) * PAGE_BYTES;
    } catch (IOException e) {
      return 0; // Ended meanwhile, or a system without /proc.
    }
  }

  /** Processor seconds of all processes so far, to a quarter of a second for those that ended. */
  public double cpuSeconds() {
    sample();
    return watched.stream().mapToDouble(one -> seconds(one.cpu)).sum();
  }

  /** Processor seconds of the processes of that name so far. */
  public double cpuSeconds(String name) {
    return watched.stream()
        .filter(one -> one.name.equals(name))
        .mapToDouble(one -> seconds(one.cpu))
        .sum();
  }

  /** Highest sum of resident memory seen, MiB; 0 when it cannot be measured here. */
  public long peakResidentMb() {
    return peakBytes >> 20;
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  @Override
  public void close() {
    sampler.shutdownNow();
  }
}
