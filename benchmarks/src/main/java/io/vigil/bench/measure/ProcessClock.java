package io.vigil.bench.measure;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The processor time of this JVM with all its threads: RocksDB's flushes and compactions, the
 * garbage collector and the compilers count too. On Linux it moves in steps of 10 ms, so slices
 * should take a good part of a second.
 */
public final class ProcessClock implements CpuClock {
  private static final long STEP_MS = 20;

  /** Less than this in a step is what an idle JVM spends. */
  private static final long QUIET_NS = 500_000;

  /** In a row: on a busy machine a thread may wait a step or two for a core. */
  private static final int QUIET_STEPS = 3;

  private static final int STEPS_MAX = 1_000;

  private final OperatingSystemMXBean system =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  @Override
  public long cpuNs() {
    return system.getProcessCpuTime();
  }

  /** Waits until the process has been idle for 60 ms, for 10 s at most. */
  @Override
  public void settle() throws InterruptedException {
    int quiet = 0;
    for (int step = 0; step < STEPS_MAX && quiet < QUIET_STEPS; step++) {
      long before = cpuNs();
      Thread.sleep(STEP_MS);
      quiet = cpuNs() - before < QUIET_NS ? quiet + 1 : 0;
    }
  }
}
