package io.vigil.bench.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatencyReportTest {
  private final StringWriter printed = new StringWriter();
  private final LatencyReport report =
      new LatencyReport(new PrintWriter(printed), 250, Map.of("seconds", 2));

  private static Histogram of(long... values) {
    Histogram histogram = new Histogram(3);
    for (long value : values) {
      histogram.recordValue(value);
    }
    return histogram;
  }

  private static Step step(int rate, double decided, int missing) {
    return new Step(
        new StepFigures(
            rate, rate, decided, missing, of(300_000, 310_000), of(320_000), of(1_000, 2_000)),
        new Contents.Found(Map.of("deadline", 2, "error", 1), 4, 1, of(5), of(290)),
        List.of(of(300_000), of(310_000)),
        1_790_000_000_000L,
        Map.of("job", 1.5),
        0.5,
        1.5);
  }

  @Test
  void aMissedRateIsAFail() {
    report.add(step(1_000, 995, 0));
    assertThat(report.fault()).isEmpty();
    assertThat(printed.toString()).doesNotContain("FAIL");

    report.add(step(2_000, 1_900, 3));

    assertThat(report.fault())
        .isEqualTo("rate 2000/s missed: sent 2,000.0/s, decided 1,900.0/s, 3 without a decision");
    assertThat(printed.toString()).contains("2000/s FAIL");
    assertThat(report.json()).containsEntry("missed", true).containsEntry("rate_intended", 2_000);
  }

  @Test
  void theJsonHoldsTheLastStepAndAllOfThem() {
    report.add(step(1_000, 1_000, 0));
    report.add(step(2_000, 2_000, 0));

    Map<String, Object> json = report.json();

    assertThat(json)
        .containsEntry("rate_intended", 2_000)
        .containsEntry("rate_decided", 2_000.0)
        .containsEntry("missed", false)
        .containsEntry("bound_ms", 250L)
        .containsEntry("fallback_decisions", 3)
        .containsEntry("late", 4)
        .containsEntry("alerts", 1)
        .containsKeys("machine", "parameters", "cpu_s", "load_before", "load_after");
    assertThat((Map<?, ?>) json.get("latency_ms"))
        .extracting(Object::toString)
        .asString()
        .matches("\\{count=2, p50=300\\.\\d+, p90=310\\.\\d+, p99=310\\.\\d+, p999=310.*");
    assertThat((Double) json.get("added_p99_ms")).isCloseTo(60, within(0.5));
    assertThat((List<?>) json.get("steps")).hasSize(2);
  }

  @Test
  void theHistogramsAreKeptWhole(@TempDir Path folder) throws Exception {
    report.add(step(1_000, 1_000, 0));
    report.add(step(2_000, 2_000, 0));

    report.writeHistograms(folder.resolve("latency.json"));

    Histogram sum = new Histogram(3);
    int intervals = 0;
    try (HistogramLogReader reader =
        new HistogramLogReader(folder.resolve("latency.hlog").toFile())) {
      for (EncodableHistogram next = reader.nextIntervalHistogram();
          next != null;
          next = reader.nextIntervalHistogram()) {
        assertThat(next.getTag()).isEqualTo(intervals < 2 ? "rate-1000" : "rate-2000");
        sum.add((Histogram) next);
        intervals++;
      }
    }
    assertThat(intervals).isEqualTo(4);
    assertThat(sum).isEqualTo(of(300_000, 310_000, 300_000, 310_000));
    assertThat(Files.readString(folder.resolve("latency-2000.hgrm")))
        .contains("Total count    =            2");
  }
}
