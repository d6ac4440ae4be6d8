package io.vigil.cli;

import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.FlinkRest;
import io.vigil.job.OptionsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil cluster upgrade}: the next job jar, or other options, from a savepoint. */
@Command(
    name = "upgrade",
    mixinStandardHelpOptions = true,
    description = {
      "Stops the job of the running cluster with a savepoint and starts a jar from it; no decision"
          + " is lost or made twice.",
      "When the new job does not start, the message says how to start the old one again."
    })
final class UpgradeCluster implements Callable<Integer> {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Duration POLL = Duration.ofMillis(200);

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();

  @Option(
      names = "--jar",
      paramLabel = "FILE",
      description = "The job jar (default: the one of this build).")
  private @Nullable Path jar;

  @Option(
      names = "--parallelism",
      paramLabel = "P",
      description = "Subtasks of the job from now on; changes no decision.")
  private @Nullable Integer parallelism;

  @Option(
      names = "--option",
      paramLabel = "KEY=VALUE",
      description = "An option of the job from now on, by its full name; may be repeated.")
  private Map<String, String> extra = new TreeMap<>();

  @Option(
      names = "--from",
      paramLabel = "SAVEPOINT",
      description = "Where the job starts from when none runs, because an upgrade failed.")
  private @Nullable String from;

  /** The job that was started last; null when there is none. */
  static FlinkRest.@Nullable Job newest(FlinkRest rest) throws IOException, InterruptedException {
    return rest.jobs().stream().max(Comparator.comparing(FlinkRest.Job::startMs)).orElse(null);
  }

  @Override
  public Integer call() throws InterruptedException {
    Path directory = data.of(ClusterCommand.NAME).toAbsolutePath();
    Map<String, String> running = DataDir.running(directory);
    String web = running == null ? null : running.get("web");
    if (web == null) {
      throw new CliException(
          "no cluster runs on %s; start one with vigil cluster".formatted(directory));
    }
    Path next = jar != null ? jar : ClusterCommand.files().jar();
    if (!Files.isRegularFile(next)) {
      throw new CliException("job jar " + next + " is not there");
    }
    try {
      Map<String, String> before = OptionsFile.read(DataDir.conf(directory)).toMap();
      Map<String, String> options = new TreeMap<>(before);
      options.putAll(extra);
      if (parallelism != null) {
        options.put("parallelism.default", Integer.toString(parallelism));
      }
      // The savepoint is named, so nothing is looked for.
      options.put("vigil.resume", "false");
      upgrade(new FlinkRest(web), next, directory, before, options);
      return 0;
    } catch (IOException e) {
      throw new CliException("the cluster at " + web + " does not answer: " + e.getMessage(), e);
    }
  }

  private void upgrade(
      FlinkRest rest,
      Path next,
      Path directory,
      Map<String, String> before,
      Map<String, String> options)
      throws IOException, InterruptedException {
    // Before anything stops: a jar that Flink does not take changes nothing.
    String stored = rest.upload(next);
    long stoppedNanos = System.nanoTime();
    String savepoint = savepoint(rest);
    Path conf = DataDir.writeConf(directory, options);
    @Nullable String id = null;
    try {
      id = rest.run(stored, conf, savepoint);
      awaitRunning(rest, id);
    } catch (CliException | IOException e) {
      // The old job is to find its own options, and the place free.
      var unused = DataDir.writeConf(directory, before);
      try {
        if (id != null && isUnderWay(rest, id)) {
          rest.cancel(id);
        }
      } catch (IOException gone) {
        e.addSuppressed(gone);
      }
      throw new CliException(
          "%s; nothing is lost: vigil cluster upgrade --from %s --jar OLD starts the old job again"
              .formatted(e.getMessage(), savepoint),
          e);
    }
    double pauseS = (System.nanoTime() - stoppedNanos) / 1e9;
    console.out().printf("job %s runs from it; the stream paused for %.1f s%n", id, pauseS);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("savepoint", savepoint);
    result.put("job", id);
    result.put("pause_s", pauseS);
    console.writeJson(result);
  }

  private String savepoint(FlinkRest rest) throws IOException, InterruptedException {
    FlinkRest.Job job = newest(rest);
    if (job == null || job.ended()) {
      if (from == null) {
        throw new CliException("no job runs; name what it starts from with --from SAVEPOINT");
      }
      return from;
    }
    if (from != null) {
      throw new CliException("a job runs, and is stopped with a savepoint: leave out --from");
    }
    String savepoint = rest.stop(job.id());
    console.out().println("stopped with " + savepoint);
    console.out().flush();
    return savepoint;
  }

  private static boolean isUnderWay(FlinkRest rest, String id)
      throws IOException, InterruptedException {
    return rest.jobs().stream().anyMatch(job -> job.id().equals(id) && !job.ended());
  }

  private static void awaitRunning(FlinkRest rest, String id)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!rest.allRunning(id)) {
      if (!isUnderWay(rest, id) || System.nanoTime() > deadline) {
        throw new CliException(
            "the new job did not run within %d s: %s"
                .formatted(LIMIT.toSeconds(), rest.failure(id)));
      }
      Thread.sleep(POLL.toMillis());
    }
  }
}
