package io.vigil.model.plan;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.RankingMetrics.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Holds a comparison against gates. */
final class GateCheck {
  static final String AVERAGE_PRECISION = "min_average_precision_difference";
  static final String ALERT_BUDGET = "alert_budget_per_day";
  static final String LATENCY = "latency_us_per_event";
  static final String FAIRNESS = "fairness";
  static final String ROBUSTNESS = "robustness.";
  static final String GOLDEN = "golden";

  private static final String NO_GATE = "no such gate";
  private static final String NO_LABELS =
      "plan a period whose labels have come: --to a few weeks before the end of what is recorded";

  private final Gates gates;
  private final Comparison seen;

  private GateCheck(Gates gates, Comparison seen) {
    this.gates = gates;
    this.seen = seen;
  }

  /** Every gate that there is, in one order; those that the file leaves out are not assessed. */
  static List<GateResult> of(Gates gates, Comparison seen) {
    GateCheck check = new GateCheck(gates, seen);
    List<GateResult> results = new ArrayList<>();
    results.add(check.averagePrecision());
    results.add(check.alertBudget());
    results.add(check.latency());
    results.add(check.fairness());
    check.robustness(results);
    results.add(golden(gates.golden(), seen.measured()));
    return List.copyOf(results);
  }

  private GateResult averagePrecision() {
    Double least = gates.minAveragePrecisionDifference();
    Interval interval = seen.intervals().difference().get(Figures.AVERAGE_PRECISION);
    double difference = seen.candidate().averagePrecision() - seen.champion().averagePrecision();
    String observed =
        interval == null
            ? "no labels in the period"
            : format(
                "%+.4f, 90 %% interval %+.4f to %+.4f",
                difference, interval.low(), interval.high());
    if (least == null) {
      return missing(AVERAGE_PRECISION, observed);
    }
    String required = format("lower end of the interval at least %+.4f", least);
    if (interval == null) {
      return GateResult.notAssessed(AVERAGE_PRECISION, observed, required, NO_LABELS);
    }
    return GateResult.of(
        AVERAGE_PRECISION,
        interval.low() >= least,
        observed,
        required,
        difference >= least
            ? "the period is too short to be sure: plan a longer one (--from), or learn anew"
            : "learn anew: see the worst segments and the drift below for where it lost");
  }

  private GateResult alertBudget() {
    Double most = gates.alertBudgetPerDay();
    double perDay = seen.candidate().alertsPerDay();
    String observed =
        format("%.1f alerts a day, champion %.1f", perDay, seen.champion().alertsPerDay());
    return most == null
        ? missing(ALERT_BUDGET, observed)
        : GateResult.of(
            ALERT_BUDGET,
            perDay <= most,
            observed,
            format("at most %.1f", most),
            format(
                "raise the policy's thresholds for alerts: %s keeps the budget by score alone; or make the rules that alert rarer",
                seen.thresholdFor(most)));
  }

  private GateResult latency() {
    Double most = gates.latencyUsPerEvent();
    Measured.Cost cost = seen.measured().cost();
    String observed =
        format(
            "%.1f us a row in batches of %d, champion %.1f",
            cost.candidateScoringUs(), cost.batch(), cost.championScoringUs());
    return most == null
        ? missing(LATENCY, observed)
        : GateResult.of(
            LATENCY,
            cost.candidateScoringUs() <= most,
            observed,
            format("at most %.1f us", most),
            "fewer or shallower trees, a smaller network, or fewer parts of an ensemble; measure on an idle machine");
  }

  private GateResult fairness() {
    Gates.Fairness fairness = gates.fairness();
    if (fairness == null) {
      return missing(FAIRNESS, "no groups are configured");
    }
    String required =
        format(
            "ratio of false-positive rates by %s at most %.2f",
            fairness.groups().id(), fairness.maxRatio());
    if (seen.rows() == 0 || Double.isNaN(seen.candidate().falsePositiveRate())) {
      return GateResult.notAssessed(FAIRNESS, "no labels in the period", required, NO_LABELS);
    }
    List<GroupRate> groups = seen.groups();
    if (groups.size() < 2) {
      return GateResult.notAssessed(
          FAIRNESS,
          format(
              "%d groups with at least %d rows that are no frauds",
              groups.size(), fairness.minRows()),
          required,
          "map the field that tells the groups, plan a longer period, or lower min_rows");
    }
    GroupRate most = groups.get(0);
    GroupRate least = groups.get(0);
    for (GroupRate group : groups) {
      most = group.candidateRate() > most.candidateRate() ? group : most;
      least = group.candidateRate() < least.candidateRate() ? group : least;
    }
    boolean none = most.candidateFalseAlerts() == 0;
    double ratio = none ? 1 : most.candidateRate() / least.candidateRate();
    return GateResult.of(
        FAIRNESS,
        ratio <= fairness.maxRatio(),
        none
            ? format("no false alerts in any of %d groups", groups.size())
            : format(
                "%s: %.3f %% of %s against %.3f %% of %s",
                Double.isInfinite(ratio) ? "no bound" : format("%.2f", ratio),
                100 * most.candidateRate(),
                most.group(),
                100 * least.candidateRate(),
                least.group()),
        required,
        format(
            "look at what alerts in %s: the rules that hit there, and features that stand for the group",
            most.group()));
  }

