package io.vigil.bench.reasons;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.vigil.bench.Machine;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Held;
import io.vigil.model.policy.Policy;
import io.vigil.model.reason.ReasonCode;
import io.vigil.model.reason.ReasonCodes;
import io.vigil.model.score.Explainer;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.DoublePredicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code benchmarks/run reasons}: what an alert's reasons are worth, and what they cost. */
@Command(
    name = "reasons",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    description =
        "Ways to split a network's logit among causes, on the alerts of a simulated stream: do they"
            + " add up, do the first three carry the alert, do the first two name the planted cause,"
            + " and what does an alert cost.")
public final class ReasonsCommand implements Callable<Integer> {
  private static final String SHIPPED = "explainer";

  /** Combinations of more causes are not scored here. */
  private static final int CAUSES_MAX = 16;

  /** Exact values are reckoned for one alert in so many. */
  private static final int EXACT_EVERY = 20;

  /** Explained before the clock counts. */
  private static final int WARM_UP = 300;

  @Option(names = "--json", paramLabel = "FILE", description = "Writes the result to FILE.")
  private @Nullable Path json;

  @Option(
      names = "--model",
      paramLabel = "BUNDLE",
      defaultValue = "default",
      description = "A bundle's folder, or the name of one that comes with Vigil.")
  private String model = "default";

  @Option(
      names = "--transactions",
      defaultValue = "900000",
      description = "Of the simulated stream.")
  private long transactions;

  @Option(
      names = "--from",
      defaultValue = "200000",
      description = "The first of them only build up history.")
  private long from;

  @Option(
      names = "--seed",
      defaultValue = "7",
      description = "Of the stream; not the one that the default model learnt from.")
  private long seed;

  @Spec private @Nullable CommandSpec command;

  /** One way and what it came to. */
  private record Side(String id, Figures figures, List<Double> costsUs, long[] rows) {}

  @Override
  public Integer call() throws Exception {
    Map<String, Object> machine = Machine.describe();
    machine.put("load_before", Machine.load());
    Path folder = Path.of(model);
    Bundle bundle = Files.isDirectory(folder) ? Bundle.read(folder) : Bundle.builtIn(model);
    Policy policy = Policy.builtIn();
    FeatureSpec spec = FeatureSpec.read(bundle.featureSpec(), "features.yaml");
    FeaturePlan plan = FeaturePlan.compile(spec);
    Map<String, Object> result = new LinkedHashMap<>();
    try (Scorer scorer = bundle.open("cpu")) {
      ScoringModel scoring = bundle.scoringModel(scorer, plan.names());
      List<Alerts.Alert> alerts =
          Alerts.of(SimulatorOptions.of(seed, transactions), from, plan, scoring, policy);
      if (alerts.isEmpty()) {
        throw new ParameterException(commandSpec().commandLine(), "expected alerts, got none");
      }
      long frauds = alerts.stream().filter(alert -> alert.kind() != null).count();
      result.put("benchmark", "reasons");
      result.put("parameters", parameters(bundle));
      result.put("machine", machine);
      result.put("alerts", alerts.size());
      result.put("true_alerts", frauds);
      print("%,d alerts, %,d of them true%n", alerts.size(), frauds);
      DoublePredicate isAlert =
          logit -> policy.decide(scoring.probability((float) logit), Held.NOTHING, 0).alert();
      result.put("methods", measure(bundle, scorer, scoring, spec, plan, alerts, isAlert));
    }
    result.put("load_after", Machine.load());
    if (json != null) {
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(json.toFile(), result);
    }
    return 0;
  }

