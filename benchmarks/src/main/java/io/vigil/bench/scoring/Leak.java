package io.vigil.bench.scoring;

import io.vigil.model.bundle.Bundle;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether memory grows while the service scores, and while it is started and stopped. What counts
 * is resident memory, for tensors lie outside the heap; the heap is collected before each look.
 */
final class Leak {
  private static final int READY_ROWS = 4_096;
  private static final int LOOKS = 10;
  private static final int STARTS = 20;
  private static final int WARM_UP_STARTS = 4;
  private static final Path STATUS = Path.of("/proc/self/status");

  private Leak() {}

  /**
   * @param rows to score, at least 10; the first tenth is warm-up
   */
  static Map<String, Object> rows(
      Network network, Bundle bundle, String device, int batchSize, long rows)
      throws IOException, InterruptedException {
    float[][] vectors = network.rows(READY_ROWS, 1);
    List<Object> looks = new ArrayList<>();
    long first = 0;
    long last = 0;
    long startedNs = System.nanoTime();
    try (Service service = new Service(bundle, network.features(), device, 1)) {
      for (int look = 0; look < LOOKS; look++) {
        long share = rows * (look + 1) / LOOKS - rows * look / LOOKS;
        service.score(vectors, share, batchSize, new float[0]);
        last = residentKib();
        looks.add(last);
        if (look == 0) {
          first = last;
        }
      }
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("rows", rows);
    result.put("batch_size", batchSize);
    result.put("elapsed_s", (System.nanoTime() - startedNs) / 1e9);
    result.put("resident_kib_after_warm_up", first);
    result.put("resident_kib_at_the_end", last);
    result.put("growth_percent", 100.0 * (last - first) / first);
    result.put("resident_kib_every_tenth", looks);
    return result;
  }

  /** Starts the service with its model, scores a batch, stops it, and again. */
  static Map<String, Object> starts(Network network, Bundle bundle, String device)
      throws IOException, InterruptedException {
    float[][] vectors = network.rows(256, 1);
    List<Object> looks = new ArrayList<>();
    long first = 0;
    long last = 0;
    int threads = Thread.activeCount();
    for (int start = 0; start < STARTS; start++) {
      try (Service service = new Service(bundle, network.features(), device, 2)) {
        service.score(vectors, vectors.length, vectors.length, new float[0]);
      }
      last = residentKib();
      looks.add(last);
      if (start == WARM_UP_STARTS - 1) {
        first = last;
      }
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("starts", STARTS);
    result.put("warm_up_starts", WARM_UP_STARTS);
    result.put("growth_percent", 100.0 * (last - first) / first);
    result.put("threads_left", Thread.activeCount() - threads);
    result.put("resident_kib", looks);
    return result;
  }

  /** Resident memory of this process after a collection, KiB. */
  private static long residentKib() throws IOException {
    ManagementFactory.getMemoryMXBean().gc();
    for (String line : Files.readAllLines(STATUS)) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException(STATUS + ": expected a line VmRSS");
  }
}
