package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.FlinkRest;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.cli.simulate.Simulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * {@code vigil cluster} with two TaskManagers under a live stream, for tests that break it, and
 * what they hold it to: nothing is missing, all copies of a decision are the same bytes, and a
 * bounded job that nobody disturbs comes to the same digest.
 *
 * <p>{@code -Dvigil.cluster.rate} says how many transactions a second, {@code
 * -Dvigil.cluster.bundle} which model, by name or path.
 */
final class ClusterRig implements AutoCloseable {
  private static final Duration STALL = Duration.ofSeconds(300);
  private static final Duration START = Duration.ofMinutes(6);

  /** Longer than any fault may take to be seen. */
  private static final Duration SEEN = Duration.ofSeconds(120);

  private static final String BOUND = "250 ms";
  private static final List<String> JVM = List.of("-Xmx256m", "-XX:+UseSerialGC");
  private static final Duration POLL = Duration.ofMillis(100);

  private final Path folder;
  private final Path data;
  private final String bundle;
  private final int rate;

  /** Made before there is a cluster, which would have to share the processor with it. */
  private final Simulator simulator = KillFeed.simulator();

  private final ChildProcess command;
  private final FlinkFigures flink;
  private final FlinkRest rest;
  private final String bootstrap;
  private @Nullable KillFeed feed;
  private @Nullable DecisionCopies decisions;

  /** Something that is waited for; may throw while the JobManager is away. */
  interface Condition {
    boolean holds() throws Exception;
  }

  /**
   * Starts the cluster, and returns when it has taken the job.
   *
   * @param folder an empty one for all that it writes
   * @param ratePerSecond unless the property says otherwise
   * @param options of the job and of Flink
   */
  ClusterRig(Path folder, int ratePerSecond, Map<String, String> options) throws Exception {
    this.folder = folder;
    this.data = folder.resolve("data");
    this.rate = Integer.getInteger("vigil.cluster.rate", ratePerSecond);
    String named = System.getProperty("vigil.cluster.bundle");
    this.bundle =
        named == null ? HundredFeatures.bundle(folder.resolve("bundle")).toString() : named;
    List<String> arguments = new ArrayList<>(List.of("cluster"));
    arguments.addAll(List.of("--data", data.toString(), "--no-console", "--kafka-port", "0"));
    arguments.addAll(List.of("--model", bundle, "--rules", "basic"));
    arguments.addAll(List.of("--task-managers", "2", "--parallelism", "2", "--bound", BOUND));
    // Without a deadline there is no fallback, the one thing that a wall clock decides.
    arguments.addAll(List.of("--option", "vigil.scoring.deadline=0 ms"));
    arguments.addAll(List.of("--option", "execution.checkpointing.timeout=1 min"));
    options.forEach((key, value) -> arguments.addAll(List.of("--option", key + "=" + value)));
    this.command = vigil(arguments);
    try {
      Map<String, String> addresses = awaitAddresses();
      this.rest = new FlinkRest(addresses.get("web"));
      this.flink = new FlinkFigures(addresses.get("web"));
      this.bootstrap = addresses.get("bootstrap");
    } catch (Exception | AssertionError e) {
      command.close();
      throw e;
    }
  }

  /** Where its broker is. */
  String bootstrap() {
    return bootstrap;
  }

  /** Where it keeps what it must not forget. */
  Path data() {
    return data;
  }

  FlinkFigures flink() {
    return flink;
  }

  KillFeed feed() {
    if (feed == null) {
      throw new IllegalStateException("feed: expected one that was started, got none");
    }
    return feed;
  }

  DecisionCopies decisions() {
    if (decisions == null) {
      throw new IllegalStateException("decisions: expected a feed that was started, got none");
    }
    return decisions;
  }

  /** Starts the stream, and waits until the first of it is decided. */
  void feedIt() throws InterruptedException {
    decisions = new DecisionCopies(bootstrap);
    feed = new KillFeed(bootstrap, rate, simulator);
    awaitPublished();
  }

  private ChildProcess vigil(List<String> arguments) {
    return vigil(arguments, Map.of());
  }

