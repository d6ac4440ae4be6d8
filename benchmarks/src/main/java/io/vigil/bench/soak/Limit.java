package io.vigil.bench.soak;

import io.vigil.bench.latency.LatencyRun;
import io.vigil.bench.latency.Step;
import io.vigil.bench.latency.StepFigures;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The highest rate that the stack keeps, found by steps of increasing rate: the last one before the
 * first that was missed. A step is missed as in the benchmark of latency: less than 99 % of the
 * rate was sent or decided, or a transaction has no decision a minute after the last was sent. A
 * backlog that grows is less than 99 % decided.
 *
 * @param rate transactions a second; 0 when not even the first step was kept
 * @param bounded whether a step was missed, so that the limit is not only the highest rate tried
 * @param steps as they stand in the result
 */
record Limit(int rate, boolean bounded, List<Map<String, Object>> steps) {
  private static final double MICROS_MS = 1e3;

  /** A step of so many seconds, the first of them uncounted. */
  record Seconds(int first, int warmUp, int counted) {}

  /**
   * Measures on a stack that runs.
   *
   * @param rates ascending
   * @param seconds of a step; {@code first} of them precede the first step, for a job compiles in
   *     its first minute
   */
  static Limit measure(LatencyRun run, List<Integer> rates, Seconds seconds, PrintWriter out)
      throws InterruptedException {
    List<Step> steps = new ArrayList<>();
    for (int rate : rates) {
      Step step = run.step(rate, steps.isEmpty() ? seconds.first : seconds.warmUp, seconds.counted);
      steps.add(step);
      StepFigures figures = step.figures();
      out.printf(
          Locale.ROOT,
          "limit: %d/s %s: sent %.1f/s, decided %.1f/s, %d missing, p50 %.0f ms, p99 %.0f ms%n",
          rate,
          figures.missed() ? "missed" : "kept",
          figures.rateSent(),
          figures.rateDecided(),
          figures.missing(),
          figures.latency().getValueAtPercentile(50) / MICROS_MS,
          figures.latency().getValueAtPercentile(99) / MICROS_MS);
      out.flush();
      if (figures.missed()) {
        break;
      }
    }
    return of(steps);
  }

  private static Limit of(List<Step> steps) {
    int kept = 0;
    boolean bounded = false;
    for (Step step : steps) {
      if (step.figures().missed()) {
        bounded = true;
        break;
      }
      kept = step.figures().rate();
    }
    return new Limit(kept, bounded, steps.stream().map(Limit::json).toList());
  }

  private static Map<String, Object> json(Step step) {
    StepFigures figures = step.figures();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("rate", figures.rate());
    json.put("kept", !figures.missed());
    json.put("rate_sent", SoakReport.round(figures.rateSent()));
    json.put("rate_decided", SoakReport.round(figures.rateDecided()));
    json.put("missing", figures.missing());
    json.put("latency_ms", SoakReport.percentiles(figures.latency()));
    json.put("fallback_decisions", step.found().fallbackDecisions());
    json.put("alerts", step.found().alerts());
    Map<String, Object> cpu = new LinkedHashMap<>();
    step.cpuS().forEach((name, s) -> cpu.put(name, SoakReport.round(s)));
    json.put("cpu_s", cpu);
    json.put("load_after", SoakReport.round(step.loadAfter()));
    return json;
  }
}
