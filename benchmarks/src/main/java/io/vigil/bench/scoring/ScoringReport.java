package io.vigil.bench.scoring;

import io.vigil.bench.Machine;
import io.vigil.bench.measure.Spread;
import io.vigil.model.torch.TorchRuntime;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Prints the results as they come, and holds them for machines to read. */
final class ScoringReport {
  private static final String OURS = "ours_" + NetworkRun.BATCH;

  private final PrintWriter out;
  private final Map<String, Object> json = new LinkedHashMap<>();
  private final Map<String, Object> networks = new LinkedHashMap<>();
  private final Map<String, Object> bits = new LinkedHashMap<>();

  ScoringReport(PrintWriter out, Map<String, Object> parameters) {
    this.out = out;
    Map<String, Object> machine = Machine.describe();
    machine.put("load_before", Machine.load());
    machine.put("code_paths_pinned", TorchRuntime.pinned());
    json.put("benchmark", "scoring");
    json.put("parameters", parameters);
    json.put("machine", machine);
    if (!TorchRuntime.pinned()) {
      print(
          "warning: libtorch's code paths are not pinned; benchmarks/run sets %s%n",
          TorchRuntime.environment());
    }
  }

  /** On what the networks ran. */
  void engineClass(String engineClass) {
    json.put("engine_class", engineClass);
  }

  /** Adds one network's sides; the MLP's ratios are the result's. */
  void network(NetworkRun run) {
    Spread record = run.rounds().ratio("record_at_a_time", OURS);
    Spread batchifier = run.rounds().ratio("batchifier", OURS);
    if (run.network() == Network.MLP) {
      json.put("cpu_ratio_record_at_a_time", record.median());
      json.put("cpu_ratio_batchifier", batchifier.median());
    }
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("logit_difference_max", run.logitDifferenceMax());
    figures.put(
        "cpu_ratios", Map.of("record_at_a_time", spread(record), "batchifier", spread(batchifier)));
    Map<String, Object> sides = new LinkedHashMap<>();
    print("%n%s%n", run.network().id());
    print(
        "%-17s %9s %17s %8s %10s %10s %10s%n",
        "side", "CPU µs", "p10 - p90", "x ours", "rows/s", "p50 µs", "p99 µs");
    for (int i = 0; i < run.sides().size(); i++) {
      Scored side = run.sides().get(i);
      int warmUp = run.rounds().warmUpRounds();
      Spread cpu = run.rounds().cpuUs(side.name());
      double[] rates = side.rowsPerSecond();
      Spread rate = Spread.of(Arrays.copyOfRange(rates, warmUp, rates.length));
      double[] calls = side.callsUs(warmUp);
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("batch", side.batch());
      one.put("cpu_us_per_row", spread(cpu));
      one.put("rows_per_s", spread(rate));
      one.put("call_us_p50", percentile(calls, 0.5));
      one.put("call_us_p99", percentile(calls, 0.99));
      one.put("rounds_cpu_us_per_row", run.rounds().cpuUs()[i]);
      sides.put(side.name(), one);
      print(
          "%-17s %9.2f %8.2f-%8.2f %8.2f %10.0f %10.0f %10.0f%n",
          side.name(),
          cpu.median(),
          cpu.p10(),
          cpu.p90(),
          run.rounds().ratio(side.name(), OURS).median(),
          rate.median(),
          percentile(calls, 0.5),
          percentile(calls, 0.99));
    }
    figures.put("sides", sides);
    networks.put(run.network().id(), figures);
    json.put("networks", networks);
  }

  /** Adds the jobs beside the bare loop. */
  void streams(StreamRun run) {
    Map<String, Object> figures = new LinkedHashMap<>();
    Spread flink = run.speed(StreamRun.SCORE, StreamRun.LOOP);
    Spread decide = run.speed(StreamRun.DECIDE, StreamRun.LOOP);
    Spread async = run.speed(StreamRun.ASYNC, StreamRun.SCORE);
    json.put("flink_vs_bare_loop", flink.median());
    json.put("decide_vs_bare_loop", decide.median());
    json.put("asyncfunction_vs_ours", async.median());
    figures.put("flink_vs_bare_loop", spread(flink));
    figures.put("decide_vs_bare_loop", spread(decide));
    figures.put("asyncfunction_vs_ours", spread(async));
    figures.put("cpu_ratio_flink", spread(run.cpu(StreamRun.SCORE, StreamRun.LOOP)));
    figures.put("cpu_ratio_decide", spread(run.cpu(StreamRun.DECIDE, StreamRun.LOOP)));
    figures.put("cpu_ratio_asyncfunction", spread(run.cpu(StreamRun.ASYNC, StreamRun.SCORE)));
    figures.put("decide_alerts", run.alerts());
    Map<String, Object> sides = new LinkedHashMap<>();
    print("%njobs at parallelism 1 beside a loop, %s%n", Network.MLP.id());
    print("%-17s %9s %17s %10s%n", "side", "CPU µs", "p10 - p90", "rows/s");
    for (String side : run.sides()) {
      Spread cpu = run.cpuUsPerRow(side);
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("cpu_us_per_row", spread(cpu));
      one.put("rows_per_s", spread(run.rowsPerSecond(side)));
      one.put(
          "rounds",
          run.passages(side).stream()
              .map(p -> Map.of("rows", p.rows(), "wall_ns", p.wallNs(), "cpu_ns", p.cpuNs()))
              .toList());
      sides.put(side, one);
      print(
          "%-17s %9.2f %8.2f-%8.2f %10.0f%n",
          side, cpu.median(), cpu.p10(), cpu.p90(), run.rowsPerSecond(side).median());
    }
    print(
        "flink / loop %.2f, decide / loop %.2f, async function / flink %.3f (rows/s)%n",
        flink.median(), decide.median(), async.median());
    figures.put("sides", sides);
    json.put("streams", figures);
  }

  /**
   * Adds what came of comparing bits.
   *
   * @param found with {@code differing_rows}
   */
  void bits(Network network, Map<String, Object> found) {
    bits.put(network.id(), found);
    json.put("bits", bits);
    print("bits of %s: %s%n", network.id(), found);
  }

  /** Adds a look at memory. */
  void memory(String name, Map<String, Object> found) {
    json.put(name, found);
    print("%s: %s%n", name, found);
  }

  /** Everything so far. */
  Map<String, Object> json() {
    json.put("load_after", Machine.load());
    return json;
  }

  private static Map<String, Object> spread(Spread spread) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("median", spread.median());
    map.put("p10", spread.p10());
    map.put("p90", spread.p90());
    return map;
  }

  /** Of sorted figures, the nearest rank. */
  private static double percentile(double[] sorted, double probability) {
    return sorted[Math.max(0, (int) Math.ceil(probability * sorted.length) - 1)];
  }

  private void print(String format, Object... values) {
    out.print(String.format(Locale.ROOT, format, values));
    out.flush();
  }
}
