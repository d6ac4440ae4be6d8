package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.FlinkRest;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code vigil cluster} with two TaskManagers under a live stream: SIGKILL for a TaskManager, the
 * JobManager and the broker, an upgrade to another parallelism by savepoint, a stop with another
 * savepoint. Nothing may be missing, all copies of a decision must be the same bytes, and a bounded
 * job that nobody disturbs must come to the same digest. {@code -Dvigil.cluster.rate} says how many
 * transactions a second (250).
 */
@Tag("slow")
class ClusterIT {
  private static final Duration STALL = Duration.ofSeconds(120);
  private static final String BOUND = "250 ms";
  private static final List<String> JVM = List.of("-Xmx256m", "-XX:+UseSerialGC");

  @TempDir private Path folder = Path.of("");
  private Path data = Path.of("");
  private Path bundle = Path.of("");

  @Test
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void killedMembersLoseNothingAndAnUpgradeNeither() throws Exception {
    int rate = Integer.getInteger("vigil.cluster.rate", 250);
    data = folder.resolve("data");
    bundle = HundredFeatures.bundle(folder.resolve("bundle"));
    ChildProcess command = cluster();
    Set<String> ids;
    try {
      Map<String, String> addresses = awaitAddresses(command);
      FlinkRest rest = new FlinkRest(addresses.get("web"));
      String bootstrap = addresses.get("bootstrap");
      try (KillFeed feed = new KillFeed(bootstrap, rate);
          DecisionCopies decisions = new DecisionCopies(bootstrap)) {
        awaitPublished(feed, decisions, rate);
        for (String victim : List.of("TASK_MANAGER", "JOB_MANAGER", "cli.local.Broker")) {
          // What it has done since the last checkpoint is done again.
          awaitCheckpoint(rest);
          kill(command, victim);
          long beganNs = System.nanoTime();
          awaitPublished(feed, decisions, rate);
          System.out.printf(
              "after kill -9 of %s: deciding again after %.1f s, %d decided, %d copies%n",
              victim,
              (System.nanoTime() - beganNs) / 1e9,
              decisions.ids().size(),
              decisions.copies());
        }
        System.out.println(vigil("upgrade", "--parallelism", "3"));
        awaitPublished(feed, decisions, rate);
        feed.stop();
        await(decisions, Set.copyOf(feed.ids()));
        end(command);
        ids = feed.ids();
      }
    } finally {
      command.close();
    }
    replay(ids);
  }

  private ChildProcess cluster() {
    List<String> arguments = new ArrayList<>(List.of("cluster"));
    arguments.addAll(List.of("--data", data.toString(), "--no-console", "--kafka-port", "0"));
    arguments.addAll(List.of("--model", bundle.toString(), "--rules", "basic"));
    arguments.addAll(List.of("--task-managers", "2", "--parallelism", "2", "--bound", BOUND));
    // Without a deadline there is no fallback, the one thing that a wall clock decides.
    arguments.addAll(List.of("--option", "vigil.scoring.deadline=0 ms"));
    arguments.addAll(List.of("--option", "vigil.state.checkpoint-interval=1 s"));
    return vigil(arguments);
  }

  private ChildProcess vigil(List<String> arguments) {
    List<String> jvm = new ArrayList<>(JVM);
    jvm.add("-Dvigil.root=" + Path.of("..").toAbsolutePath().normalize());
    return ChildProcess.start(
        new ChildProcess.Spec(
            "vigil-" + arguments.get(0),
            Vigil.class.getName(),
            arguments,
            jvm,
            Map.of(),
            folder.resolve("logs")));
  }

  private String vigil(String subcommand, String... more) throws InterruptedException, IOException {
    List<String> arguments = new ArrayList<>(List.of("cluster", subcommand));
    arguments.addAll(List.of("--data", data.toString()));
    arguments.addAll(List.of(more));
    try (ChildProcess process = vigil(arguments)) {
      assertThat(process.awaitExit(STALL)).as(() -> subcommand + process.lastError()).isZero();
      List<String> lines = java.nio.file.Files.readAllLines(process.log());
      return lines.get(lines.size() - 1);
    }
  }

  private Map<String, String> awaitAddresses(ChildProcess command) throws InterruptedException {
    long deadlineNs = System.nanoTime() + STALL.toNanos();
    while (System.nanoTime() < deadlineNs) {
      assertThat(command.awaitExit(Duration.ofMillis(200)))
          .as(() -> "ended by itself: " + command.lastError())
          .isNull();
      @Nullable Map<String, String> running = DataDir.running(data);
      if (running != null) {
        return running;
      }
    }
    return fail("the cluster has no address; see %s", command.log());
  }

