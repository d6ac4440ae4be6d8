package io.vigil.cli;

import io.vigil.cli.local.ClusterFiles;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.FlinkRest;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalCluster;
import io.vigil.cli.local.LocalConsole;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil cluster}: the job jar on a Flink of several processes. */
@Command(
    name = "cluster",
    mixinStandardHelpOptions = true,
    subcommands = UpgradeCluster.class,
    description = {
      "Starts the broker and a Flink cluster, a process each for JobManager, TaskManagers and"
          + " ZooKeeper, and submits the job jar to it.",
      "Starts again what dies. Ctrl-C stops the job with a savepoint; a later start goes on from it,"
          + " with any number of TaskManagers."
    })
final class ClusterCommand implements Callable<Integer> {
  static final String NAME = "cluster";

  private static final int KAFKA_PORT = 9092;
  private static final int CONSOLE_PORT = 8080;

  /** A cluster outlives the outages around it. */
  private static final Map<String, String> RESTARTS =
      Map.of("restart-strategy.type", "exponential-delay");

  private static final Duration WATCH = Duration.ofSeconds(1);

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();
  @Mixin private ArtefactOptions artefacts = new ArtefactOptions();
  @Mixin private JobOptions job = new JobOptions();

  @Option(
      names = "--task-managers",
      paramLabel = "N",
      defaultValue = "2",
      description = "Processes that do the work (default: ${DEFAULT-VALUE}).")
  private int taskManagers;

  @Option(
      names = "--slots",
      paramLabel = "S",
      description =
          "Subtasks that a TaskManager can take (default: enough for the parallelism when one of"
              + " two is gone).")
  private @Nullable Integer slots;

  @Option(
      names = "--jar",
      paramLabel = "FILE",
      description = "The job jar (default: the one of this build).")
  private @Nullable Path jar;

  @Option(
      names = "--kafka-port",
      paramLabel = "PORT",
      defaultValue = "" + KAFKA_PORT,
      description = "Of the broker; 0 takes any free one (default: ${DEFAULT-VALUE}).")
  private int kafkaPort;

  @Option(
      names = "--console-port",
      paramLabel = "PORT",
      defaultValue = "" + CONSOLE_PORT,
      description = "Of the case console; 0 takes any free one (default: ${DEFAULT-VALUE}).")
  private int consolePort;

  @Option(names = "--no-console", description = "Starts no case console.")
  private boolean noConsole;

  /** What this build made. */
  static ClusterFiles files() {
    return new ClusterFiles(Path.of(System.getProperty("vigil.root", "..")).toAbsolutePath());
  }

  private LocalStack start(DataDir directory, JobSettings settings, ProcessUsage usage)
      throws InterruptedException {
    // What is wrong with the artefacts shows before anything runs.
    var unused = Versions.of(settings);
    return LocalStack.start(directory, kafkaPort, usage);
  }

  @Override
  public Integer call() throws InterruptedException {
    JobSettings settings = job.settings(true, artefacts, true).with(RESTARTS);
    LocalCluster.Size size =
        new LocalCluster.Size(taskManagers, slots != null ? slots : settings.parallelism());
    ClusterFiles files = files();
    Path jobJar = jar != null ? jar : files.jar();
    try (DataDir directory = DataDir.open(data.of(NAME));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = start(directory, settings, usage)) {
      LocalCluster cluster = stack.startCluster(files, size, settings);
      stack.submit(jobJar, settings, null);
      try {
        Map<String, String> addresses = new LinkedHashMap<>();
        addresses.put("bootstrap", stack.bootstrap());
        addresses.put("web", cluster.address());
        console.out().println("Kafka    " + stack.bootstrap());
        console.out().println("Flink    " + cluster.address());
        if (!noConsole) {
          stack.startScoring();
          LocalConsole cases = stack.startConsole(consolePort);
          addresses.put("console", cases.url());
          ConsoleText.print(console, cases);
        }
        directory.announce(addresses);
        console
            .out()
            .printf(
                "running on %d TaskManagers; Ctrl-C stops it with a savepoint, vigil cluster"
                    + " upgrade changes the job%n",
                size.taskManagers());
        console.out().flush();
        console.writeJson(addresses);
        watch(stack, cluster);
      } catch (InterruptedException e) {
        // Ctrl-C is how it ends: put the flag down, the savepoint needs to wait.
        Thread.interrupted();
        stop(cluster);
      }
      return 0;
    }
  }

  private void watch(LocalStack stack, LocalCluster cluster) throws InterruptedException {
    String told = null;
    while (true) {
      Thread.sleep(WATCH.toMillis());
      stack.check();
      try {
        FlinkRest.Job job = UpgradeCluster.newest(cluster.rest());
        String failure = job == null ? null : cluster.rest().failure(job.id());
        boolean failed = job != null && job.state().equals("FAILED");
        if (failure != null && !failure.equals(told)) {
          // Failed for good, an upgrade may still start another one.
          console
              .err()
              .println((failed ? "the job failed for good: " : "the job starts again: ") + failure);
          console.err().flush();
          told = failure;
        }
      } catch (IOException e) {
        // The JobManager is being started again.
      }
    }
  }

  private void stop(LocalCluster cluster) throws InterruptedException {
    try {
      FlinkRest.Job newest = UpgradeCluster.newest(cluster.rest());
      if (newest != null && !newest.ended()) {
        console.out().println("stopped with " + cluster.rest().stop(newest.id()));
      }
    } catch (IOException | CliException e) {
      console
          .out()
          .println("stopped without a savepoint, the last checkpoint stands: " + e.getMessage());
    }
  }
}
