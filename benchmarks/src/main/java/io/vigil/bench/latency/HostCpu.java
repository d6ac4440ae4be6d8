package io.vigil.bench.latency;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Processor time of the whole machine so far, for what others took during a step; all 0 where there
 * is no {@code /proc}.
 *
 * @param busyS that programs and the kernel used, seconds over all cores
 * @param stolenS that the host of a virtual machine gave to others
 */
public record HostCpu(double busyS, double stolenS) {
  private static final Path STAT = Path.of("/proc/stat");

  /** What /proc counts in, on every Linux. */
  private static final double TICKS_S = 100;

  static HostCpu now() {
    if (!Files.isReadable(STAT)) {
      return new HostCpu(0, 0);
    }
    try {
      // cpu, then user, nice, system, idle, iowait, irq, softirq, steal; the first line is the sum.
      String[] fields = Files.readString(STAT).lines().findFirst().orElse("").split("\\s+", -1);
      long busy = 0;
      for (int field : new int[] {1, 2, 3, 6, 7}) {
        busy += Long.parseLong(fields[field]);
      }
      return new HostCpu(busy / TICKS_S, Long.parseLong(fields[8]) / TICKS_S);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  HostCpu since(HostCpu before) {
    return new HostCpu(busyS - before.busyS, stolenS - before.stolenS);
  }
}
