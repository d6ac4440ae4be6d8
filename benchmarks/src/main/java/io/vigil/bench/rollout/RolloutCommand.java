package io.vigil.bench.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.vigil.bench.Machine;
import io.vigil.cli.ArtefactOptions;
import io.vigil.cli.JobOptions;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.Topics;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code benchmarks/run rollout}: a model into force and back while a stream flows. */
@Command(
    name = "rollout",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Takes a boosted model through package, validate, plan, two signatures, shadow, canary,"
          + " promotion and rollback by the command line, while transactions come at a constant"
          + " rate.",
      "Then holds every decision against the activated records, against the first model alone, and"
          + " against a replay. What is not as it must be is a FAIL."
    })
public final class RolloutCommand implements Callable<Integer> {
  @Option(names = "--json", paramLabel = "FILE", description = "Writes the result to FILE.")
  private @Nullable Path json;

  @Option(
      names = "--rate",
      paramLabel = "R",
      defaultValue = "2000",
      description = "Transactions a second (default: ${DEFAULT-VALUE}).")
  private int rate;

  @Option(
      names = "--warm-up",
      paramLabel = "S",
      defaultValue = "60",
      description = "Seconds at that rate before anything counts (default: ${DEFAULT-VALUE}).")
  private int warmUpS;

  @Option(
      names = "--hold",
      paramLabel = "S",
      defaultValue = "30",
      description = "Seconds that each stage lasts (default: ${DEFAULT-VALUE}).")
  private int holdS;

  @Option(
      names = "--most",
      paramLabel = "S",
      defaultValue = "480",
      description = "Seconds of the stream, in which all must be done (default: ${DEFAULT-VALUE}).")
  private int mostS;

  @Option(
      names = "--accounts",
      paramLabel = "N",
      defaultValue = "20000",
      description =
          "Customers of the simulator, at least 500; the fewer, the sooner an account pays again"
              + " (default: ${DEFAULT-VALUE}).")
  private int accounts;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Of the simulated payments (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--new-features",
      description = "The candidate's spec has three features that the one in force lacks.")
  private boolean newFeatures;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where data and logs are kept, an empty folder; without it they are removed.")
  private @Nullable Path data;

  @Mixin private JobOptions job = new JobOptions();

  @Spec private @Nullable CommandSpec command;

  @Override
  public Integer call() throws Exception {
    Path folder =
        data == null ? Files.createTempDirectory("vigil-rollout") : Files.createDirectories(data);
    RolloutReport report = measure(folder.toAbsolutePath());
    if (data == null) {
      remove(folder);
    }
    if (json != null) {
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(json.toFile(), report.json());
    }
    if (!report.faults().isEmpty()) {
      throw new IllegalStateException("FAIL: " + String.join("; ", report.faults()));
    }
    return 0;
  }

