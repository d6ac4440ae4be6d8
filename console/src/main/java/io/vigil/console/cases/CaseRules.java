package io.vigil.console.cases;

import java.time.Duration;

/**
 * What the console decides by, in one place.
 *
 * @param baseCurrency ISO 4217 code of every amount below and of expected losses
 * @param fourEyesAmountMinor a verdict on a case of this amount or more needs a second person
 * @param fourEyesAlerts so does one on this many alerts or more
 * @param sla how long an open case may wait
 * @param boostDoubling a case's priority doubles each time that it has waited this long
 * @param undo how long a verdict can be undone by the one who made it
 * @param hold how long a claim holds without a sign of life
 * @param accountWindow alerts of one account this close in event time are one case
 * @param linkWindow so are those that share a device, card, merchant, terminal or payee
 * @param unremarkable alerts scored below this calibrated probability, which rules alone raised,
 *     are never one case with those that the model finds remarkable: one verdict would be wrong for
 *     one of them; an alert without a score is taken for alike to both
 * @param trustedADay an account with this many trusted alerts in 24 h is shown again
 */
public record CaseRules(
    String baseCurrency,
    long fourEyesAmountMinor,
    int fourEyesAlerts,
    Duration sla,
    Duration boostDoubling,
    Duration undo,
    Duration hold,
    Duration accountWindow,
    Duration linkWindow,
    double unremarkable,
    int trustedADay) {

  /** As the documentation has them, for a base currency with two decimals. */
  public static CaseRules standard(String baseCurrency) {
    return new CaseRules(
        baseCurrency,
        1_000_000,
        25,
        Duration.ofHours(8),
        Duration.ofHours(72),
        Duration.ofSeconds(10),
        Duration.ofMinutes(10),
        Duration.ofHours(24),
        Duration.ofDays(3),
        0.1,
        10);
  }
}
