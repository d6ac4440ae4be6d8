package io.vigil.bench.measure;

/** Processor time of the whole process; a port, so that the arithmetic is tested without time. */
public interface CpuClock {

  /** Processor time of all threads so far, nanoseconds. */
  long cpuNs();

  /** Returns when the threads behind a side have done what it left them. */
  void settle() throws InterruptedException;
}
