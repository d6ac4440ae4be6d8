package io.vigil.cli;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalConsole;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.cli.result.Counts;
import io.vigil.cli.result.ResultsCollector;
import io.vigil.cli.simulate.SimulatedTransaction;
import io.vigil.cli.simulate.Simulator;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code vigil demo}: the whole stack, fed by the simulator.
 *
 * <p>First a history of N transactions is decided at full speed. With {@code --exit} that is all,
 * in a bounded job and at the simulator's own times, so that equal seeds give equal digests.
 * Without it the history is shifted to end at the present moment and read by a live job; then
 * payments go on in real time until Ctrl-C. The job's ticks come after the history in every
 * partition, so they make nothing late.
 */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the whole stack on this machine, fed with simulated payments.",
      "A history is decided first, then payments go on in real time until Ctrl-C."
    })
final class DemoCommand implements Callable<Integer> {

  private static final Duration WATCH = Duration.ofMillis(100);
  private static final int ALERTS_WAITING = 100;

  /** What a live account leaves between two genuine payments, at least. */
  private static final Duration PAUSE = Duration.ofMinutes(15);

  private static final int MOST_LEFT_OUT = 1_000;

  /** Alerts of the history are many: a few show what they look like. */
  private static final int HISTORY_ALERTS = 5;

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();
  @Mixin private ArtefactOptions artefacts = new ArtefactOptions();
  @Mixin private JobOptions job = new JobOptions();
  @Mixin private VaultOption vault = new VaultOption();

