package io.vigil.bench.scoring;

import io.vigil.bench.measure.CpuClock;
import io.vigil.bench.measure.ProcessClock;

/**
 * From a job's first row to its last: how long it took without what starts and ends a job. Flink
 * makes its operators from bytes, so the marks are the JVM's; one job at a time.
 *
 * @param rows that came out
 * @param wallNs on the wall clock
 * @param cpuNs of the whole process
 */
record Passage(long rows, long wallNs, long cpuNs) {
  private static final double NS_PER_S = 1_000_000_000.0;
  private static final double NS_PER_US = 1_000.0;
  private static final CpuClock CLOCK = new ProcessClock();

  private static volatile long begunWallNs;
  private static volatile long begunCpuNs;
  private static volatile Passage last = new Passage(0, 0, 0);

  /** The first row goes in. */
  static void begin() {
    begunCpuNs = CLOCK.cpuNs();
    begunWallNs = System.nanoTime();
  }

  /** The last row is out. */
  static void end(long rows) {
    last = new Passage(rows, System.nanoTime() - begunWallNs, CLOCK.cpuNs() - begunCpuNs);
  }

  /** Of the job that ended last. */
  static Passage last() {
    return last;
  }

  double rowsPerSecond() {
    return rows * NS_PER_S / wallNs;
  }

  double cpuUsPerRow() {
    return cpuNs / NS_PER_US / rows;
  }
}
