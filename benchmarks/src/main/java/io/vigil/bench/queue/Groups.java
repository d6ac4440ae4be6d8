package io.vigil.bench.queue;

import java.util.Collection;
import java.util.List;

/**
 * What grouping came to.
 *
 * @param alerts that are in cases
 * @param cases work items
 * @param grouped cases of two alerts or more
 * @param mixed those of them whose alerts differ in truth
 * @param minutes of work that the cases are estimated to take
 */
record Groups(int alerts, int cases, int grouped, int mixed, double minutes) {

  /**
   * @param cases the alerts of each
   */
  static Groups of(Collection<List<SimAlert>> cases, WorkTime work) {
    int alerts = 0;
    int grouped = 0;
    int mixed = 0;
    double minutes = 0;
    for (List<SimAlert> each : cases) {
      alerts += each.size();
      minutes += work.minutes(each.size());
      if (each.size() > 1) {
        grouped++;
        long frauds = each.stream().filter(SimAlert::fraud).count();
        if (frauds > 0 && frauds < each.size()) {
          mixed++;
        }
      }
    }
    return new Groups(alerts, cases.size(), grouped, mixed, minutes);
  }

  /** By how much there are fewer work items than alerts, 0 to 1. */
  double cut() {
    return 1 - cases / (double) alerts;
  }

  /** Of the groups, 0 to 1. */
  double mixedShare() {
    return grouped == 0 ? 0 : mixed / (double) grouped;
  }
}