  private void robustness(List<GateResult> results) {
    Gates.Robustness asked = gates.robustness();
    change(
        results,
        Robustness.APPENDED,
        asked != null && asked.appended() > 0
            ? format("%d small transactions before it", asked.appended())
            : null,
        "counts and recency weigh too much: learn with longer windows beside the short ones, or with less depth");
    change(
        results,
        Robustness.AMOUNT_CHANGE,
        asked != null && asked.amountChange() > 0
            ? format("amount up and down by %s %%", number(100 * asked.amountChange()))
            : null,
        "the amount decides by hairs: thresholds of rules on round amounts, or trees that split there; learn with fewer leaves");
    change(
        results,
        Robustness.NOISE,
        asked != null && asked.noise() > 0
            ? format("%s %% of noise on each feature", number(100 * asked.noise()))
            : null,
        "the model is steep where it decides: fewer or shallower trees, more l2 or leaf, or mean over several seeds");
  }

  private void change(List<GateResult> results, String change, @Nullable String what, String mend) {
    String gate = ROBUSTNESS + change;
    Gates.Robustness asked = gates.robustness();
    Robustness found =
        seen.measured().robustness().stream()
            .filter(one -> one.change().equals(change))
            .findFirst()
            .orElse(null);
    if (asked == null || what == null) {
      results.add(missing(gate, "nothing was changed"));
      return;
    }
    String required =
        format(
            "%s: outcomes of at most %s %% of the sampled rows change",
            what, number(100 * asked.maxFlipShare()));
    if (found == null || found.rows() == 0) {
      results.add(
          GateResult.notAssessed(gate, "no rows were sampled", required, "plan a longer period"));
      return;
    }
    results.add(
        GateResult.of(
            gate,
            found.candidateShare() <= asked.maxFlipShare(),
            format(
                "%.2f %% of %d rows (%d), champion %.2f %%",
                100 * found.candidateShare(),
                found.rows(),
                found.candidateFlips(),
                100 * found.championShare()),
            required,
            mend));
  }

  /** The one gate that can be judged without a single row. */
  static GateResult golden(Gates.@Nullable Golden asked, Measured seen) {
    String observed =
        seen.golden() == null
            ? "a golden vector gives another logit"
            : format(
                "%d rows, %s",
                seen.goldenRows(),
                seen.golden() == Bundle.GoldenMatch.TO_THE_BIT
                    ? "every bit as stored"
                    : "within 1e-4 on another engine class than " + seen.goldenEngineClass());
    if (asked == null) {
      return missing(GOLDEN, observed);
    }
    String required =
        asked == Gates.Golden.TO_THE_BIT ? "every bit on their engine class" : "within 1e-4";
    if (seen.golden() == Bundle.GoldenMatch.WITHIN_TOLERANCE && asked == Gates.Golden.TO_THE_BIT) {
      return GateResult.notAssessed(
          GOLDEN,
          observed,
          required,
          "plan on " + seen.goldenEngineClass() + ", or package the model anew here");
    }
    return GateResult.of(
        GOLDEN,
        seen.golden() != null,
        observed,
        required,
        "package the model anew from its makers' own predictions");
  }

  private static GateResult missing(String gate, String observed) {
    String key = gate.startsWith(ROBUSTNESS) ? gate.replace('.', ' ') : gate;
    return GateResult.notAssessed(gate, observed, NO_GATE, "say what is required: " + key);
  }

  private static String number(double value) {
    return value == StrictMath.rint(value) ? format("%.0f", value) : format("%.2f", value);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