  private ChildProcess vigil(List<String> arguments, Map<String, String> more) {
    Map<String, String> environment = new TreeMap<>(more);
    environment.put("FLINK_PLUGINS_DIR", S3Server.plugins().toString());
    List<String> jvm = new ArrayList<>(JVM);
    jvm.add("-Dvigil.root=" + Path.of("..").toAbsolutePath().normalize());
    return ChildProcess.start(
        new ChildProcess.Spec(
            "vigil-" + arguments.get(0),
            Vigil.class.getName(),
            arguments,
            jvm,
            environment,
            folder.resolve("logs")));
  }

  /** Runs {@code vigil cluster SUBCOMMAND}, and returns the last line that it prints. */
  String vigil(String subcommand, String... more) throws InterruptedException, IOException {
    List<String> arguments = new ArrayList<>(List.of("cluster", subcommand));
    arguments.addAll(List.of("--data", data.toString()));
    arguments.addAll(List.of(more));
    return last(vigil(arguments));
  }

  /** Runs any other command, with Flink's configuration in a folder; returns what it says last. */
  String vigil(Path flinkConf, List<String> arguments) throws InterruptedException, IOException {
    return last(vigil(arguments, Map.of("FLINK_CONF_DIR", flinkConf.toString())));
  }

  private static String last(ChildProcess command) throws InterruptedException, IOException {
    try (ChildProcess process = command) {
      assertThat(process.awaitExit(STALL)).as(() -> "" + process.lastError()).isZero();
      List<String> lines = Files.readAllLines(process.log());
      return lines.get(lines.size() - 1);
    }
  }

  private Map<String, String> awaitAddresses() throws InterruptedException {
    long deadlineNs = System.nanoTime() + START.toNanos();
    while (System.nanoTime() < deadlineNs) {
      assertThat(command.awaitExit(Duration.ofMillis(200)))
          .as(() -> "ended by itself: " + command.lastError())
          .isNull();
      Map<String, String> running = DataDir.running(data);
      if (running != null) {
        return running;
      }
    }
    return fail("the cluster has no address; see %s", command.log());
  }

  /** Waits until what is published from now on, for a second, is decided. */
  void awaitPublished() throws InterruptedException {
    int before = feed().ids().size();
    long beganNs = System.nanoTime();
    while (feed().ids().size() < before + rate) {
      assertThat(System.nanoTime() - beganNs).as("the feed").isLessThan(STALL.toNanos());
      Thread.sleep(20);
    }
    awaitDecided();
  }

  /** Waits, as long as there is progress, until all that is published by now is decided. */
  void awaitDecided() throws InterruptedException {
    Set<String> missing = new HashSet<>(feed().ids());
    long progressNs = System.nanoTime();
    while (true) {
      int before = decisions().ids().size();
      decisions().read();
      if (decisions().ids().size() > before) {
        progressNs = System.nanoTime();
        missing.removeIf(decisions().ids()::contains);
      } else if (System.nanoTime() - progressNs > STALL.toNanos()) {
        fail("no progress: %d are missing: %s", missing.size(), new TreeSet<>(missing).first());
      }
      if (missing.isEmpty()) {
        return;
      }
      Thread.sleep(POLL.toMillis());
    }
  }

  /** Waits until decisions are about what came within the last two seconds. */
  void awaitCaughtUp() throws InterruptedException {
    long progressNs = System.nanoTime();
    while (System.currentTimeMillis() - decisions().latestMs() > 2_000) {
      int before = decisions().ids().size();
      decisions().read();
      if (decisions().ids().size() > before) {
        progressNs = System.nanoTime();
      }
      assertThat(System.nanoTime() - progressNs).as("no progress").isLessThan(STALL.toNanos());
      Thread.sleep(POLL.toMillis());
    }
  }

