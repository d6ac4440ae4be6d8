package io.vigil.bench.soak;

import io.vigil.cli.local.DataDir;
import io.vigil.job.metrics.JobMetric;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Looks at the processes, at what the job exports, and at the disk. Not thread-safe. */
final class Probe implements AutoCloseable {
  private static final String OPERATOR = "flink_taskmanager_job_task_operator_";
  private static final String FAMILY = OPERATOR + "column_family_rocksdb_";
  private static final String JOB = "flink_jobmanager_job_";
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final HttpClient client = HttpClient.newHttpClient();
  private final DataDir data;
  private final Path local;
  private final URI metrics;
  private final Map<String, Long> processes;
  private final Jvm job;

  /**
   * @param local where the job keeps its working state
   * @param metricsPort of the job
   */
  Probe(DataDir data, Path local, int metricsPort, ProcessHandle job, ProcessHandle broker)
      throws IOException {
    this.data = data;
    this.local = local;
    metrics = URI.create("http://localhost:" + metricsPort + "/metrics");
    processes =
        Map.of("job", job.pid(), "broker", broker.pid(), "rig", ProcessHandle.current().pid());
    this.job = new Jvm(job.pid());
  }

  Jvm job() {
    return job;
  }

  /** Puts figures of now under their names. */
  void into(Map<String, Double> figures) throws IOException, InterruptedException {
    for (String process : new String[] {"job", "broker", "rig"}) {
      process(
          process, Path.of("/proc", Long.toString(processes.getOrDefault(process, 0L))), figures);
    }
    job.into(figures);
    figures.put(
        "job_native_mb",
        figures.getOrDefault("job_rss_mb", 0.0)
            - figures.getOrDefault("job_heap_committed_mb", 0.0));
    exported(
        Exported.parse(
            client
                .send(
                    HttpRequest.newBuilder(metrics).timeout(TIMEOUT).build(),
                    BodyHandlers.ofString())
                .body()),
        figures);
    figures.put("disk_kafka_mb", Minute.mb(bytes(data.kafka())));
    figures.put("disk_archive_mb", Minute.mb(bytes(data.archive())));
    figures.put("disk_checkpoints_mb", Minute.mb(bytes(data.state())));
    figures.put("disk_local_state_mb", Minute.mb(bytes(local)));
    figures.put("disk_logs_mb", Minute.mb(bytes(data.logs())));
  }

  private static void process(String name, Path proc, Map<String, Double> figures)
      throws IOException {
    for (String line : Files.readAllLines(proc.resolve("status"))) {
      String[] words = line.split("\\s+", 3);
      if (words[0].equals("VmRSS:")) {
        figures.put(name + "_rss_mb", Double.parseDouble(words[1]) / 1024);
      } else if (words[0].equals("Threads:")) {
        figures.put(name + "_threads", Double.parseDouble(words[1]));
      }
    }
    try (Stream<Path> open = Files.list(proc.resolve("fd"))) {
      figures.put(name + "_open_files", (double) open.count());
    }
  }

  static void exported(Exported exported, Map<String, Double> figures) {
    String sst = FAMILY + "total_sst_files_size";
    String memory = FAMILY + "cur_size_all_mem_tables";
    for (String family : new String[] {"entity", "seen", "case"}) {
      double bytes =
          exported.sum(sst, labels -> family.equals(labels.get("column_family")))
              + exported.sum(memory, labels -> family.equals(labels.get("column_family")));
      figures.put("state_" + family + "_mb", Minute.mb(bytes));
    }
    figures.put("state_mb", Minute.mb(exported.sum(sst) + exported.sum(memory)));
    figures.put("state_keys_estimate", exported.sum(FAMILY + "estimate_num_keys"));
    figures.put("checkpoints_total", exported.sum(JOB + "numberOfCompletedCheckpoints"));
    figures.put("checkpoints_failed_total", exported.sum(JOB + "numberOfFailedCheckpoints"));
    figures.put("checkpoint_ms", exported.sum(JOB + "lastCheckpointDuration"));
    figures.put("checkpoint_mb", Minute.mb(exported.sum(JOB + "lastCheckpointSize")));
    figures.put("checkpoint_full_mb", Minute.mb(exported.sum(JOB + "lastCheckpointFullSize")));
    figures.put("restarts_total", exported.sum(JOB + "numRestarts"));
    for (JobMetric metric :
        new JobMetric[] {
          JobMetric.LATE,
          JobMetric.DEAD_LETTERS,
          JobMetric.FALLBACKS,
          JobMetric.ALERTS,
          JobMetric.CASES
        }) {
      String name = metric.exported();
      figures.put(name.substring(name.indexOf("vigil_") + "vigil_".length()), exported.sum(name));
    }
  }

  /** What files below a directory hold; those that vanish meanwhile hold nothing. */
  private static long bytes(Path directory) {
    AtomicLong bytes = new AtomicLong();
    if (!Files.exists(directory)) {
      return 0;
    }
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              bytes.addAndGet(attributes.size());
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) {
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.get();
  }

  @Override
  public void close() throws IOException {
    job.close();
  }
}
