package io.vigil.job;

import java.io.IOException;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the job and Flink's web page in this process. Prints {@code READY web=URL} when the job has
 * been taken, exits 0 when a bounded job has ended, 1 with one line on standard error when it has
 * failed, and stops when its standard input ends, so that nothing outlives its parent.
 */
public final class LocalJob {
  private static final Logger LOG = LoggerFactory.getLogger(LocalJob.class);

  private LocalJob() {}

  /**
   * @param args {@code --conf FILE}
   */
  @SuppressWarnings("SystemOut") // the READY line is this process's contract with its parent
  public static void main(String[] args) {
    try {
      Configuration options = localOptions();
      options.addAll(VigilJob.options(args));
      StreamExecutionEnvironment env =
          StreamExecutionEnvironment.createLocalEnvironmentWithWebUI(options);
      VigilJob.define(env, options);
      JobClient job = env.executeAsync("vigil");
      System.out.println("READY web=http://localhost:" + options.get(RestOptions.PORT));
      stopWithParent();
      job.getJobExecutionResult().get();
      System.exit(0);
    } catch (Exception e) {
      LOG.error("the job failed", e);
      System.err.println("job: " + rootMessage(e));
      System.exit(1);
    }
  }

  /** Flink's defaults for one process leave RocksDB 128 MiB; what the file says comes first. */
  private static Configuration localOptions() {
    Configuration local = new Configuration();
    local.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(768));
    return local;
  }

  private static void stopWithParent() {
    Thread watch =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // Nothing is said on this channel: only its end counts.
                }
              } catch (IOException e) {
                LOG.debug("standard input failed", e);
              }
              Runtime.getRuntime().halt(0);
            },
            "vigil-parent-watch");
    watch.setDaemon(true);
    watch.start();
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root.getClass().getSimpleName() + ": " + root.getMessage();
  }
}
