package io.vigil.cli;

import io.vigil.cli.local.ProcessUsage;
import io.vigil.cli.result.Counts;
import io.vigil.cli.result.Latency;
import io.vigil.cli.result.ResultsCollector.Result;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a run did and what it cost: the closing table, and the JSON of {@code --json}.
 *
 * @param transactionsIn transactions read, those that could not be read included
 * @param elapsedS wall time of the whole command, from its start
 * @param stages wall seconds by stage, in their order
 */
record RunReport(
    long transactionsIn,
    Result result,
    Versions versions,
    double elapsedS,
    Map<String, Double> stages,
    Cost cost) {

  /**
   * Processor seconds by process and the peak of resident memory.
   *
   * @param totalS of all processes
   * @param peakResidentMb of all processes together, MiB
   */
  record Cost(double totalS, double cliS, double brokerS, double jobS, long peakResidentMb) {

    static Cost of(ProcessUsage usage) {
      return new Cost(
          usage.cpuSeconds(),
          usage.cpuSeconds("cli"),
          usage.cpuSeconds("broker"),
          usage.cpuSeconds("job"),
          usage.peakResidentMb());
    }
  }

  RunReport {
    stages = new LinkedHashMap<>(stages);
  }

  /**
   * Ends a command that decided something: prints the table, and writes the JSON that was asked
   * for.
   *
   * @throws CliException when the run was not {@link #sound}
   */
  static void conclude(
      Console console,
      long transactionsIn,
      Result result,
      Versions versions,
      Stages stages,
      ProcessUsage usage) {
    RunReport report =
        new RunReport(
            transactionsIn, result, versions, stages.elapsed(), stages.seconds(), Cost.of(usage));
    report.print(console.out());
    console.writeJson(report.json());
    if (!report.sound()) {
      throw new CliException(report.fault());
    }
  }

  /** Transactions of which nothing is known: must be 0. */
  long unaccounted() {
    return transactionsIn - result.counts().settledTransactions();
  }

  /** Whether every transaction has its end, and no decision contradicts another. */
  boolean sound() {
    return unaccounted() == 0 && result.counts().conflicts() == 0;
  }

  private double throughputTps() {
    return elapsedS > 0 ? transactionsIn / elapsedS : 0;
  }

  Map<String, Object> json() {
    Counts counts = result.counts();
    Latency latency = result.latency();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("transactions_in", transactionsIn);
    json.put("decisions", counts.decisions());
    json.put("dead_letters", counts.deadTransactions());
    json.put("duplicates", counts.duplicates());
    json.put("late", counts.late());
    json.put("alerts", counts.alerts());
    json.put("cases", counts.cases());
    json.put("fallback_decisions", counts.fallbacks());
    json.put("elapsed_s", round(elapsedS));
    json.put("cpu_s", round(cost.totalS()));
    json.put("throughput_tps", round(throughputTps()));
    Map<String, Object> percentiles = new LinkedHashMap<>();
    percentiles.put("p50", latency.p50Ms());
    percentiles.put("p99", latency.p99Ms());
    percentiles.put("p999", latency.p999Ms());
    json.put("latency_ms", percentiles);
    json.put("decisions_digest", result.digest());
    json.put("features", versions.featuresJson());
    json.put("model", versions.modelJson());
    json.put("rules", versions.rulesJson());
    json.put("policy", versions.policyJson());
    json.put("unaccounted", unaccounted());
    json.put("repeated_decisions", counts.repeats());
    json.put("conflicting_copies", counts.conflicts());
    json.put("dead_letters_all", counts.deadLetters());
    json.put("dead_letters_by_reason", counts.deadByReason());
    Map<String, Object> seconds = new LinkedHashMap<>();
    stages.forEach((stage, s) -> seconds.put(stage + "_s", round(s)));
    json.put("stages", seconds);
    Map<String, Object> cpu = new LinkedHashMap<>();
    cpu.put("cli", round(cost.cliS()));
    cpu.put("broker", round(cost.brokerS()));
    cpu.put("job", round(cost.jobS()));
    json.put("cpu_by_process_s", cpu);
    json.put("rss_peak_mb", cost.peakResidentMb());
    return json;
  }

  void print(PrintWriter out) {
    Counts counts = result.counts();
    Latency latency = result.latency();
    row(out, "transactions in", "%,d", transactionsIn);
    row(out, "decided", "%,d", counts.decisions());
    row(out, "alerted", "%,d in %,d cases", counts.alerts(), counts.cases());
    row(
        out,
        "dead letters",
        "%,d%s",
        counts.deadLetters(),
        counts.deadByReason().isEmpty() ? "" : "  " + counts.deadByReason());
    row(out, "duplicates", "%,d", counts.duplicates());
    row(out, "late", "%,d", counts.late());
    row(out, "fallback", "%,d", counts.fallbacks());
    if (latency.count() > 0) {
      row(
          out,
          "latency",
          "p50 %,d ms, p99 %,d ms, p99.9 %,d ms",
          latency.p50Ms(),
          latency.p99Ms(),
          latency.p999Ms());
    }
    row(
        out,
        "time",
        "%.1f s (%s), %,.0f transactions/s",
        elapsedS,
        String.join(
            ", ",
            stages.entrySet().stream()
                .map(
                    stage ->
                        String.format(Locale.ROOT, "%s %.1f", stage.getKey(), stage.getValue()))
                .toList()),
        throughputTps());
    row(
        out,
        "processor",
        "%.1f s (cli %.1f, broker %.1f, job %.1f), peak memory %,d MiB",
        cost.totalS(),
        cost.cliS(),
        cost.brokerS(),
        cost.jobS(),
        cost.peakResidentMb());
    row(
        out,
        "decided by",
        "model %s %d, features %s %d, rules %s %d, policy %s %d",
        versions.model(),
        versions.modelVersion(),
        versions.spec(),
        versions.specVersion(),
        versions.rules(),
        versions.rulesVersion(),
        versions.policy(),
        versions.policyVersion());
    row(out, "decisions digest", "%s", result.digest());
    out.flush();
  }

  /** What is wrong, when it is not {@link #sound}. */
  String fault() {
    return result.counts().conflicts() > 0
        ? "%,d decisions were written twice and differ: please report it with the logs"
            .formatted(result.counts().conflicts())
        : "%,d of %,d transactions have neither decision nor dead letter nor receipt"
            .formatted(unaccounted(), transactionsIn);
  }

  private static void row(PrintWriter out, String name, String format, Object... values) {
    out.printf(Locale.ROOT, "%-17s %s%n", name, String.format(Locale.ROOT, format, values));
  }

  private static double round(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