  private RolloutReport measure(Path folder) throws IOException, InterruptedException {
    Path workshop = Files.createDirectories(folder.resolve("desk"));
    Desk desk = new Desk(workshop, new Commands(workshop), newFeatures);
    desk.prepare();
    JobSettings settings = settings(desk);
    RolloutReport report = new RolloutReport(out(), parameters(settings));
    report.put("load_before", Machine.load());
    Bundle initial = Bundle.builtIn("default");
    int features =
        FeaturePlan.compile(FeatureSpec.read(initial.featureSpec(), "default")).names().size();
    try (DataDir open = DataDir.open(folder.resolve("live"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(open, 0, usage)) {
      RolloutRun.Happened happened;
      try (RolloutRun run = new RolloutRun(stack, settings, desk, seed, accounts)) {
        happened = run.run(rate, warmUpS, holdS, mostS);
      }
      report.put("load_after", Machine.load());
      report.phases(happened, rate);
      Control control = Control.read(stack.bootstrap());
      Decided live = new Decided(happened.transactions(), settings.parallelism(), features);
      Decided replayed = new Decided(happened.transactions(), 1, features);
      try (Topic topic = new Topic(stack.bootstrap(), Topics.DECISIONS)) {
        topic.read(live::add);
        report.steps(happened, control, live);
        copies(report, live, 0);
        long spanMs = (long) mostS * 1_000;
        Bounded.run(
            stack,
            settings,
            desk.registry(),
            folder.resolve("live/tmp/replay"),
            happened.transactions(),
            spanMs);
        topic.read(
            (ConsumerRecord<byte[], byte[]> entry) -> {
              live.add(entry);
              replayed.add(entry);
            });
        copies(report, live, happened.transactions());
        report.put("decisions_digest", live.digest());
        report.put("decisions_digest_replayed", replayed.digest());
        if (!live.digest().equals(replayed.digest())) {
          report.fault("the replay has another digest");
        }
        Decided reference =
            Bounded.reference(
                stack.bootstrap(),
                settings,
                folder.resolve("reference"),
                happened.transactions(),
                spanMs,
                features);
        Verdict verdict =
            Verdict.of(
                live, reference, control.activations(), initial.digest(), desk.newFeatures());
        verdict.faults().forEach(report::fault);
        report.put("candidate", happened.candidate());
        report.put("checks", verdict.figures());
      }
    }
    plan(report, desk, workshop);
    conclude(report);
    return report;
  }

  /** Of copies there are as many as were made, and none is other bytes. */
  private static void copies(RolloutReport report, Decided live, int expected) {
    report.put("copies", live.repeats());
    if (live.repeats() != expected || live.conflicts() > 0 || live.others() > 0) {
      report.fault(
          "expected %d equal copies, got %d, and %d that differ, and %d of what nobody sent"
              .formatted(expected, live.repeats(), live.conflicts(), live.others()));
    }
  }

  private static void plan(RolloutReport report, Desk desk, Path workshop) throws IOException {
    JsonNode plan = new ObjectMapper().readTree(workshop.resolve("plan.json").toFile());
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("verdict", plan.get("verdict"));
    told.put("rows", plan.get("rows"));
    told.put("seconds", plan.get("seconds"));
    told.put("new_features", plan.get("new_features"));
    report.put("plan", told);
    List<String> named = new ArrayList<>();
    for (JsonNode feature : plan.get("new_features")) {
      named.add(feature.get("name").asText());
      if (feature.get("whole").asText().equals("right from the start")) {
        report.fault("the plan does not say when %s is whole".formatted(feature));
      }
    }
    List<String> expected = desk.newFeatures().stream().map(Desk.NewFeature::name).toList();
    if (!named.equals(expected)) {
      report.fault("the plan names the new features %s, not %s".formatted(named, expected));
    }
  }

  private void conclude(RolloutReport report) {
    PrintWriter out = out();
    Map<String, Object> result = report.json();
    out.println("digest    " + result.get("decisions_digest"));
    out.println("replayed  " + result.get("decisions_digest_replayed"));
    out.println("checks    " + result.get("checks"));
    out.println(result.get("verdict"));
    out.flush();
  }

  private JobSettings settings(Desk desk) {
    JobSettings given = job.settings(true, new ArtefactOptions(), false);
    Map<String, String> more = new HashMap<>(given.extra());
    more.put("vigil.control.registry", desk.registry().toString());
    more.put("vigil.control.keyring", desk.keyring().toString());
    // Without a deadline no latency is bought by a score that is left out, and a replay has nothing
    // to take as given.
    more.putIfAbsent("vigil.scoring.deadline", "0 ms");
    return new JobSettings(
        true,
        given.parallelism(),
        given.bound(),
        given.batchSize(),
        given.webPort(),
        given.artefacts(),
        false,
        more);
  }

  private Map<String, Object> parameters(JobSettings settings) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("rate", rate);
    parameters.put("warm_up_s", warmUpS);
    parameters.put("hold_s", holdS);
    parameters.put("accounts", accounts);
    parameters.put("seed", seed);
    parameters.put("new_features", newFeatures);
    parameters.put("parallelism", settings.parallelism());
    parameters.put("bound", settings.bound());
    parameters.put("deadline", settings.extra().get("vigil.scoring.deadline"));
    return parameters;
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private PrintWriter out() {
    if (command == null) {
      throw new IllegalStateException("a command is called through picocli");
    }
    return command.commandLine().getOut();
  }
}
