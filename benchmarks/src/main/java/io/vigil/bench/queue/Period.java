package io.vigil.bench.queue;

import java.util.List;
import java.util.Map;

/**
 * What happened in the days that are studied. Immutable by agreement.
 *
 * @param startMs milliseconds since the epoch
 * @param endMs exclusive
 * @param transactions decided in it
 * @param alerts by time
 * @param frauds every fraudulent payment by time, whether it raised an alert or not
 */
record Period(
    long startMs,
    long endMs,
    long transactions,
    List<SimAlert> alerts,
    Map<Episode, List<Fraud>> frauds) {

  /** The same, with those alerts alone that the model's score raises without any rule. */
  Period raisedByScore(double reviewFrom) {
    return new Period(
        startMs,
        endMs,
        transactions,
        alerts.stream().filter(alert -> alert.alert().getScore() >= reviewFrom).toList(),
        frauds);
  }

  /**
   * A fraudulent payment.
   *
   * @param amountMinor in the base currency
   * @param declined the decision was to decline
   */
  record Fraud(String transactionId, long timeMs, long amountMinor, boolean declined) {}
}