  /** Waits until all is as before a fault, and tells how long that took since it began. */
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void recover(String fault, long beganNs) throws InterruptedException {
    awaitPublished();
    double againS = (System.nanoTime() - beganNs) / 1e9;
    awaitCaughtUp();
    System.out.printf(
        "%s: deciding what is new after %.1f s, caught up after %.1f s, longest lag %.1f s; %d"
            + " decided, %d copies; feed: %s%n",
        fault,
        againS,
        (System.nanoTime() - beganNs) / 1e9,
        decisions().lagMsMax() / 1e3,
        decisions().ids().size(),
        decisions().copies(),
        feed().rates());
    decisions().mark();
  }

  /** Lets the stream go on for a while. */
  void runFor(Duration time) throws InterruptedException {
    long untilNs = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < untilNs) {
      decisions().read();
      Thread.sleep(POLL.toMillis());
    }
  }

  /** Waits until a checkpoint is complete that began after this was asked. */
  void awaitCheckpoint() throws Exception {
    long before = Math.max(0, flink.newestCheckpoint(job()));
    await("a checkpoint", () -> flink.newestCheckpoint(job()) > before + 1);
  }

  void await(String what, Condition condition) throws Exception {
    long deadlineNs = System.nanoTime() + SEEN.toNanos();
    while (System.nanoTime() < deadlineNs) {
      try {
        if (condition.holds()) {
          return;
        }
      } catch (IOException | CliException e) {
        // The JobManager is not there yet.
      }
      Thread.sleep(POLL.toMillis());
    }
    fail("after %s there was not: %s", SEEN, what);
  }

  /** The job's id. */
  String job() throws IOException, InterruptedException {
    FlinkRest.Job newest = UpgradeCluster.newest(rest);
    if (newest == null) {
      throw new IOException("no job yet");
    }
    return newest.id();
  }

  /** SIGKILL for the first process whose command line holds that. */
  void kill(String which) {
    assertThat(process(which).destroyForcibly()).isTrue();
  }

  ProcessHandle process(String which) {
    return command
        .handle()
        .descendants()
        .filter(process -> process.info().commandLine().orElse("").contains(which))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no process is " + which));
  }

  /** Ends the stream, and waits until all of it is decided. */
  void endFeed() throws InterruptedException {
    feed().stop();
    awaitDecided();
  }

  /** Ends the cluster as Ctrl-C does; returns who was decided. */
  Set<String> end() throws InterruptedException {
    command.handle().destroy();
    assertThat(command.awaitExit(STALL)).as("it ends").isZero();
    return Set.copyOf(feed().ids());
  }

  /**
   * Has a job in one process decide the log that is left, from its beginning.
   *
   * @param archive of the cluster, which is replayed too
   */
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void replay(Set<String> ids, Path archive) throws Exception {
    System.clearProperty("vigil.job.class");
    try (DataDir directory = DataDir.open(data);
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(directory, 0, usage);
        DecisionCopies all = new DecisionCopies(stack.bootstrap())) {
      all.read();
      String disturbed = all.digestSince();
      long copies = all.copies();
      assertThat(all.ids()).isEqualTo(ids);
      assertThat(copies).as("work done again").isPositive();

      all.mark();
      Map<String, String> more = new TreeMap<>();
      more.put("vigil.state.dir", folder.resolve("replay/state").toUri().toString());
      more.put("vigil.archive.dir", folder.resolve("replay/archive").toUri().toString());
      JobSettings settings =
          new JobSettings(
              false, 1, BOUND, 32, 0, Map.of("bundle", bundle, "rules", "basic"), false, more);
      ChildProcess job = JobOptions.start(stack, settings);
      JobOptions.run(stack, job, settings);
      assertThat(job.awaitExit(Duration.ofMinutes(20))).as(() -> "" + job.lastError()).isZero();
      all.read();
      assertThat(all.idsSince()).isEqualTo(ids);
      assertThat(all.digestSince()).isEqualTo(disturbed);
      System.out.printf(
          "decisions %d, late %d, copies by the disturbed cluster %d, digest %s both times%n",
          ids.size(), all.late(), copies, disturbed);
      System.out.println(
          "replayed from the archive: " + ReplayCheck.same(archive, folder.resolve("again")));
    }
  }

  @Override
  public void close() {
    if (feed != null) {
      feed.close();
    }
    if (decisions != null) {
      decisions.close();
    }
    command.close();
  }
}
