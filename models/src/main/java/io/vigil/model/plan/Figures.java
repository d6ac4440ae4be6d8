package io.vigil.model.plan;

import io.vigil.model.policy.Outcome;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one side came to in the period. Shares are NaN where labels are needed and there are none.
 *
 * @param averagePrecision of the logits, 0 to 1
 * @param rocAuc of the logits, 0 to 1
 * @param alertsPerDay alerts a day on average, 0 or more
 * @param precision frauds among alerts / alerts, 0 to 1
 * @param recall frauds among alerts / frauds, 0 to 1
 * @param valueDetected the same by amount, 0 to 1
 * @param falsePositiveRate alerts among others / others, 0 to 1
 * @param outcomes rows by outcome
 * @param unscored rows that the model gave no score
 */
public record Figures(
    double averagePrecision,
    double rocAuc,
    double alertsPerDay,
    double precision,
    double recall,
    double valueDetected,
    double falsePositiveRate,
    Map<Outcome, Long> outcomes,
    long unscored) {
  static final String AVERAGE_PRECISION = "average_precision";
  static final String ALERTS_PER_DAY = "alerts_per_day";
  static final String RECALL = "recall";
  static final String VALUE_DETECTED = "value_detected";

  static Figures of(PlanRows rows, PlanRows.Side side, Ranking ranking) {
    long alerts = 0;
    long trueAlerts = 0;
    double fraudAmount = 0;
    double foundAmount = 0;
    Map<Outcome, Long> outcomes = new LinkedHashMap<>();
    for (Outcome outcome : Outcome.values()) {
      outcomes.put(outcome, 0L);
    }
    for (int row = 0; row < rows.rows(); row++) {
      boolean alert = side.alert(row);
      boolean fraud = rows.fraud(row);
      alerts += alert ? 1 : 0;
      outcomes.merge(side.outcome(row), 1L, Long::sum);
      if (fraud) {
        fraudAmount += rows.amountMinor(row);
        if (alert) {
          trueAlerts++;
          foundAmount += rows.amountMinor(row);
        }
      }
    }
    boolean labelled = rows.labelled();
    int frauds = rows.fraudRows();
    int[] once = new int[rows.accounts()];
    Arrays.fill(once, 1);
    return new Figures(
        labelled ? ranking.averagePrecision(once) : Double.NaN,
        labelled ? ranking.rocAuc() : Double.NaN,
        alerts / (double) rows.days(),
        labelled && alerts > 0 ? trueAlerts / (double) alerts : Double.NaN,
        labelled ? trueAlerts / (double) frauds : Double.NaN,
        labelled && fraudAmount > 0 ? foundAmount / fraudAmount : Double.NaN,
        labelled ? (alerts - trueAlerts) / (double) (rows.rows() - frauds) : Double.NaN,
        outcomes,
        side.unscored());
  }

  /** By their names in results, in order. */
  public Map<String, Double> byName() {
    Map<String, Double> names = new LinkedHashMap<>();
    names.put(AVERAGE_PRECISION, averagePrecision);
    names.put("auc_roc", rocAuc);
    names.put(ALERTS_PER_DAY, alertsPerDay);
    names.put("precision", precision);
    names.put(RECALL, recall);
    names.put(VALUE_DETECTED, valueDetected);
    names.put("false_positive_rate", falsePositiveRate);
    return names;
  }
}
