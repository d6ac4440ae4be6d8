package io.vigil.model.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.plan.GateResult.Verdict;
import io.vigil.model.plan.PlanFile.Artefact;
import io.vigil.model.plan.PlanFile.Kind;
import io.vigil.model.plan.PlanFile.Metric;
import io.vigil.model.policy.Outcome;
import io.vigil.model.watch.Signal;
import io.vigil.model.watch.WatchPlan;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanFileTest {
  private static final String GOLDEN =
      """
      format: vigil-plan-1
      created_at: 2026-03-01T12:00:00Z
      verdict: change
      change:
        - {kind: model, name: "second", version: 2, digest: %2$s}
      against:
        - {kind: model, name: "first", version: 1, digest: %1$s}
        - {kind: rule_set, name: "basic", version: 1, digest: %1$s}
      data:
        input: %1$s
        description: "payments.csv, format \\"mine\\""
        rows: 1000
        frauds: 12
        from: 2026-01-01T00:00:00Z
        to: 2026-02-01T00:00:00.123Z
      new_features:
        - {name: "count_1h", whole: "right after 1h"}
      champion:
        - {name: average_precision, value: 0.500000, low: 0.400000, high: 0.600000}
        - {name: alerts_per_day, value: 12.500000}
      candidate:
        - {name: average_precision, value: 0.600000}
      difference:
        - {name: average_precision, value: 0.100000, low: -0.012346, high: 0.200000}
      differing: 700
      flips:
        - {from: approve, to: step_up, rows: 3, frauds: 1}
      gates_file: {kind: gates, name: "default", version: 1, digest: %1$s}
      gates:
        - gate: golden
          observed: "64 rows, every bit as stored"
          required: "every bit on their engine class"
          verdict: passed
        - gate: fairness
          observed: "no groups are configured"
          required: "no such gate"
          verdict: not_assessed
          mend: "say what is required: fairness"
      watch:
        stretch: 10000
        success_after: 50000
        alert_rate: {max_ratio: 1.5, min_decisions: 5000}
        precision: {min_share: 0.2, min_labels: 100}
      """
          .formatted("a".repeat(64), "b".repeat(64));

  private static final WatchPlan WATCH =
      new WatchPlan(
          10_000,
          50_000,
          0,
          List.of(
              new WatchPlan.Limit(Signal.ALERT_RATE, 1.5, 5_000),
              new WatchPlan.Limit(Signal.PRECISION, 0.2, 100)));

  private static PlanFile plan() {
    Artefact first = new Artefact(Kind.MODEL, "first", 1, "a".repeat(64));
    return new PlanFile(
        Instant.parse("2026-03-01T12:00:00Z"),
        List.of(new Artefact(Kind.MODEL, "second", 2, "b".repeat(64))),
        List.of(first, new Artefact(Kind.RULE_SET, "basic", 1, "a".repeat(64))),
        new PlanFile.Data(
            "a".repeat(64),
            "payments.csv, format \"mine\"",
            1_000,
            12,
            Instant.parse("2026-01-01T00:00:00Z"),
            Instant.parse("2026-02-01T00:00:00.123Z")),
        List.of(new PlanFile.NewFeature("count_1h", "right after 1h")),
        List.of(
            Metric.of("average_precision", 0.5, 0.4, 0.6),
            Metric.of("alerts_per_day", 12.5, Double.NaN, Double.NaN)),
        List.of(Metric.of("average_precision", 0.6, Double.NaN, Double.NaN)),
        List.of(Metric.of("average_precision", 0.1, -0.0123456, 0.2)),
        700,
        List.of(new Flips.Count(Outcome.APPROVE, Outcome.STEP_UP, 3, 1)),
        new Artefact(Kind.GATES, "default", 1, "a".repeat(64)),
        List.of(
            new GateResult(
                "golden",
                "64 rows, every bit as stored",
                "every bit on their engine class",
                Verdict.PASSED,
                ""),
            GateResult.notAssessed(
                "fairness",
                "no groups are configured",
                "no such gate",
                "say what is required: fairness")),
        WATCH);
  }

  @Test
  void theTextIsTheGoldenOneAndReadsBack() {
    assertThat(plan().text()).isEqualTo(GOLDEN);
    assertThat(PlanFile.read(GOLDEN, "plan.yaml")).isEqualTo(plan());
    assertThat(PlanFile.read(GOLDEN, "plan.yaml").text()).isEqualTo(GOLDEN);
    assertThat(plan().digest()).isEqualTo(plan().digest()).matches("[0-9a-f]{64}");
  }

  @Test
  void whatWasEditedIsRefusedOrHasAnotherDigest() {
    assertThatThrownBy(() -> PlanFile.read(GOLDEN + "\n", "plan.yaml"))
        .isInstanceOf(ArtefactException.class)
        .hasMessageContaining("edited or laid out anew");
    assertThatThrownBy(
            () -> PlanFile.read(GOLDEN.replace("differing: 700", "differing:  700"), "plan.yaml"))
        .hasMessageContaining("edited or laid out anew");
    assertThatThrownBy(
            () ->
                PlanFile.read(
                    GOLDEN.replace("verdict: not_assessed", "verdict: failed"), "plan.yaml"))
        .hasMessageContaining("verdict: expected gate_failed");
    assertThatThrownBy(
            () -> PlanFile.read(GOLDEN.replace("verdict: change", "verdict: no_change"), "p"))
        .hasMessageContaining("p:3: verdict: expected change");
    assertThatThrownBy(() -> PlanFile.read(GOLDEN.replace("vigil-plan-1", "vigil-plan-2"), "p"))
        .hasMessageContaining("p:1: format: expected vigil-plan-1, got vigil-plan-2");
    assertThatThrownBy(() -> PlanFile.read(GOLDEN.replace("rule_set", "model"), "p"))
        .hasMessageContaining("expected one artefact of a kind");
    String other = GOLDEN.replace("rows: 1000", "rows: 1001");
    assertThat(PlanFile.read(other, "plan.yaml").digest()).isNotEqualTo(plan().digest());
  }

  @Test
  void theVerdictFollowsFromChangesGatesAndFlips() {
    PlanFile plan = plan();
    assertThat(plan.verdict().exitCode()).isEqualTo(2);
    assertThat(with(plan.changes(), 0, plan.gates()).verdict().exitCode()).isZero();
    List<GateResult> failed =
        List.of(GateResult.of("golden", false, "other logits", "these", "package it anew"));
    assertThat(with(plan.changes(), 0, failed).verdict().exitCode()).isEqualTo(3);
    assertThat(with(List.of(), 0, failed).verdict().exitCode()).isZero();
  }

  private static PlanFile with(List<Artefact> changes, long differing, List<GateResult> gates) {
    PlanFile plan = plan();
    return new PlanFile(
        plan.createdAt(),
        changes,
        plan.against(),
        plan.data(),
        plan.newFeatures(),
        plan.champion(),
        plan.candidate(),
        plan.difference(),
        differing,
        plan.flips(),
        plan.gatesFile(),
        gates,
        plan.watch());
  }

  @Test
  void textsCannotBreakOutOfTheirLine() {
    PlanFile plan =
        with(
            List.of(),
            0,
            List.of(GateResult.of("golden", false, "a\nverdict: change \\ \"", "b", "c")));
    assertThat(PlanFile.read(plan.text(), "plan.yaml").gates().get(0).observed())
        .isEqualTo("a verdict: change \\ \"");
  }

  @Test
  void thePageStandsAloneAndEscapesWhatItShows() {
    Comparison seen =
        Comparison.of(
            PlanFixture.rows(PlanFixture.random(2_000, true, 0.5)),
            PlanFixture.sound(),
            Gates.builtIn());
    String page = PlanPage.of(plan(), seen, List.of("<b>careful</b>"));
    assertThat(page)
        .contains("Ready to apply.", "&lt;b&gt;careful", plan().digest(), "Precision and recall")
        .doesNotContain("<script", "http://", "https://", "NaN");
    Comparison blind =
        Comparison.of(
            PlanFixture.rows(PlanFixture.random(2_000, false, 0.5)),
            PlanFixture.sound(),
            Gates.builtIn());
    assertThat(PlanPage.of(plan(), blind, List.of())).doesNotContain("NaN", "Precision and recall");
  }
}
