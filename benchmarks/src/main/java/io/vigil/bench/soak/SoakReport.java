package io.vigil.bench.soak;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.bench.Machine;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;
import org.jspecify.annotations.Nullable;

/**
 * The result as it is printed and written: minutes as they come, as lines of JSON and as intervals
 * of a histogram's log; the verdict at the end. Not thread-safe.
 */
final class SoakReport implements AutoCloseable {
  private static final double MICROS_MS = 1e3;
  private static final double THOUSAND = 1e3;
  private static final long MINUTE_MS = 60_000;
  private static final double ENOUGH = 0.99;
  private static final int DIGITS = 3;

  /** Of fewer minutes nothing is said. */
  private static final int JUDGED_MIN = 3;

  /** What must stay as it is, and the change an hour that is let pass, as a share of the mean. */
  private static final Map<String, Double> WATCHED = watched();

  private final PrintWriter out;
  private final int rate;
  private final int judgedAfter;
  private final Path json;
  private final PrintStream lines;
  private final PrintStream log;
  private final HistogramLogWriter writer;
  private final List<Minute> minutes = new ArrayList<>();
  private final Histogram whole = new Histogram(DIGITS);
  private final Map<String, Object> result = new LinkedHashMap<>();

  private static Map<String, Double> watched() {
    Map<String, Double> watched = new LinkedHashMap<>();
    watched.put("job_rss_mb", 0.05);
    watched.put("job_heap_after_gc_mb", 0.05);
    watched.put("job_native_mb", 0.05);
    watched.put("job_threads", 0.05);
    watched.put("job_open_files", 0.05);
    watched.put("broker_rss_mb", 0.05);
    watched.put("state_bytes_per_account", 0.05);
    watched.put("state_mb", 0.05);
    watched.put("checkpoint_ms", 0.1);
    watched.put("cpu_job_s", 0.05);
    watched.put("latency_p50_ms", 0.05);
    watched.put("latency_p99_ms", 0.1);
    return watched;
  }

  /**
   * @param judgedAfter the minutes that do not count, at the beginning; 0 for a third of what ran
   * @param json the result; the files of the minutes lie beside it
   */
  SoakReport(PrintWriter out, int rate, int judgedAfter, Path json) throws IOException {
    this.out = out;
    this.rate = rate;
    this.judgedAfter = judgedAfter;
    this.json = json;
    lines = print(beside(json, ".jsonl"));
    log = print(beside(json, ".hlog"));
    writer = new HistogramLogWriter(log);
    writer.outputComment("[decisions from when they were due, microseconds, by minute]");
    writer.outputLogFormatVersion();
    writer.outputLegend();
    line(
        "minute", "sent", "decided", "p50 ms", "p99 ms", "max ms", "rss MB", "heap MB", "state MB");
  }

  static Path beside(Path json, String ending) {
    String name = String.valueOf(json.getFileName()).replaceFirst("\\.json$", "");
    return json.resolveSibling(name + ending);
  }

  private static PrintStream print(Path file) throws IOException {
    return new PrintStream(Files.newOutputStream(file), true, StandardCharsets.UTF_8);
  }

  /** Adds a minute, prints it, and writes it before it returns. */
  void add(Minute minute) throws IOException {
    Map<String, Double> figures = new LinkedHashMap<>(minute.figures());
    figures.put(
        "state_bytes_per_account",
        minute.figure("state_mb") * (1 << 20) / Math.max(1, minute.figure("accounts_seen")));
    Minute whole = new Minute(minute.number(), minute.endMs(), figures, minute.latency());
    minutes.add(whole);
    this.whole.add(minute.latency());
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("minute", minute.number());
    row.put("at", Instant.ofEpochMilli(minute.endMs()).toString());
    whole.figures().forEach((name, value) -> row.put(name, round(value)));
    lines.println(new ObjectMapper().writeValueAsString(row));
    writer.outputIntervalHistogram(
        (minute.endMs() - MINUTE_MS) / THOUSAND, minute.endMs() / THOUSAND, minute.latency(), 1);
    line(
        minute.number(),
        number(whole.figure("sent")),
        number(whole.figure("decided")),
        number(whole.figure("latency_p50_ms")),
        number(whole.figure("latency_p99_ms")),
        number(whole.figure("latency_max_ms")),
        number(whole.figure("job_rss_mb")),
        number(whole.figure("job_heap_after_gc_mb")),
        number(whole.figure("state_mb")));
  }

