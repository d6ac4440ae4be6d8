package io.vigil.bench.latency;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.vigil.cli.ArtefactOptions;
import io.vigil.cli.JobOptions;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.flink.util.TimeUtils;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code benchmarks/run latency}: how long decisions take at a constant rate. */
@Command(
    name = "latency",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Sends transactions to the local stack at a constant rate and takes the time from when"
            + " each was due to when a consumer has its decision. A rate that is not kept is a"
            + " FAIL.")
public final class LatencyCommand implements Callable<Integer> {
  private static final int RATE_MAX = 100_000;
  private static final int SECONDS_MAX = 3_600;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Writes the result to FILE, and the histograms beside it.")
  private @Nullable Path json;

  @Option(
      names = {"--rate", "--rates"},
      paramLabel = "R",
      split = ",",
      defaultValue = "5000",
      description =
          "Transactions a second; several are steps of one run (default: ${DEFAULT-VALUE}).")
  private List<Integer> rates = List.of();

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "60",
      description = "That count, for each rate (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      paramLabel = "S",
      defaultValue = "90",
      description = "Seconds before them, at the same rate (default: ${DEFAULT-VALUE}).")
  private int warmUpS;

  @Option(
      names = "--accounts",
      paramLabel = "N",
      defaultValue = "200000",
      description = "Customers who pay, at least 500 (default: ${DEFAULT-VALUE}).")
  private int accounts;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Of the simulated payments (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where the stack keeps its data and logs; without it they are removed.")
  private @Nullable Path data;

  @Mixin private JobOptions job = new JobOptions();

  @Spec private @Nullable CommandSpec command;

  @Override
  public Integer call() throws Exception {
    // Other artefacts than the built-in ones by --option: --rates means another thing here.
    JobSettings settings = job.settings(true, new ArtefactOptions(), false);
    long boundMs = check(settings);
    Path directory = data == null ? Files.createTempDirectory("vigil-latency") : data;
    LatencyReport report =
        new LatencyReport(commandSpec().commandLine().getOut(), boundMs, parameters(settings));
    try (DataDir open = DataDir.open(directory)) {
      open.clear();
      try (LatencyRun run = LatencyRun.start(open, settings, new Payments(seed, accounts, 1))) {
        for (int rate : rates) {
          Step step = run.step(rate, warmUpS, seconds);
          report.add(step);
          if (step.figures().missing() > 0) {
            break; // A higher rate would begin with what this one left.
          }
        }
      }
    }
    if (data == null) {
      remove(directory);
    }
    if (json != null) {
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(json.toFile(), report.json());
      report.writeHistograms(json.toAbsolutePath());
    }
    String fault = report.fault();
    if (!fault.isEmpty()) {
      throw new IllegalStateException("FAIL: " + fault);
    }
    return 0;
  }

  /** Returns the bound, milliseconds. */
  private long check(JobSettings settings) {
    try {
      for (int rate : rates) {
        range("--rate", rate, 1, RATE_MAX);
      }
      range("--seconds", seconds, 2, SECONDS_MAX);
      range("--warm-up", warmUpS, 0, SECONDS_MAX);
      return TimeUtils.parseDuration(settings.bound()).toMillis();
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
    parameters.put("rates", new ArrayList<>(rates));
    parameters.put("seconds", seconds);
    parameters.put("warm_up_s", warmUpS);
    parameters.put("accounts", accounts);
    parameters.put("seed", seed);
    parameters.put("parallelism", settings.parallelism());
    parameters.put("bound", settings.bound());
    parameters.put("batch_size", settings.batchSize());
    parameters.put("job_options", settings.extra());
    parameters.put("job_jvm", System.getenv("VIGIL_JOB_JVM"));
    return parameters;
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private CommandSpec commandSpec() {
    if (command == null) {
      throw new IllegalStateException("a command is called through picocli");
    }
    return command;
  }
}