  /** Waits until what is published from now on, for a second, is decided. */
  private static void awaitPublished(KillFeed feed, DecisionCopies decisions, int rate)
      throws InterruptedException {
    Set<String> before = Set.copyOf(feed.ids());
    long beganNs = System.nanoTime();
    while (feed.ids().size() < before.size() + rate) {
      assertThat(System.nanoTime() - beganNs).as("the feed").isLessThan(STALL.toNanos());
      Thread.sleep(20);
    }
    await(decisions, Set.copyOf(feed.ids()));
  }

  /** Waits as long as there is progress. */
  private static void await(DecisionCopies decisions, Set<String> ids) throws InterruptedException {
    long progressNs = System.nanoTime();
    while (!decisions.ids().containsAll(ids)) {
      int before = decisions.ids().size();
      decisions.read();
      if (decisions.ids().size() > before) {
        progressNs = System.nanoTime();
      } else if (System.nanoTime() - progressNs > STALL.toNanos()) {
        Set<String> missing = new TreeSet<>(ids);
        missing.removeAll(decisions.ids());
        fail("no progress: %d of %d are missing", missing.size(), ids.size());
      }
      Thread.sleep(20);
    }
  }

  private static void awaitCheckpoint(FlinkRest rest) throws Exception {
    long deadlineNs = System.nanoTime() + STALL.toNanos();
    String job = "";
    long seen = -1;
    while (System.nanoTime() < deadlineNs) {
      try {
        FlinkRest.Job newest = UpgradeCluster.newest(rest);
        if (newest != null) {
          job = newest.id();
          long completed = rest.completedCheckpoints(job);
          if (seen >= 0 && completed > seen) {
            return;
          }
          seen = seen < 0 ? completed : seen;
        }
      } catch (IOException | CliException e) {
        seen = -1; // The JobManager is not there yet.
      }
      Thread.sleep(50);
    }
    fail("no checkpoint of %s", job);
  }

  private static void kill(ChildProcess command, String which) {
    ProcessHandle victim =
        command
            .handle()
            .descendants()
            .filter(process -> process.info().commandLine().orElse("").contains(which))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no process is " + which));
    assertThat(victim.destroyForcibly()).isTrue();
  }

  /** As Ctrl-C does. */
  private static void end(ChildProcess command) throws InterruptedException {
    command.handle().destroy();
    assertThat(command.awaitExit(Duration.ofSeconds(60))).as("it ends").isZero();
  }

  /** A job in one process decides the log that is left, from its beginning. */
  @SuppressWarnings("SystemOut")
  private void replay(Set<String> ids) throws Exception {
    System.clearProperty("vigil.job.class");
    try (DataDir directory = DataDir.open(data);
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(directory, 0, usage);
        DecisionCopies decisions = new DecisionCopies(stack.bootstrap())) {
      decisions.read();
      String disturbed = decisions.digestSince();
      long copies = decisions.copies();
      assertThat(decisions.ids()).isEqualTo(ids);
      assertThat(copies).as("work done again").isPositive();

      decisions.mark();
      Map<String, String> more = new TreeMap<>();
      more.put("vigil.state.dir", folder.resolve("replay/state").toUri().toString());
      more.put("vigil.archive.dir", folder.resolve("replay/archive").toUri().toString());
      JobSettings settings =
          new JobSettings(
              false,
              1,
              BOUND,
              32,
              0,
              Map.of("bundle", bundle.toString(), "rules", "basic"),
              false,
              more);
      ChildProcess job = JobOptions.start(stack, settings);
      JobOptions.run(stack, job, settings);
      assertThat(job.awaitExit(Duration.ofMinutes(5))).as(() -> "" + job.lastError()).isZero();
      decisions.read();
      assertThat(decisions.idsSince()).isEqualTo(ids);
      assertThat(decisions.digestSince()).isEqualTo(disturbed);
      System.out.printf(
          "decisions %d, copies by the disturbed cluster %d, digest %s both times%n",
          ids.size(), copies, disturbed);
      System.out.println(
          "replayed from the archive: "
              + ReplayCheck.same(directory.archive(), folder.resolve("again")));
    }
  }
}
