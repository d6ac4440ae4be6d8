package io.vigil.console.cases;

import java.time.Duration;
import java.time.Instant;

/**
 * Why a case stands where it stands: the loss that an analyst's minute may prevent, doubled each
 * time that the case has waited for {@link CaseRules#boostDoubling}.
 *
 * <p>With a loss L, minutes m, a doubling time d and a waiting time w the priority is L / m * 2^(w
 * / d). Its logarithm is log2(L / m) + now / d - opened / d, and now / d is the same for all cases:
 * so the order is that of log2(L / m) - opened / d, a number that stays as it is while time passes.
 * An index on it orders the queue, and no case moves but by what happens to it.
 */
public final class Priority {

  private static final double FIRST_MINUTES = 1;
  private static final double MINUTES_AN_ALERT = 0.2;
  private static final double MOST_MINUTES = 10;
  private static final double HOUR_MS = 3_600_000;

  private Priority() {}

  /** What a case is estimated to take: a minute, and 12 s for each further alert; 1 to 10. */
  public static double minutes(int alerts) {
    return Math.min(MOST_MINUTES, FIRST_MINUTES + MINUTES_AN_ALERT * Math.max(0, alerts - 1));
  }

  /** Expected loss by minute of work, minor units. */
  public static long lossMinorPerMinute(long expectedLossMinor, int alerts) {
    return Math.round(expectedLossMinor / minutes(alerts));
  }

  /** Of the waiting time: 1 at first, 2 after one doubling time. */
  public static double boost(Instant openedAt, Instant now, Duration doubling) {
    double waited = Math.max(0, Duration.between(openedAt, now).toMillis());
    return Math.pow(2, waited / doubling.toMillis());
  }

  /**
   * The greater, the more urgent; does not change with time. A loss below one minor unit counts as
   * one.
   */
  static double rank(long expectedLossMinor, int alerts, Instant openedAt, Duration doubling) {
    double loss = Math.max(1, expectedLossMinor) / minutes(alerts);
    return Math.log(loss) / Math.log(2)
        - openedAt.toEpochMilli() / HOUR_MS / (doubling.toMillis() / HOUR_MS);
  }
}
