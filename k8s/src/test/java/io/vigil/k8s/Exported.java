package io.vigil.k8s;

import io.vigil.console.metrics.ConsoleMetrics;
import io.vigil.job.metrics.JobMetric;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The names that Prometheus finds. {@link MetricsIT} holds them against a running stack. */
final class Exported {
  /** Those that show only when there is something to show, which a quiet stack has not. */
  private static final Set<JobMetric> SOMETIMES =
      EnumSet.of(
          JobMetric.ROLLOUT_MET,
          JobMetric.LIMIT_OBSERVED,
          JobMetric.LIMIT_BOUND,
          JobMetric.LIMIT_BROKEN);

  private static final String WITHOUT_DECIDED_CASES = "vigil_console_time_to_decide_seconds";

  private Exported() {}

  /** Flink's and the JVM's own metrics that the dashboards and rules use, with what they mean. */
  static Map<String, String> others() {
    Map<String, String> others = new LinkedHashMap<>();
    String operator = "flink_taskmanager_job_task_operator_";
    others.put(
        operator + "pendingRecords",
        "Records of the input topics that a source subtask has not read yet: the consumer lag.");
    others.put(
        operator + "KafkaSourceReader_KafkaConsumer_records_lag_max",
        "The same of the worst partition of a subtask.");
    others.put(operator + "numRecordsSendErrors", "Records that Kafka did not take.");
    String rocks = operator + "column_family_rocksdb_";
    others.put(
        rocks + "total_sst_files_size", "Bytes of state on disk, by step and column family.");
    others.put(rocks + "estimate_num_keys", "Keys in state, estimated.");
    others.put(rocks + "cur_size_all_mem_tables", "Bytes of writes that RocksDB has in memory.");
    others.put(rocks + "block_cache_usage", "Bytes of the block cache, one for all of a slot.");
    others.put(rocks + "is_write_stopped", "1 while RocksDB takes no writes.");
    String task = "flink_taskmanager_job_task_";
    others.put(task + "busyTimeMsPerSecond", "How long of a second a subtask works.");
    others.put(
        task + "backPressuredTimeMsPerSecond",
        "How long of a second it waits for those behind it.");
    others.put(
        "flink_taskmanager_Status_JVM_Memory_Heap_Used", "Bytes of a TaskManager's heap in use.");
    String job = "flink_jobmanager_job_";
    others.put(
        job + "runningTime",
        "Milliseconds for which the job has been running; 0 or less when it is not.");
    others.put(job + "numRestarts", "Restarts of the job since it was submitted.");
    others.put(job + "numberOfCompletedCheckpoints", "Checkpoints that were completed.");
    others.put(job + "numberOfFailedCheckpoints", "Checkpoints that were not.");
    others.put(
        job + "lastCheckpointCompletedTimestamp",
        "When the last one was completed, milliseconds since the epoch.");
    others.put(job + "lastCheckpointDuration", "How long it took, milliseconds.");
    others.put(job + "lastCheckpointSize", "Bytes that it wrote.");
    others.put(job + "lastCheckpointFullSize", "Bytes that it refers to.");
    others.put("jvm_memory_used_bytes", "Memory of the console's JVM, by area.");
    return others;
  }

  /** The console's own. */
  static List<ConsoleMetrics.Described> console() {
    return new ConsoleMetrics(null, Map::of, Clock.systemUTC()).described();
  }

  /** All that may show. */
  static Set<String> all() {
    Set<String> names = new TreeSet<>(others().keySet());
    for (JobMetric metric : JobMetric.values()) {
      names.addAll(metric.series());
    }
    for (ConsoleMetrics.Described metric : console()) {
      names.addAll(series(metric));
    }
    return names;
  }

  /** All that a stack shows once it has decided something. */
  static Set<String> always() {
    Set<String> names = all();
    SOMETIMES.forEach(metric -> names.removeAll(metric.series()));
    names.remove(WITHOUT_DECIDED_CASES);
    return names;
  }

  private static List<String> series(ConsoleMetrics.Described metric) {
    if (!metric.histogram()) {
      return List.of(metric.name());
    }
    List<String> series = new ArrayList<>();
    for (String part : List.of("_bucket", "_sum", "_count")) {
      series.add(metric.name() + part);
    }
    return series;
  }
}
