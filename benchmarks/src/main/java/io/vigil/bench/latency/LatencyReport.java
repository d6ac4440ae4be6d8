package io.vigil.bench.latency;

import io.vigil.bench.Machine;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;

/** The result as it is printed, as JSON, and as histograms beside the JSON. Not thread-safe. */
final class LatencyReport {
  private static final double MICROS_MS = 1e3;
  private static final double THOUSAND = 1e3;
  private static final int SECOND_MS = 1_000;

  private final PrintWriter out;
  private final long boundMs;
  private final Map<String, Object> parameters;
  private final List<Step> steps = new ArrayList<>();

  LatencyReport(PrintWriter out, long boundMs, Map<String, Object> parameters) {
    this.out = out;
    this.boundMs = boundMs;
    this.parameters = parameters;
    line("", "sent/s", "decided/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "p99 - bound");
  }

  /** Adds a step, and prints it. */
  void add(Step step) {
    steps.add(step);
    StepFigures figures = step.figures();
    Histogram latency = figures.latency();
    line(
        figures.rate() + "/s" + (figures.missed() ? " FAIL" : ""),
        number(figures.rateSent()),
        number(figures.rateDecided()),
        number(ms(latency, 50)),
        number(ms(latency, 99)),
        number(ms(latency, 99.9)),
        number(ms(latency, 100)),
        number(ms(latency, 99) - boundMs));
  }

  private void line(Object... columns) {
    out.printf(Locale.ROOT, "%-14s %10s %10s %10s %10s %10s %10s %12s%n", columns);
    out.flush();
  }

  /** What was missed, in words; empty when every rate was kept. */
  String fault() {
    List<String> faults = new ArrayList<>();
    for (Step step : steps) {
      StepFigures figures = step.figures();
      if (figures.missed()) {
        faults.add(
            "rate %d/s missed: sent %s/s, decided %s/s, %d without a decision"
                .formatted(
                    figures.rate(),
                    number(figures.rateSent()),
                    number(figures.rateDecided()),
                    figures.missing()));
      }
    }
    return String.join("; ", faults);
  }

  /** The last step's figures, and below {@code steps} those of all. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>(json(steps.get(steps.size() - 1)));
    json.put("steps", steps.stream().map(this::json).toList());
    json.put("machine", Machine.describe());
    json.put("parameters", parameters);
    return json;
  }

  private Map<String, Object> json(Step step) {
    StepFigures figures = step.figures();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("rate_intended", figures.rate());
    json.put("rate_sent", round(figures.rateSent()));
    json.put("rate_decided", round(figures.rateDecided()));
    json.put("missed", figures.missed());
    json.put("missing", figures.missing());
    json.put("bound_ms", boundMs);
    json.put("latency_ms", percentiles(figures.latency(), MICROS_MS));
    json.put("added_p99_ms", round(ms(figures.latency(), 99) - boundMs));
    json.put("alert_latency_ms", percentiles(figures.alertLatency(), MICROS_MS));
    json.put("send_lag_ms", percentiles(figures.sendLag(), MICROS_MS));
    json.put("to_log_ms", percentiles(step.found().toLog(), 1));
    json.put("in_job_ms", percentiles(step.found().inJob(), 1));
    json.put("fallback_decisions", step.found().fallbackDecisions());
    json.put("fallback_causes", step.found().fallbacks());
    json.put("late", step.found().late());
    json.put("alerts", step.found().alerts());
    Map<String, Double> cpu = new LinkedHashMap<>();
    step.cpuS().forEach((name, s) -> cpu.put(name, round(s)));
    json.put("cpu_s", cpu);
    json.put("load_before", round(step.loadBefore()));
    json.put("load_after", round(step.loadAfter()));
    return json;
  }

  private static Map<String, Object> percentiles(Histogram histogram, double unit) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("count", histogram.getTotalCount());
    json.put("p50", round(histogram.getValueAtPercentile(50) / unit));
    json.put("p90", round(histogram.getValueAtPercentile(90) / unit));
    json.put("p99", round(histogram.getValueAtPercentile(99) / unit));
    json.put("p999", round(histogram.getValueAtPercentile(99.9) / unit));
    json.put("max", round(histogram.getMaxValue() / unit));
    return json;
  }

  /**
   * Writes the histograms beside a file: for all steps one log in HdrHistogram's format, an
   * interval a second, in microseconds; for each step its percentiles as text, in milliseconds.
   */
  void writeHistograms(Path json) throws IOException {
    String name = String.valueOf(json.getFileName()).replaceFirst("\\.json$", "");
    try (PrintStream log = print(json.resolveSibling(name + ".hlog"))) {
      HistogramLogWriter writer = new HistogramLogWriter(log);
      writer.outputComment("[decisions from when they were due, microseconds, by second]");
      writer.outputLogFormatVersion();
      writer.outputLegend();
      for (Step step : steps) {
        long startMs = step.startMs();
        for (Histogram second : step.seconds()) {
          second.setTag("rate-" + step.figures().rate());
          writer.outputIntervalHistogram(
              startMs / THOUSAND, (startMs + SECOND_MS) / THOUSAND, second, 1);
          startMs += SECOND_MS;
        }
      }
    }
    for (Step step : steps) {
      String file = name + "-" + step.figures().rate() + ".hgrm";
      try (PrintStream percentiles = print(json.resolveSibling(file))) {
        step.figures().latency().outputPercentileDistribution(percentiles, 5, MICROS_MS);
      }
    }
  }

  private static PrintStream print(Path file) {
    try {
      return new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double ms(Histogram micros, double percentile) {
    return micros.getValueAtPercentile(percentile) / MICROS_MS;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%,.1f", value);
  }

  private static double round(double value) {
    return Math.round(value * THOUSAND) / THOUSAND;
  }
}
