package io.vigil.bench.soak;

import io.vigil.bench.latency.LatencyRun;
import io.vigil.bench.latency.Payments;
import io.vigil.cli.ArtefactOptions;
import io.vigil.cli.JobOptions;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalMetrics;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.flink.util.FileUtils;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code benchmarks/run soak}: whether the local stack stays as it is when it runs for hours. */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Sends transactions to the local stack for hours, at 70 % of the highest rate that it"
            + " keeps, and says whether memory, state and latency stay as they are. A missed rate"
            + " or decision is a FAIL.")
public final class SoakCommand implements Callable<Integer> {
  private static final String BUNDLE = "vigil.artefacts.bundle";
  private static final int RATE_MAX = 100_000;
  private static final int MINUTES_MIN = 5;
  private static final int MINUTES_MAX = 10_000;
  private static final double SHARE = 0.7;
  private static final long MB = 1 << 20;
  private static final long STOP_S = 180;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      required = true,
      description = "Writes the result to FILE; minutes and histograms beside it as they come.")
  private Path json = Path.of("soak.json");

  @Option(
      names = "--rate",
      paramLabel = "R",
      description = "Transactions a second; without it 70 %% of the limit, which is measured.")
  private @Nullable Integer rate;

  @Option(
      names = "--limit",
      paramLabel = "R",
      split = ",",
      defaultValue = "1000,2000,3000,4000,5000,6000,7000,8000",
      description =
          "The rates that are tried for the limit, ascending; it is the last that is kept"
              + " (default: ${DEFAULT-VALUE}).")
  private List<Integer> limits = List.of();

  @Option(
      names = "--limit-seconds",
      paramLabel = "S",
      defaultValue = "60,20,40",
      split = ",",
      description =
          "Of each of them: before the first, before the others, and those that count"
              + " (default: ${DEFAULT-VALUE}).")
  private List<Integer> limitSeconds = List.of();

  @Option(
      names = "--limit-after",
      paramLabel = "R",
      split = ",",
      description =
          "Rates that are tried for the limit once more at the end, on the state that has grown.")
  private List<Integer> limitsAfter = List.of();

  @Option(
      names = "--minutes",
      paramLabel = "M",
      defaultValue = "120",
      description = "How long, at least 5 (default: ${DEFAULT-VALUE}).")
  private int minutes;

  @Option(
      names = "--judge-after",
      paramLabel = "M",
      defaultValue = "0",
      description =
          "The minutes at the beginning that are not judged; 0 is a third of all (default:"
              + " ${DEFAULT-VALUE}).")
  private int judgeAfter;

  @Option(
      names = "--accounts",
      paramLabel = "N",
      defaultValue = "100000",
      description = "That are simulated, at least 500 (default: ${DEFAULT-VALUE}).")
  private int accounts;

  @Option(
      names = "--customers",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "Whom each of them stands for; they pay in turn, and no others come (default:"
              + " ${DEFAULT-VALUE}).")
  private int customers;

  @Option(
      names = "--windows-by",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Divides the windows of the built-in model's features, down to a minute, so that the run"
              + " fills them: 1440 makes half an hour of 30 days (default: ${DEFAULT-VALUE}).")
  private int windowsBy;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Of the simulated payments (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--topic-mb",
      paramLabel = "MB",
      defaultValue = "256",
      description = "Of each partition that the broker keeps (default: ${DEFAULT-VALUE}).")
  private int topicMb;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "Where the stack keeps its data and logs; emptied before.")
  private Path data = Path.of("soak");

  @Mixin private JobOptions job = new JobOptions();

  @Spec private @Nullable CommandSpec command;

  private volatile boolean stopped;

  @Override
  public Integer call() throws Exception {
    // Other artefacts than the built-in ones by --option.
    int port = freePort();
    Path local = data.toAbsolutePath().resolve("tmp");
    Map<String, String> defaults = new TreeMap<>(LocalMetrics.options(port));
    defaults.put("io.tmp.dirs", local.toString());
    check();
    JobSettings given = job.settings(true, new ArtefactOptions(), false);
    Path made = Files.createTempDirectory("vigil-soak");
    JobSettings settings = given.with(defaults).with(model(given, made));
    PrintWriter out = commandSpec().commandLine().getOut();
    CountDownLatch ended = new CountDownLatch(1);
    Thread hook = new Thread(() -> stop(ended), "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try (DataDir open = DataDir.open(data)) {
      open.clear();
      Limit limit = null;
      int to;
      if (rate == null) {
        try (LatencyRun run = LatencyRun.start(open, settings, payments())) {
          limit = Limit.measure(run, limits, seconds(), out);
        }
        if (limit.rate() == 0) {
          throw new IllegalStateException("FAIL: not even the lowest rate was kept");
        }
        to = (int) (limit.rate() * SHARE);
        open.clear();
      } else {
        to = rate;
      }
      return soak(open, settings, limit, to, local, port, out);
    } finally {
      FileUtils.deleteDirectoryQuietly(made.toFile());
      ended.countDown();
    }
  }

  private int soak(
      DataDir open,
      JobSettings settings,
      @Nullable Limit limit,
      int to,
      Path local,
      int port,
      PrintWriter out)
      throws IOException, InterruptedException {
    String fault;
    try (SoakReport report = new SoakReport(out, to, judgeAfter, json.toAbsolutePath());
        SoakRun run = SoakRun.start(open, settings, payments(), local, port, topicMb * MB)) {
      SoakRun.Outcome outcome =
          run.run(to, minutes, SoakReport.warmUp(minutes, judgeAfter), () -> stopped, report::add);
      fault = report.finish(outcome, limit, parameters(settings));
      if (!limitsAfter.isEmpty() && !stopped) {
        report.limitAfter(run.limit(limitsAfter, seconds(), out));
      }
    }
    if (!fault.isEmpty()) {
      throw new IllegalStateException("FAIL: " + fault);
    }
    return 0;
  }

  /** The option that names the model, when it is another than what was given. */
  private Map<String, String> model(JobSettings given, Path made) {
    if (windowsBy == 1) {
      return Map.of();
    }
    if (given.extra().containsKey(BUNDLE)) {
      throw new ParameterException(
          commandSpec().commandLine(),
          "--windows-by: expected the built-in model, got " + given.extra().get(BUNDLE));
    }
    Path folder = made.resolve("bundle");
    ShortWindows.write("default", windowsBy, folder);
    return Map.of(BUNDLE, folder.toString());
  }

  /** Ends the run in order when this process is told to end, and waits for its result. */
  private void stop(CountDownLatch ended) {
    stopped = true;
    try {
      var unused = ended.await(STOP_S, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Limit.Seconds seconds() {
    return new Limit.Seconds(limitSeconds.get(0), limitSeconds.get(1), limitSeconds.get(2));
  }

  private Payments payments() {
    return Payments.ofPopulation(seed, accounts, customers);
  }

  private void check() {
    try {
      if (rate != null) {
        range("--rate", rate, 1, RATE_MAX);
      }
      for (int limit : limits) {
        range("--limit", limit, 1, RATE_MAX);
      }
      for (int limit : limitsAfter) {
        range("--limit-after", limit, 1, RATE_MAX);
      }
      if (limitSeconds.size() != 3) {
        throw new IllegalArgumentException(
            "--limit-seconds: expected three numbers, got " + limitSeconds.size());
      }
      range("--minutes", minutes, MINUTES_MIN, MINUTES_MAX);
      range("--judge-after", judgeAfter, 0, minutes - 1);
      range("--customers", customers, 1, 1_000);
      range("--windows-by", windowsBy, 1, 100_000);
      range("--topic-mb", topicMb, 4, 1 << 20);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(commandSpec().commandLine(), e.getMessage(), e);
    }
  }

  private static void range(String name, int value, int low, int high) {
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          "%s: expected %d to %d, got %d".formatted(name, low, high, value));
    }
  }

  private Map<String, Object> parameters(JobSettings settings) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("minutes", minutes);
    parameters.put("judge_after", judgeAfter);
    parameters.put("limits_after", new ArrayList<>(limitsAfter));
    parameters.put("limits", new ArrayList<>(limits));
    parameters.put("limit_seconds", new ArrayList<>(limitSeconds));
    parameters.put("accounts", accounts);
    parameters.put("customers", customers);
    parameters.put("windows_by", windowsBy);
    parameters.put("seed", seed);
    parameters.put("topic_mb", topicMb);
    parameters.put("parallelism", settings.parallelism());
    parameters.put("bound", settings.bound());
    Map<String, String> options = new TreeMap<>(settings.extra());
    // Of this machine, and no part of what was measured.
    options
        .keySet()
        .removeIf(
            key ->
                key.startsWith("metrics.")
                    || key.equals("io.tmp.dirs")
                    || (windowsBy > 1 && key.equals(BUNDLE)));
    parameters.put("job_options", options);
    parameters.put("job_jvm", System.getenv("VIGIL_JOB_JVM"));
    return parameters;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private CommandSpec commandSpec() {
    if (command == null) {
      throw new IllegalStateException("a command is called through picocli");
    }
    return command;
  }
}
