package io.vigil.cli;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalMetrics;
import io.vigil.cli.local.LocalStack;
import io.vigil.model.torch.TorchRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the job runs, as the commands that start one let you say. */
public final class JobOptions {

  private static final Duration JOB_START = Duration.ofMinutes(2);
  private static final List<String> JVM =
      List.of("-Xms512m", "-Xmx1536m", "-XX:MaxDirectMemorySize=512m", "-XX:+UseParallelGC");

  @Option(
      names = "--parallelism",
      paramLabel = "P",
      defaultValue = "2",
      description = "Subtasks of the job; changes no decision (default: ${DEFAULT-VALUE}).")
  private int parallelism;

  @Option(
      names = "--batch-size",
      paramLabel = "B",
      description = "Rows scored together, 1 to 4096; changes no decision.")
  private @Nullable Integer batchSize;

  @Option(
      names = "--bound",
      paramLabel = "TIME",
      defaultValue = "250ms",
      description =
          "How long the order waits for records that come out of order (default:"
              + " ${DEFAULT-VALUE}).")
  private String bound = "250ms";

  @Option(
      names = "--web-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "Of Flink's web page; 0 takes any free one (default: ${DEFAULT-VALUE}).")
  private int webPort;

  @Option(
      names = "--metrics-port",
      paramLabel = "PORT",
      description =
          "Where Prometheus finds the job's metrics, from 1 to 65534; the console's are at the next"
              + " port.")
  private @Nullable Integer metricsPort;

  @Option(
      names = "--option",
      paramLabel = "KEY=VALUE",
      description = "Any other option of the job by its full name; may be repeated.")
  private Map<String, String> extra = new TreeMap<>();

  /**
   * What was asked for.
   *
   * @param live true to run until stopped
   * @param resume true to start from the last checkpoint
   */
  public JobSettings settings(boolean live, ArtefactOptions artefacts, boolean resume) {
    Map<String, String> more = new TreeMap<>();
    if (metricsPort != null) {
      if (metricsPort < 1 || metricsPort > 65_534) {
        throw new CliException("--metrics-port: expected 1 to 65534, got " + metricsPort);
      }
      more.putAll(LocalMetrics.options(metricsPort));
    }
    more.putAll(extra);
    return new JobSettings(
        live, parallelism, bound, batchSize, webPort, artefacts.byKind(), resume, more);
  }

  /**
   * Starts the job's process, with the code paths of its engine pinned; {@link #run} lets it run.
   */
  public static ChildProcess start(LocalStack stack, JobSettings settings) {
    List<String> jvm = new ArrayList<>(JVM);
    if (!settings.live()) {
      jvm.addAll(ChildProcess.COMPILE_LITTLE);
    }
    String given = System.getenv("VIGIL_JOB_JVM");
    if (given != null && !given.isBlank()) {
      // The last of two equal options counts.
      jvm.addAll(List.of(given.strip().split("\\s+")));
    }
    Map<String, String> environment = new TreeMap<>(TorchRuntime.environment());
    environment.put("DJL_OFFLINE", "true");
    return stack.startJob(settings, jvm, environment);
  }

  /** Lets the job run as soon as it is ready, and returns the address of its web page. */
  public static String run(LocalStack stack, ChildProcess job, JobSettings settings)
      throws InterruptedException {
    String web = job.awaitReady(JOB_START).replace("web=", "");
    stack.runJob(job, settings);
    return web;
  }
}
