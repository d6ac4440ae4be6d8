package io.vigil.cli.local;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the local job is told.
 *
 * @param live true to run until stopped, false to end at the ends of the topics
 * @param parallelism subtasks, at least 1
 * @param bound how much disorder the order buffer waits for, as Flink writes durations
 * @param batchSize rows of a scoring batch; null for the job's default
 * @param webPort of Flink's web page; 0 for any free one
 * @param artefacts built-in names or paths by kind: bundle, rules, lists, policy, rates; a missing
 *     kind takes the job's default
 * @param resume start from the last checkpoint
 * @param extra further options by their full names
 */
public record JobSettings(
    boolean live,
    int parallelism,
    String bound,
    @Nullable Integer batchSize,
    int webPort,
    Map<String, String> artefacts,
    boolean resume,
    Map<String, String> extra) {

  private static final long RECORDS_AHEAD = 30_000;

  private static final long MAX_AHEAD_MIN_MS = 60_000;

  public JobSettings {
    artefacts = Map.copyOf(artefacts);
    extra = Map.copyOf(extra);
  }

  /**
   * The same with a limit on how far one partition may be read ahead of the slowest, so that the
   * order buffers hold some ten thousand records of a history of that density. A limit that was
   * given stays.
   *
   * @param records in the history
   * @param spanMs event time that the history covers
   */
  public JobSettings forHistory(long records, long spanMs) {
    Map<String, String> more = new HashMap<>(extra);
    long aheadMs = Math.max(MAX_AHEAD_MIN_MS, spanMs / Math.max(1, records / RECORDS_AHEAD));
    more.putIfAbsent("vigil.order.max-ahead", aheadMs + " ms");
    return new JobSettings(live, parallelism, bound, batchSize, webPort, artefacts, resume, more);
  }

  /** The same with further options; those that were given stay. */
  public JobSettings with(Map<String, String> defaults) {
    Map<String, String> more = new HashMap<>(defaults);
    more.putAll(extra);
    return new JobSettings(live, parallelism, bound, batchSize, webPort, artefacts, resume, more);
  }

  Map<String, String> options(String bootstrap, int freePort, DataDir data) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("vigil.kafka.bootstrap-servers", bootstrap);
    options.put("vigil.mode", live ? "live" : "bounded");
    options.put("parallelism.default", Integer.toString(parallelism));
    options.put("vigil.order.bound", bound);
    if (batchSize != null) {
      options.put("vigil.scoring.batch-size", Integer.toString(batchSize));
    }
    artefacts.forEach((kind, value) -> options.put("vigil.artefacts." + kind, value));
    options.put("vigil.state.dir", data.state().toUri().toString());
    options.put("vigil.archive.dir", data.archive().toUri().toString());
    options.put("vigil.scoring.crash-dir", data.crashes().toString());
    options.put("rest.port", Integer.toString(webPort == 0 ? freePort : webPort));
    options.put("vigil.resume", Boolean.toString(resume));
    options.putAll(extra);
    if (extra.keySet().stream().noneMatch(key -> key.startsWith("vigil.control.job-key"))) {
      options.putAll(JobKeyFiles.options(data.keys(), live));
    }
    return options;
  }
}
