package io.vigil.cli;

import io.vigil.model.plan.Comparison;
import io.vigil.model.plan.Drift;
import io.vigil.model.plan.Flips;
import io.vigil.model.plan.GateResult;
import io.vigil.model.plan.Measured;
import io.vigil.model.plan.PlanFile;
import io.vigil.model.plan.Segment;
import io.vigil.model.score.RankingMetrics.Interval;
import io.vigil.model.watch.WatchPlan;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A plan as lines on a terminal. */
final class PlanPrinter {
  private static final int SEGMENTS = 5;

  private final PrintWriter out;

  PlanPrinter(PrintWriter out) {
    this.out = out;
  }

  void print(PlanFile plan, Comparison seen, List<String> notes, double elapsedS) {
    if (plan.changes().isEmpty()) {
      line("change  none: both sides have the same artefacts");
    }
    plan.changes()
        .forEach(
            change ->
                line(
                    "change  %s %s, version %d, %s",
                    change.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    change.name(),
                    change.version(),
                    change.digest()));
    line(
        "period  %s to %s: %,d transactions, %,d frauds",
        plan.data().from(), plan.data().to(), seen.rows(), seen.frauds());
    notes.forEach(note -> line("note    %s", note));
    plan.newFeatures().forEach(one -> line("new     %s: %s", one.name(), one.whole()));
    line("");
    metrics(seen);
    flips(seen.flips());
    segments(seen.worstSegments());
    drift(seen.measured());
    cost(seen.measured().cost());
    gates(seen.gates());
    watch(plan.watch());
    line("time    %.1f s", elapsedS);
    line("verdict %s", plan.verdict().id().replace('_', ' '));
    out.flush();
  }

  /** The one gate that fails before anything is replayed. */
  void golden(String observed) {
    line("gate    %-12s %s", "FAILED", "golden");
    line("        observed %s", observed);
    line("        required the logits that its makers say it gives");
    line("        mend     package the model anew from its makers' own predictions");
    line("verdict %s", PlanFile.Verdict.GATE_FAILED.id().replace('_', ' '));
    out.flush();
  }

  private void metrics(Comparison seen) {
    line("%-20s %10s %10s %11s   %s", "", "champion", "candidate", "difference", "90 % interval");
    Map<String, Double> after = seen.candidate().byName();
    seen.champion()
        .byName()
        .forEach(
            (name, was) -> {
              double is = after.getOrDefault(name, Double.NaN);
              Interval interval = seen.intervals().difference().get(name);
              line(
                  "%-20s %10s %10s %11s   %s",
                  name.replace('_', ' '),
                  number(was, "%.4f"),
                  number(is, "%.4f"),
                  number(is - was, "%+.4f"),
                  interval == null
                      ? ""
                      : String.format(
                          Locale.ROOT, "%+.4f to %+.4f", interval.low(), interval.high()));
            });
  }

  private static String number(double value, String format) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
  }

  private void flips(Flips flips) {
    line("");
    line(
        "flips   %,d stricter, %,d milder; %,d new alerts, %,d lost",
        flips.stricter(), flips.milder(), flips.newAlerts(), flips.lostAlerts());
    for (Flips.Count flip : flips.counts()) {
      line(
          "  %-8s -> %-8s %,9d, %,d of them frauds",
          flip.from().id(), flip.to().id(), flip.rows(), flip.frauds());
      flips.examples().stream()
          .filter(one -> one.from() == flip.from() && one.to() == flip.to())
          .findFirst()
          .ifPresent(this::example);
    }
  }

  private void example(Flips.Example one) {
    line(
        "    such as %s: %.2f, %s -> %s%s  %s",
        one.id(),
        one.amountMinor() / 100.0,
        number(one.championProbability(), "%.3f"),
        number(one.candidateProbability(), "%.3f"),
        one.fraud() ? ", fraud" : "",
        one.reason());
  }

  private void segments(List<Segment> segments) {
    if (segments.isEmpty()) {
      return;
    }
    line("");
    line("worst segments");
    segments.stream()
        .limit(SEGMENTS)
        .forEach(
            one ->
                line(
                    "  %-11s %-14s %,9d rows, average precision %s -> %s, false alerts %.3f %% -> %.3f %%",
                    one.dimension(),
                    one.value(),
                    one.rows(),
                    number(one.championAveragePrecision(), "%.3f"),
                    number(one.candidateAveragePrecision(), "%.3f"),
                    100 * one.championFalsePositiveRate(),
                    100 * one.candidateFalsePositiveRate()));
  }

  private void drift(Measured measured) {
    long shifted = measured.drift().stream().filter(one -> one.index() >= Drift.LOOK).count();
    line("");
    line(
        "drift   %d of %d features at %.2f or more (%s)",
        shifted, measured.drift().size(), Drift.LOOK, measured.driftBasis());
    measured.drift().stream()
        .limit(SEGMENTS)
        .forEach(one -> line("  %-40s %.3f", one.feature(), one.index()));
  }

  private void cost(Measured.Cost cost) {
    line(
        "cost    features %.1f us, deciding twice %.1f us an event; a score %.2f us -> %.2f us; %.1f s, %.1f s of processor time",
        cost.featuresUs(),
        cost.decidingUs(),
        cost.championScoringUs(),
        cost.candidateScoringUs(),
        cost.elapsedS(),
        cost.processCpuS());
  }

  private void gates(List<GateResult> gates) {
    line("");
    for (GateResult gate : gates) {
      line(
          "gate    %-12s %s",
          gate.verdict() == GateResult.Verdict.FAILED
              ? "FAILED"
              : gate.verdict().id().replace('_', ' '),
          gate.gate());
      line("        observed %s", gate.observed());
      line("        required %s", gate.required());
      if (!gate.mend().isEmpty()) {
        line("        mend     %s", gate.mend());
      }
    }
  }

  private void watch(@Nullable WatchPlan watch) {
    if (watch != null) {
      line("");
      watch.text().lines().forEach(each -> line("watch   %s", each));
    }
  }

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }
}
