package io.vigil.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SoakReportTest {
  private static final int RATE = 2;
  private static final int MINUTES = 12;

  @TempDir Path folder;

  private final StringWriter printed = new StringWriter();

  private static Minute minute(int number, double rssMb) {
    Map<String, Double> figures = new LinkedHashMap<>();
    for (String name :
        new String[] {
          "job_heap_after_gc_mb",
          "job_native_mb",
          "job_threads",
          "job_open_files",
          "broker_rss_mb",
          "state_mb",
          "checkpoint_ms",
          "cpu_job_s"
        }) {
      figures.put(name, 100.0);
    }
    figures.put("sent", 120.0);
    figures.put("decided", 120.0);
    figures.put("accounts_seen", 50.0);
    figures.put("restarts_total", 0.0);
    figures.put("checkpoints_failed_total", number < 7 ? 1.0 : 3.0);
    figures.put("job_rss_mb", rssMb);
    Histogram latency = new Histogram(3);
    latency.recordValueWithCount(300_000, 120);
    return new Minute(number, 1_700_000_000_000L + number * 60_000L, figures, latency);
  }

  private static SoakRun.Outcome outcome(long missing, double sentS, double decidedS) {
    return new SoakRun.Outcome(MINUTES * 120, missing, sentS, decidedS, new Histogram(3), 60, 61);
  }

  private JsonNode run(IntToDoubleFunction rssMb, SoakRun.Outcome outcome) throws Exception {
    return run(0, rssMb, outcome);
  }

  private JsonNode run(int judgedAfter, IntToDoubleFunction rssMb, SoakRun.Outcome outcome)
      throws Exception {
    Path json = folder.resolve("soak.json");
    try (SoakReport report =
        new SoakReport(new PrintWriter(printed, true), RATE, judgedAfter, json)) {
      for (int i = 1; i <= MINUTES; i++) {
        report.add(minute(i, rssMb.applyAsDouble(i)));
        // An abort from here on would lose nothing.
        assertThat(Files.readAllLines(folder.resolve("soak.jsonl"))).hasSize(i);
      }
      assertThat(report.finish(outcome, null, Map.of())).isEqualTo(fault());
      report.limitAfter(new Limit(7, true, List.of()));
    }
    return new ObjectMapper().readTree(json.toFile());
  }

  private String fault() throws Exception {
    return new ObjectMapper().readTree(folder.resolve("soak.json").toFile()).path("fault").asText();
  }

  @Test
  void minutesAreKeptAndTheFirstThirdIsNotJudged() throws Exception {
    JsonNode result = run(i -> i <= 4 ? 10 * i : 1_000, outcome(0, 720, 720.4));

    assertThat(result.path("verdict").asText()).isEqualTo("flat");
    assertThat(result.path("fault").asText()).isEmpty();
    assertThat(result.path("checkpoints_failed").asInt()).isEqualTo(2);
    assertThat(result.path("limit_after").asInt()).isEqualTo(7);
    assertThat(result.path("judged_minutes").asInt()).isEqualTo(8);
    assertThat(result.path("trends").path("job_rss_mb").path("mean").asDouble()).isEqualTo(1_000);
    assertThat(result.path("latency_ms").path("count").asLong()).isEqualTo(MINUTES * 120);
    assertThat(result.path("latency_ms").path("p999").asDouble()).isCloseTo(300, within(0.3));
    JsonNode row =
        new ObjectMapper().readTree(Files.readAllLines(folder.resolve("soak.jsonl")).get(2));
    assertThat(row.path("minute").asInt()).isEqualTo(3);
    assertThat(row.path("at").asText()).isEqualTo("2023-11-14T22:16:20Z");
    assertThat(row.path("state_bytes_per_account").asDouble()).isEqualTo(100 * (1 << 20) / 50.0);
    try (HistogramLogReader log = new HistogramLogReader(folder.resolve("soak.hlog").toFile())) {
      int intervals = 0;
      while (log.nextIntervalHistogram() instanceof Histogram interval) {
        assertThat(interval.getTotalCount()).isEqualTo(120);
        intervals++;
      }
      assertThat(intervals).isEqualTo(MINUTES);
    }
    assertThat(folder.resolve("soak.hgrm")).content().contains("300.031 1.000000000000       1440");
  }

  @Test
  void asManyMinutesAsWantedAreNotJudged() throws Exception {
    JsonNode result = run(9, i -> i <= 9 ? 10 * i : 1_000, outcome(0, 720, 720));

    assertThat(result.path("judged_minutes").asInt()).isEqualTo(3);
    assertThat(result.path("trends").path("job_rss_mb").path("mean").asDouble()).isEqualTo(1_000);
    assertThat(SoakReport.warmUp(5, 9)).as("ended before").isEqualTo(5);
  }

  @Test
  void whatGrowsIsNamed() throws Exception {
    JsonNode result = run(i -> 1_000 + 10 * i, outcome(0, 720, 720));

    assertThat(result.path("verdict").asText()).isEqualTo("job_rss_mb rising");
    assertThat(result.path("trends").path("job_rss_mb").path("per_hour").asDouble())
        .isCloseTo(600, within(0.001));
    assertThat(printed.toString()).contains("verdict: job_rss_mb rising");
  }

  @Test
  void aMissingDecisionAndAMissedRateAreFaults() throws Exception {
    run(i -> 1_000, outcome(3, 720, 780));

    assertThat(fault())
        .isEqualTo("3 transactions without a decision; rate 2/s missed: sent 2.0/s, decided 1.8/s");
  }

  @Test
  void ofTooFewMinutesNothingIsSaid() throws Exception {
    Path json = folder.resolve("short.json");
    try (SoakReport report = new SoakReport(new PrintWriter(printed, true), RATE, 0, json)) {
      report.add(minute(1, 1));
      report.finish(outcome(0, 720, 720), null, Map.of());
    }

    assertThat(new ObjectMapper().readTree(json.toFile()).path("verdict").asText())
        .isEqualTo("too few minutes to say");
  }
}