  /**
   * Writes the result.
   *
   * @return what was missed, in words; empty when nothing was
   */
  String finish(SoakRun.Outcome outcome, @Nullable Limit limit, Map<String, Object> parameters)
      throws IOException {
    whole.add(outcome.rest());
    try (PrintStream percentiles = print(beside(json, ".hgrm"))) {
      whole.outputPercentileDistribution(percentiles, 5, MICROS_MS);
    }
    List<Minute> judged = minutes.subList(warmUp(minutes.size(), judgedAfter), minutes.size());
    result.put("rate", rate);
    result.put("minutes", minutes.size());
    result.put("seconds", round(outcome.sentS()));
    result.put("sent", outcome.sent());
    result.put("rate_sent", round(outcome.rateSent()));
    result.put("rate_decided", round(outcome.rateDecided()));
    result.put("missing", outcome.missing());
    String fault = fault(outcome);
    result.put("fault", fault);
    result.put("latency_ms", percentiles(whole));
    Histogram late = new Histogram(DIGITS);
    judged.forEach(minute -> late.add(minute.latency()));
    result.put("judged_minutes", judged.size());
    result.put("latency_ms_judged", percentiles(late));
    Map<String, Object> trends = new LinkedHashMap<>();
    List<String> notFlat = new ArrayList<>();
    if (judged.size() >= JUDGED_MIN) {
      WATCHED.forEach(
          (name, tolerance) -> {
            Trend trend = trend(judged, name);
            Trend.Verdict verdict = trend.verdict(tolerance);
            trends.put(name, json(trend, tolerance, verdict));
            if (verdict != Trend.Verdict.FLAT) {
              notFlat.add(name + " " + verdict.name().toLowerCase(Locale.ROOT));
            }
            out.printf(
                Locale.ROOT,
                "%-24s %12.3f, %+.3f an hour (%+.2f %%, standard error %.2f %%): %s%n",
                name,
                trend.mean(),
                trend.perHour(),
                100 * trend.sharePerHour(),
                100 * trend.errorPerHour() / Math.abs(trend.mean()),
                verdict.name().toLowerCase(Locale.ROOT));
          });
    }
    result.put("trends", trends);
    String verdict = notFlat.isEmpty() ? "flat" : String.join(", ", notFlat);
    result.put("verdict", trends.isEmpty() ? "too few minutes to say" : verdict);
    result.put("live_heap_early_mb", round(outcome.liveHeapEarlyMb()));
    result.put("live_heap_end_mb", round(outcome.liveHeapEndMb()));
    if (!minutes.isEmpty()) {
      // The first one of a job is triggered before its tasks run, and Flink counts that as failed.
      String failed = "checkpoints_failed_total";
      result.put(
          "checkpoints_failed",
          minutes.get(minutes.size() - 1).figure(failed) - minutes.get(0).figure(failed));
      Map<String, Object> last = new LinkedHashMap<>();
      minutes.get(minutes.size() - 1).figures().forEach((name, v) -> last.put(name, round(v)));
      result.put("last_minute", last);
    }
    put("limit", limit);
    result.put("machine", Machine.describe());
    result.put("parameters", parameters);
    write();
    out.println("verdict: " + result.get("verdict"));
    out.flush();
    return fault;
  }

  private void put(String name, @Nullable Limit limit) {
    if (limit != null) {
      result.put(name, limit.rate());
      result.put(name + "_bounded", limit.bounded());
      result.put(name + "_steps", limit.steps());
    }
  }

  /** Adds the limit that was measured on the state at the end to the result that is written. */
  void limitAfter(Limit after) throws IOException {
    put("limit_after", after);
    write();
  }

  private void write() throws IOException {
    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(json.toFile(), result);
  }

  /**
   * How many of so many minutes do not count.
   *
   * @param after how many shall not; 0 for the third in which the job compiles and meets its
   *     accounts
   */
  static int warmUp(int minutes, int after) {
    return after == 0 ? (minutes + 2) / 3 : Math.min(after, minutes);
  }

  private static Trend trend(List<Minute> minutes, String name) {
    return Trend.ofMinutes(minutes.stream().mapToDouble(m -> m.figure(name)).toArray());
  }

  private String fault(SoakRun.Outcome outcome) {
    List<String> faults = new ArrayList<>();
    if (outcome.missing() > 0) {
      faults.add(outcome.missing() + " transactions without a decision");
    }
    if (outcome.rateSent() < ENOUGH * rate || outcome.rateDecided() < ENOUGH * rate) {
      faults.add(
          "rate %d/s missed: sent %s/s, decided %s/s"
              .formatted(rate, number(outcome.rateSent()), number(outcome.rateDecided())));
    }
    for (Minute minute : minutes) {
      if (minute.figure("restarts_total") > 0) {
        faults.add("the job restarted in or before minute " + minute.number());
        break;
      }
    }
    return String.join("; ", faults);
  }

  private static Map<String, Object> json(Trend trend, double tolerance, Trend.Verdict verdict) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("mean", round(trend.mean()));
    json.put("per_hour", round(trend.perHour()));
    json.put("error_per_hour", round(trend.errorPerHour()));
    json.put("share_per_hour", Math.round(trend.sharePerHour() * 1e5) / 1e5);
    json.put("tolerance_per_hour", tolerance);
    json.put("verdict", verdict.name().toLowerCase(Locale.ROOT));
    return json;
  }

  static Map<String, Object> percentiles(Histogram micros) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("count", micros.getTotalCount());
    for (double percentile : new double[] {50, 90, 99, 99.9, 99.99}) {
      json.put(
          "p" + Double.toString(percentile).replaceFirst("\\.0$", "").replace(".", ""),
          round(micros.getValueAtPercentile(percentile) / MICROS_MS));
    }
    json.put("max", round(micros.getMaxValue() / MICROS_MS));
    return json;
  }

  static double round(double value) {
    return Math.round(value * THOUSAND) / THOUSAND;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%,.1f", value);
  }

  private void line(Object... columns) {
    out.printf(Locale.ROOT, "%6s %10s %10s %8s %8s %8s %9s %9s %9s%n", columns);
    out.flush();
  }

  @Override
  public void close() {
    lines.close();
    log.close();
  }
}
