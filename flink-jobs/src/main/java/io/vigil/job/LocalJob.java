package io.vigil.job;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.RpcServiceSharing;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the job and Flink's web page in this process. Its contract with its parent: what decides is
 * read, checked and loaded, and Flink started; then it prints {@code READY web=URL}. The job begins
 * when a line comes on standard input, and reads its options again. It exits 0 when a bounded job
 * has ended, 1 with one line on standard error when anything has failed, and stops when its
 * standard input ends, so that nothing outlives its parent.
 */
public final class LocalJob {
  private static final Logger LOG = LoggerFactory.getLogger(LocalJob.class);

  private LocalJob() {}

  /**
   * @param args {@code --conf FILE}
   */
  @SuppressWarnings("SystemOut") // the READY line is this process's contract with its parent
  public static void main(String[] args) {
    CountDownLatch begun = listenToParent();
    try {
      FlinkPlugins.load(VigilJob.given(args));
      Configuration options = options(args);
      // Fails now rather than when history has been imported, and loads the native library.
      ArtefactSet.read(options).tryModels();
      try (MiniCluster flink = new MiniCluster(flinkOf(options))) {
        flink.start();
        System.out.println("READY web=http://localhost:" + options.get(RestOptions.PORT));
        begun.await();
        run(flink, options(args));
      }
      System.exit(0);
    } catch (Exception e) {
      LOG.error("the job failed", e);
      System.err.println("job: " + rootMessage(e));
      System.exit(1);
    }
  }

  private static void run(MiniCluster flink, Configuration options) throws Exception {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(options);
    VigilJob.define(env, options);
    JobGraph graph = env.getStreamGraph().getJobGraph();
    graph.setSavepointRestoreSettings(SavepointRestoreSettings.fromConfiguration(options));
    flink.submitJob(graph).get();
    flink
        .requestJobResult(graph.getJobID())
        .get()
        .toJobExecutionResult(LocalJob.class.getClassLoader());
  }

  private static MiniClusterConfiguration flinkOf(Configuration options) {
    return new MiniClusterConfiguration.Builder()
        .setConfiguration(options)
        .setNumTaskManagers(1)
        .setNumSlotsPerTaskManager(options.get(CoreOptions.DEFAULT_PARALLELISM))
        .setRpcServiceSharing(RpcServiceSharing.SHARED)
        .build();
  }

  private static Configuration options(String[] args) throws IOException {
    Configuration options = localOptions();
    options.set(PipelineOptions.NAME, "vigil");
    options.addAll(VigilJob.options(VigilJob.given(args), new Configuration()));
    return options;
  }

  /** Flink's defaults for one process leave RocksDB 128 MiB; what the file says comes first. */
  private static Configuration localOptions() {
    Configuration local = new Configuration();
    local.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(768));
    return local;
  }

  /** Counts down at the first line, and ends this process when the input ends. */
  private static CountDownLatch listenToParent() {
    CountDownLatch begun = new CountDownLatch(1);
    Thread listener =
        new Thread(
            () -> {
              try {
                for (int said = System.in.read(); said >= 0; said = System.in.read()) {
                  if (said == '\n') {
                    begun.countDown();
                  }
                }
              } catch (IOException e) {
                LOG.debug("standard input failed", e);
              }
              Runtime.getRuntime().halt(0);
            },
            "vigil-parent");
    listener.setDaemon(true);
    listener.start();
    return begun;
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root.getClass().getSimpleName() + ": " + root.getMessage();
  }
}