  @Option(
      names = "--transactions",
      paramLabel = "N",
      defaultValue = "50000",
      description = "Transactions of the history, at least 1 (default: ${DEFAULT-VALUE}).")
  private long transactions;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "The same seed gives the same payments (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--exit", description = "Ends when the history is decided.")
  private boolean exit;

  @Option(
      names = "--rate",
      paramLabel = "R",
      defaultValue = "5",
      description = "Payments a second after the history, at most (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--kafka-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "Of the broker; 0 takes any free one (default: ${DEFAULT-VALUE}).")
  private int kafkaPort;

  @Option(
      names = "--console-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "Of the case console; 0 takes any free one (default: ${DEFAULT-VALUE}).")
  private int consolePort;

  private final Queue<AlertRaised> alerts = new ArrayBlockingQueue<>(ALERTS_WAITING);
  private final Map<String, Long> lastPaidMs = new HashMap<>();
  private final Stages stages = new Stages();
  private long published;
  private long historySpanMs;

  @Override
  public Integer call() throws InterruptedException, IOException {
    if (transactions < 1 || !(rate > 0 && rate <= 100_000)) {
      throw new CliException("--transactions must be at least 1, --rate above 0 and up to 100000");
    }
    JobSettings settings = job.settings(!exit, artefacts, false);
    try (DataDir directory = DataDir.open(data.of("demo"))) {
      Versions versions = Versions.of(settings);
      directory.clear();
      try (ProcessUsage usage = new ProcessUsage();
          LocalStack stack = LocalStack.start(directory, kafkaPort, usage)) {
        stages.end("start");
        ChildProcess process = JobOptions.start(stack, settings);
        Simulator simulator = simulator(Long.MAX_VALUE);
        try (@Nullable Vault people = vault.open(console.err()::println);
            SimulatedFeed feed = new SimulatedFeed(stack.brokers(), people)) {
          publishHistory(simulator, feed);
          stages.end("import");
          // New alerts beyond those that wait to be shown are counted, not shown.
          try (ResultsCollector results =
              new ResultsCollector(
                  stack.brokers(),
                  null,
                  alert -> {
                    var unused = alerts.offer(alert);
                  })) {
            // How long a history waits for the job says nothing: live latencies begin later.
            results.latencyFrom(exit ? Long.MIN_VALUE : Long.MAX_VALUE);
            String web =
                JobOptions.run(stack, process, settings.forHistory(published, historySpanMs));
            if (!exit) {
              // With --exit nobody stays to ask.
              stack.startScoring();
            }
            LocalConsole cases = stack.startConsole(consolePort, vault.directory());
            directory.announce(
                Map.of("bootstrap", stack.bootstrap(), "web", web, "console", cases.url()));
            console.out().println("Kafka    " + stack.bootstrap());
            console.out().println("Flink    " + web);
            ConsoleText.print(console, cases);
            ResultsCollector.Result result =
                decide(simulator, feed, stack, cases, process, results);
            RunReport.conclude(console, published, result, versions, stages, usage);
            return 0;
          }
        }
      }
    }
  }

  private ResultsCollector.Result decide(
      Simulator simulator,
      SimulatedFeed feed,
      LocalStack stack,
      LocalConsole cases,
      ChildProcess process,
      ResultsCollector results)
      throws InterruptedException, IOException {
    try {
      awaitHistory(stack, process, results);
      stages.end("job");
      if (exit) {
        awaitEnd(process);
        cases.awaitCases();
        return results.finish();
      }
      console.out().printf("live now: %.0f payments a second until Ctrl-C%n", rate);
      console.out().flush();
      results.latencyFrom(System.currentTimeMillis());
      publishLive(simulator, feed, stack, process, results);
    } catch (InterruptedException | RuntimeException e) {
      if (exit || !Interruption.isInterruption(e)) {
        throw e;
      }
      // Ctrl-C is how a live demo ends. Kafka's clients leave the flag up: put it down.
      Thread.interrupted();
    }
    stages.end("live");
    feed.flush();
    awaitSettled(process, results);
    return results.finish();
  }

  private Simulator simulator(long most) {
    SimulatorOptions history = SimulatorOptions.of(seed, transactions);
    return new Simulator(
        new SimulatorOptions(
            history.seed(),
            most,
            history.accounts(),
            history.perAccountDay(),
            history.start(),
            history.fraudShares(),
            history.neverReportedShare(),
            history.reportedAtOnceShare(),
            history.reportMedianDays(),
            history.reportSigma()));
  }

  private void publishHistory(Simulator simulator, SimulatedFeed feed) {
    long shiftMs = exit ? 0 : System.currentTimeMillis() - endOfHistoryMs();
    long firstMs = 0;
    try (Progress progress = Progress.of(console, "publishing", transactions)) {
      while (published < transactions) {
        SimulatedTransaction next = simulator.next();
        if (published == 0) {
          firstMs = next.transaction().getEventTime();
        }
        historySpanMs = next.transaction().getEventTime() - firstMs;
        feed.publish(next, next.transaction().getEventTime() + shiftMs);
        progress.update(++published);
      }
      feed.flush();
    }
  }

  /** The history's last event time: simulated once more, since the stream is made as it is read. */
  private long endOfHistoryMs() {
    Simulator again = simulator(transactions);
    long lastMs = 0;
    while (again.hasNext()) {
      lastMs = again.next().transaction().getEventTime();
    }
    return lastMs;
  }

  private void awaitHistory(LocalStack stack, ChildProcess process, ResultsCollector results)
      throws InterruptedException {
    int shown = 0;
    // The job has decided all the while that the history was published.
    long settled = results.counts().settledTransactions();
    try (Progress progress = Progress.of(console, "deciding", transactions, settled)) {
      while (settled < transactions) {
        Integer code = process.awaitExit(WATCH);
        stack.check();
        Counts counts = results.counts();
        settled = counts.settledTransactions();
        progress.update(settled);
        for (AlertRaised alert = alerts.poll(); alert != null; alert = alerts.poll()) {
          if (shown++ < HISTORY_ALERTS) {
            progress.println(AlertText.line(alert));
          }
        }
        if (code != null && (code != 0 || !exit)) {
          throw new CliException(process.describeEnd());
        }
        if (code != null) {
          // The job has written everything; the collector reads the rest when it finishes.
          return;
        }
      }
    }
  }

  private void awaitEnd(ChildProcess process) throws InterruptedException {
    Integer code = process.awaitExit(Duration.ofMinutes(5));
    if (code == null) {
      throw new CliException("the job has not ended though all is decided; see " + process.log());
    }
    if (code != 0) {
      throw new CliException(process.describeEnd());
    }
  }

  private void publishLive(
      Simulator simulator,
      SimulatedFeed feed,
      LocalStack stack,
      ChildProcess process,
      ResultsCollector results)
      throws InterruptedException {
    long startNs = System.nanoTime();
    long sent = 0;
    while (process.awaitExit(Duration.ofMillis(Math.max(1, (long) (1000 / rate)))) == null) {
      stack.check();
      long due = (long) ((System.nanoTime() - startNs) / 1e9 * rate);
      while (sent < due) {
        sent++;
        SimulatedTransaction next = nextPlausible(simulator);
        if (next != null) {
          feed.publish(next, System.currentTimeMillis());
          feed.release();
          published++;
        }
      }
      results.counts();
      for (AlertRaised alert = alerts.poll(); alert != null; alert = alerts.poll()) {
        console.out().println(AlertText.line(alert));
        console.out().flush();
      }
    }
    throw new CliException(process.describeEnd());
  }

  /**
   * The next payment that can take place now, or null when none of many can. The simulated accounts
   * are far fewer than a bank's, so in real time they would pay without a pause, in places far
   * apart: a genuine payment is left out when its account has paid within the last minutes.
   */
  private @Nullable SimulatedTransaction nextPlausible(Simulator simulator) {
    long nowMs = System.currentTimeMillis();
    for (int i = 0; i < MOST_LEFT_OUT; i++) {
      SimulatedTransaction next = simulator.next();
      String account = next.transaction().getAccount();
      Long lastMs = lastPaidMs.get(account);
      if (next.fraudKind() != null || lastMs == null || nowMs - lastMs >= PAUSE.toMillis()) {
        lastPaidMs.put(account, nowMs);
        return next;
      }
    }
    return null;
  }

  /** Gives the job time to decide what is in the log. */
  private void awaitSettled(ChildProcess process, ResultsCollector results)
      throws InterruptedException {
    for (int i = 0; i < 100 && results.counts().settledTransactions() < published; i++) {
      @Nullable Integer code = process.awaitExit(WATCH);
      if (code != null) {
        throw new CliException(process.describeEnd());
      }
    }
  }
}