  private Map<String, Object> measure(
      Bundle bundle,
      Scorer scorer,
      ScoringModel scoring,
      FeatureSpec spec,
      FeaturePlan plan,
      List<Alerts.Alert> alerts,
      DoublePredicate isAlert) {
    Map<String, ReasonCode> codes = ReasonCodes.of(spec);
    Causes grouped = new Causes(scorer, bundle.manifest().inputs(), plan.names(), codes, true);
    Causes single = new Causes(scorer, bundle.manifest().inputs(), plan.names(), codes, false);
    if (grouped.count() > CAUSES_MAX || single.count() >= Integer.SIZE) {
      throw new ParameterException(
          commandSpec().commandLine(),
          "--model: expected at most %d causes and %d inputs, got %d and %d"
              .formatted(CAUSES_MAX, Integer.SIZE - 1, grouped.count(), single.count()));
    }
    Explainer explainer = new Explainer(scoring, codes);
    Method features = new Method.Ablation("ablation_features");
    Method exact = new Method.ExactShapley();
    List<Method> methods =
        List.of(
            new Method.Ablation("ablation"),
            new Method.Greedy(),
            new Method.SampledShapley(4),
            new Method.SampledShapley(16),
            new Method.SampledShapley(40),
            new Method.IntegratedGradients(8),
            new Method.IntegratedGradients(32));
    Map<String, Side> sides = new LinkedHashMap<>();
    for (boolean counts : new boolean[] {false, true}) {
      sides.clear();
      int count = counts ? alerts.size() : Math.min(WARM_UP, alerts.size());
      for (int i = 0; i < count; i++) {
        Alerts.Alert alert = alerts.get(i);
        grouped.present(alert.vector());
        single.present(alert.vector());
        double @Nullable [] values = null;
        if (i % EXACT_EVERY == 0) {
          values = time(sides, exact, grouped, isAlert);
          side(sides, exact.id(), isAlert).figures.add(alert, grouped, values, values);
        }
        double[] alone = time(sides, features, single, isAlert);
        side(sides, features.id(), isAlert).figures.add(alert, single, alone, null);
        for (Method method : methods) {
          double[] theirs = time(sides, method, grouped, isAlert);
          side(sides, method.id(), isAlert).figures.add(alert, grouped, theirs, values);
        }
        Side shipped = side(sides, SHIPPED, isAlert);
        long started = System.nanoTime();
        Explainer.Explanation explanation = explainer.explain(alert.vector());
        shipped.costsUs.add((System.nanoTime() - started) / 1e3);
        double[] ours = new double[grouped.count()];
        for (Explainer.Cause cause : explanation.causes()) {
          ours[grouped.indexOf(cause.code())] = cause.contribution();
        }
        shipped.figures.add(alert, grouped, ours, values);
      }
    }
    Map<String, Object> result = new LinkedHashMap<>();
    print(
        "%-20s %10s %10s %6s %9s %8s %8s %10s%n",
        "method", "error max", "distance", "rows", "p50 us", "p99 us", "cleared", "named min");
    for (Side side : sides.values()) {
      result.put(side.id, json(side));
    }
    return result;
  }

  private static double[] time(
      Map<String, Side> sides, Method method, Causes causes, DoublePredicate isAlert) {
    Side side = side(sides, method.id(), isAlert);
    long rows = causes.rows();
    long started = System.nanoTime();
    double[] values = method.contributions(causes);
    side.costsUs.add((System.nanoTime() - started) / 1e3);
    side.rows[0] += causes.rows() - rows;
    return values;
  }

  private static Side side(Map<String, Side> sides, String id, DoublePredicate isAlert) {
    return sides.computeIfAbsent(
        id, name -> new Side(name, new Figures(isAlert), new ArrayList<>(), new long[1]));
  }

  private Map<String, Object> json(Side side) {
    double[] sorted = side.costsUs.stream().mapToDouble(cost -> cost).toArray();
    Arrays.sort(sorted);
    double p50 = sorted[(sorted.length - 1) / 2];
    double p99 = sorted[(int) Math.ceil(0.99 * sorted.length) - 1];
    Map<String, Object> json = new LinkedHashMap<>();
    if (side.rows[0] > 0) {
      json.put("rows_per_alert", side.rows[0] / (double) sorted.length);
    }
    json.put("cost_us_p50", p50);
    json.put("cost_us_p99", p99);
    json.putAll(side.figures.json());
    print(
        "%-20s %10.2g %10.2g %6.0f %9.0f %8.0f %8.3f %10.3f%n",
        side.id,
        side.figures.additivityErrorMax(),
        side.figures.distanceToExact(),
        side.rows[0] / (double) sorted.length,
        p50,
        p99,
        side.figures.clearedShare(),
        side.figures.namedShareMin());
    return json;
  }

  private Map<String, Object> parameters(Bundle bundle) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("model", bundle.manifest().name());
    parameters.put("model_sha256", bundle.digest());
    parameters.put("transactions", transactions);
    parameters.put("from", from);
    parameters.put("seed", seed);
    return parameters;
  }

  private void print(String format, Object... values) {
    PrintWriter out = commandSpec().commandLine().getOut();
    out.print(String.format(Locale.ROOT, format, values));
    out.flush();
  }

  private CommandSpec commandSpec() {
    if (command == null) {
      throw new IllegalStateException("a command is called through picocli");
    }
    return command;
  }
}
