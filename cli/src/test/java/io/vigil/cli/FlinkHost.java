package io.vigil.cli;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.client.program.PackagedProgram;
import org.apache.flink.client.program.PackagedProgramUtils;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;

/**
 * A process that has what a cluster's lib folder has, Flink and the engines, and runs a job jar a
 * number of times on one Flink: arguments JAR, CONF, STARTS. Prints what a test asks afterwards.
 */
final class FlinkHost {
  private FlinkHost() {}

  @SuppressWarnings("SystemOut") // What its parent reads.
  public static void main(String[] args) {
    try {
      host(args);
      System.exit(0);
    } catch (Throwable e) { // A class that is missing is an Error, and other threads live on.
      e.printStackTrace();
      System.exit(1);
    }
  }

  @SuppressWarnings("SystemOut")
  private static void host(String[] args) throws Exception {
    Configuration options = new Configuration();
    options.set(RestOptions.BIND_PORT, "0");
    List<Integer> loaded = new ArrayList<>();
    try (MiniCluster flink =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(options)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(2)
                .build())) {
      flink.start();
      for (int i = 0; i < Integer.parseInt(args[2]); i++) {
        run(flink, new File(args[0]), args[1]);
        System.gc();
        loaded.add(ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
      }
      System.out.println("classes " + loaded.toString().replaceAll("[\\[\\],]", ""));
      Thread.getAllStackTraces()
          .keySet()
          .forEach(thread -> System.out.println("thread " + thread.getName()));
    }
  }

  private static void run(MiniCluster flink, File jar, String conf) throws Exception {
    Configuration client = new Configuration();
    client.set(CoreOptions.DEFAULT_PARALLELISM, 2);
    try (PackagedProgram program =
        PackagedProgram.newBuilder()
            .setJarFile(jar)
            .setConfiguration(client)
            .setArguments("--conf", conf)
            .build()) {
      JobGraph graph = PackagedProgramUtils.createJobGraph(program, client, 2, false);
      flink.submitJob(graph).get();
      flink
          .requestJobResult(graph.getJobID())
          .get()
          .toJobExecutionResult(program.getUserCodeClassLoader());
    }
  }
}
