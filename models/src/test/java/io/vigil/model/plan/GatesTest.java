package io.vigil.model.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.plan.GateResult.Verdict;
import io.vigil.model.watch.Signal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class GatesTest {
  private static final String ALL =
      """
      name: test
      version: 1
      min_average_precision_difference: 0
      alert_budget_per_day: 50
      latency_us_per_event: 10
      fairness: {groups: country, max_ratio: 3, min_rows: 100}
      robustness: {appended: 2, amount_change: 0.01, noise: 0.05, max_flip_share: 0.01}
      golden: to_the_bit
      """;

  private final PlanRows rows = PlanFixture.rows(PlanFixture.random(4_000, true, 0.7));

  private static GateResult gate(String gate, List<GateResult> results) {
    return results.stream().filter(one -> one.gate().equals(gate)).findFirst().orElseThrow();
  }

  @Test
  void allPassOnACandidateThatHoldsThem() {
    List<GateResult> results =
        Comparison.of(rows, PlanFixture.sound(), Gates.read(ALL, "gates")).gates();
    assertThat(results).hasSize(8).allMatch(one -> one.verdict() == Verdict.PASSED);
    assertThat(results).allMatch(one -> one.mend().isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "min_average_precision_difference | min_average_precision_difference: 0 | min_average_precision_difference: 0.9",
        "alert_budget_per_day | alert_budget_per_day: 50 | alert_budget_per_day: 1",
        "latency_us_per_event | latency_us_per_event: 10 | latency_us_per_event: 4.9",
        "fairness | max_ratio: 3 | max_ratio: 1",
        "robustness.appended | max_flip_share: 0.01 | max_flip_share: 0.0099",
        "robustness.amount_change | max_flip_share: 0.01 | max_flip_share: 0.0099",
        "robustness.noise | max_flip_share: 0.01 | max_flip_share: 0.0099",
      })
  void eachFailsAndSaysHowToMendIt(String name, String from, String to) {
    assertThat(ALL).contains(from);
    GateResult result =
        gate(
            name,
            Comparison.of(rows, PlanFixture.sound(), Gates.read(ALL.replace(from, to), "gates"))
                .gates());
    assertThat(result.verdict()).isEqualTo(Verdict.FAILED);
    assertThat(result.observed()).containsPattern("[0-9]");
    assertThat(result.required()).containsPattern("[0-9]");
    assertThat(result.mend()).isNotBlank();
  }

  @Test
  void theLowerEndOfTheIntervalDecidesNotTheFigure() {
    Comparison seen = Comparison.of(rows, PlanFixture.sound(), Gates.builtIn());
    double low = seen.intervals().difference().get("average_precision").low();
    double figure = seen.candidate().averagePrecision() - seen.champion().averagePrecision();
    String between = "%.6f".formatted((low + figure) / 2);
    GateResult result =
        gate(
            "min_average_precision_difference",
            Comparison.of(
                    rows,
                    PlanFixture.sound(),
                    Gates.read(ALL.replace("difference: 0", "difference: " + between), "gates"))
                .gates());
    assertThat(result.verdict()).isEqualTo(Verdict.FAILED);
    assertThat(result.mend()).contains("plan a longer one");
  }

  @Test
  void theThresholdThatItAdvisesKeepsTheBudget() {
    Comparison seen = Comparison.of(rows, PlanFixture.sound(), Gates.builtIn());
    double threshold = Double.parseDouble(seen.thresholdFor(20).replaceAll("[^0-9.]", ""));
    long above = 0;
    for (int row = 0; row < rows.rows(); row++) {
      above += rows.candidate().probability(row) >= threshold - 5e-5 ? 1 : 0;
    }
    assertThat(above).isBetween(1L, 20L * rows.days());
  }

  @Test
  void whatIsLeftOutIsNotAssessedAndNeverPassed() {
    List<GateResult> results =
        Comparison.of(rows, PlanFixture.sound(), Gates.read("name: none\nversion: 1\n", "gates"))
            .gates();
    assertThat(results).hasSize(8).allMatch(one -> one.verdict() == Verdict.NOT_ASSESSED);
    assertThat(results).noneMatch(one -> one.mend().isEmpty());
  }

  @Test
  void withoutLabelsWhatNeedsThemIsNotAssessed() {
    PlanRows blind = PlanFixture.rows(PlanFixture.random(4_000, false, 0.7));
    List<GateResult> results =
        Comparison.of(blind, PlanFixture.sound(), Gates.read(ALL, "gates")).gates();
    assertThat(gate("min_average_precision_difference", results).verdict())
        .isEqualTo(Verdict.NOT_ASSESSED);
    assertThat(gate("fairness", results).verdict()).isEqualTo(Verdict.NOT_ASSESSED);
    assertThat(gate("alert_budget_per_day", results).verdict()).isEqualTo(Verdict.PASSED);
  }

  @Test
  void oneGroupAloneIsNotAssessed() {
    GateResult result =
        gate(
            "fairness",
            Comparison.of(
                    rows,
                    PlanFixture.sound(),
                    Gates.read(ALL.replace("min_rows: 100", "min_rows: 100000"), "gates"))
                .gates());
    assertThat(result.verdict()).isEqualTo(Verdict.NOT_ASSESSED);
    assertThat(result.observed()).startsWith("0 groups");
  }

  @Test
  void theRatioIsThatOfFalseAlerts() {
    Comparison seen = Comparison.of(rows, PlanFixture.sound(), Gates.read(ALL, "gates"));
    List<PlanFixture.Row> all = PlanFixture.random(4_000, true, 0.7);
    for (GroupRate group : seen.groups()) {
      List<PlanFixture.Row> others =
          all.stream().filter(row -> !row.fraud() && group.group().equals(row.country())).toList();
      assertThat(group.others()).isEqualTo(others.size());
      assertThat(group.candidateFalseAlerts())
          .isEqualTo(others.stream().filter(row -> row.after().alert()).count());
    }
    assertThat(seen.groups()).extracting(GroupRate::group).containsExactly("DE", "FR");
  }

  @Test
  void goldenVectorsPassFailOrCannotBeSeen() {
    Gates gates = Gates.read(ALL, "gates");
    assertThat(golden(gates, null)).isEqualTo(Verdict.FAILED);
    assertThat(golden(gates, Bundle.GoldenMatch.TO_THE_BIT)).isEqualTo(Verdict.PASSED);
    assertThat(golden(gates, Bundle.GoldenMatch.WITHIN_TOLERANCE)).isEqualTo(Verdict.NOT_ASSESSED);
    Gates tolerant = Gates.read(ALL.replace("to_the_bit", "within_tolerance"), "gates");
    assertThat(golden(tolerant, Bundle.GoldenMatch.WITHIN_TOLERANCE)).isEqualTo(Verdict.PASSED);
  }

  private static Verdict golden(Gates gates, Bundle.@Nullable GoldenMatch match) {
    return GateCheck.golden(gates.golden(), PlanFixture.measured(new ArrayList<>(), match, 1))
        .verdict();
  }

  @Test
  void theExampleToCopyFromIsSound() throws Exception {
    Gates gates = Gates.read(Files.readString(Path.of("../examples/gates.yaml")), "gates.yaml");
    assertThat(gates.fairness()).isNotNull();
    assertThat(gates.robustness()).isNotNull();
    assertThat(gates.alertBudgetPerDay()).isNotNull();
    assertThat(gates.watch()).isNotNull();
    assertThat(gates.watch().limits()).hasSize(Signal.values().length);
    assertThat(Gates.builtIn().watch()).isNotNull();
    assertThat(Gates.builtIn().fairness()).isNull();
  }

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of("golden: to_the_bit", "golden: yes", 8, "expected one of"),
        Arguments.of("alert_budget_per_day: 50", "alert_budget: 50", 4, "one of the keys"),
        Arguments.of("max_ratio: 3", "max_ratio: 0.5", 6, "a number from 1.0 to 1000.0, got 0.5"),
        Arguments.of(
            "groups: country", "groups: amount", 6, "a text field such as country or channel"),
        Arguments.of("appended: 2", "appended: 11", 7, "a whole number from 0 to 10, got 11"),
        Arguments.of(", max_flip_share: 0.01", "", 7, "max_flip_share: expected a number"));
  }

  @ParameterizedTest
  @MethodSource("broken")
  void aBrokenFileIsRefusedWithItsLine(String from, String to, int line, String message) {
    assertThat(ALL).contains(from);
    ArtefactException refused =
        catchThrowableOfType(
            ArtefactException.class, () -> Gates.read(ALL.replace(from, to), "gates"));
    assertThat(refused).hasMessageContaining(message);
    assertThat(refused.line()).isEqualTo(line);
  }
}
