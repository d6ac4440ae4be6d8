package io.vigil.model.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.artefact.YamlMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WatchPlanTest {
  private static final String ALL =
      """
      stretch: 20000
      success_after: 100000
      after_promotion: 50000
      alert_rate: {max_ratio: 1.5, min_decisions: 5000}
      alert_rate_drop: {min_ratio: 0.5, min_decisions: 5000}
      score_shift: {max_index: 0.25, min_decisions: 5000}
      latency: {p99_ms: 50, min_decisions: 1000}
      fallbacks: {max_share: 0.01, min_decisions: 500}
      precision: {min_share: 0.2, min_labels: 30000}
      """;

  @Test
  void whatIsWrittenReadsBackWhateverOrderItHad() {
    WatchPlan plan = WatchPlan.read(ALL, "watch");
    assertThat(plan.text()).isEqualTo(ALL);
    assertThat(plan.limits()).hasSize(Signal.values().length);
    assertThat(plan.limit(Signal.LATENCY))
        .isEqualTo(new WatchPlan.Limit(Signal.LATENCY, 50, 1_000));
    String mixed =
        "fallbacks: {min_decisions: 1, max_share: 0.010}\nalert_rate: {max_ratio: 2.0, min_decisions: 9}";
    assertThat(WatchPlan.read(mixed, "watch").text())
        .isEqualTo(
            """
            stretch: 20000
            alert_rate: {max_ratio: 2, min_decisions: 9}
            fallbacks: {max_share: 0.01, min_decisions: 1}
            """);
  }

  @Test
  void aFileWithoutTheSectionWatchesNothing() {
    assertThat(WatchPlan.in(YamlMap.readSome("name: x", "file", "name", "watch"))).isNull();
    assertThat(
            WatchPlan.in(
                YamlMap.readSome(
                    "watch:\n  fallbacks: {max_share: 0.5, min_decisions: 7}", "file", "watch")))
        .isEqualTo(
            new WatchPlan(20_000, 0, 0, List.of(new WatchPlan.Limit(Signal.FALLBACKS, 0.5, 7))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "max_ratio: 1.5|max_ratio: 0.5|alert_rate.max_ratio: expected a number from 1.0 to 1000.0",
        "min_decisions: 5000|min_decisions: 20001|expected a whole number from 1 to 20000",
        "min_labels: 30000|min_decisions: 30000|precision.min_decisions: expected one of the keys",
        "score_shift|psi|expected one of the keys",
        "success_after: 100000|success_after: 0|success_after: expected a whole number from 1"
      })
  void whatIsNotLegalIsRefused(String from, String to, String message) {
    assertThat(ALL).contains(from);
    assertThatThrownBy(() -> WatchPlan.read(ALL.replace(from, to), "watch"))
        .hasMessageContaining(message);
  }

  @Test
  void aWatchWithoutALimitIsNone() {
    assertThatThrownBy(() -> WatchPlan.read("stretch: 100", "watch"))
        .hasMessageContaining("expected at least one limit");
  }
}
