package io.vigil.bench.queue;

import io.vigil.bench.queue.Period.Fraud;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a team's decisions were worth, minor units.
 *
 * @param prevented payments of an episode after its account was blocked
 * @param recalled of alerted payments that were found to be fraud
 * @param stake all fraudulent payments
 */
record Savings(double prevented, double recalled, double stake) {

  /**
   * @param declinesHold whether a payment that was declined is lost to nobody, so that there is
   *     nothing to save either; else all payments go through, as in the simulator's world
   */
  static Savings of(Period period, Worked worked, Recall recall, boolean declinesHold) {
    Map<String, Long> decidedMs =
        period.alerts().stream()
            .filter(alert -> worked.decidedMs().containsKey(alert.id()))
            .collect(
                Collectors.toMap(
                    alert -> alert.alert().getTransaction().getTransactionId(),
                    alert -> worked.decidedMs().get(alert.id())));
    double prevented = 0;
    double recalled = 0;
    double stake = 0;
    for (Map.Entry<Episode, List<Fraud>> each : period.frauds().entrySet()) {
      long blockedMs = worked.blockedMs().getOrDefault(each.getKey(), Long.MAX_VALUE);
      for (Fraud fraud : each.getValue()) {
        if (declinesHold && fraud.declined()) {
          continue;
        }
        stake += fraud.amountMinor();
        Long decided = decidedMs.get(fraud.transactionId());
        if (fraud.timeMs() >= blockedMs) {
          prevented += fraud.amountMinor();
        } else if (decided != null) {
          recalled += fraud.amountMinor() * recall.share(decided - fraud.timeMs());
        }
      }
    }
    return new Savings(prevented, recalled, stake);
  }

  double saved() {
    return prevented + recalled;
  }
}
