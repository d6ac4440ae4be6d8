package io.vigil.cli.simulate;

import io.vigil.schema.Channel;
import io.vigil.schema.LabelSource;
import org.jspecify.annotations.Nullable;

/**
 * When and through whom frauds become known: within a day by those who see it at once, else as
 * chargebacks do, after a log-normal number of days; some never. One draw for each victim of a
 * campaign, since a person reports a whole statement and not a line. Not thread-safe.
 */
final class Reports {
  /** A chargeback's time limit with the schemes is about 120 days. */
  private static final double DELAY_MAX_DAYS = 120;

  /**
   * @param atOnce within a day
   * @param delayMs from each of the victim's transactions to its label, positive
   */
  record Report(boolean atOnce, long delayMs) {}

  private final SimulatorOptions options;
  private final SimRandom random;

  Reports(SimulatorOptions options, SimRandom random) {
    this.options = options;
    this.random = random;
  }

  /** The report of one victim of one campaign; null when there is never one. */
  @Nullable Report draw() {
    double fate = random.uniform();
    boolean atOnce = random.chance(options.reportedAtOnceShare());
    double days =
        atOnce
            ? random.uniform(0.02, 0.98)
            : random.logNormal(options.reportMedianDays(), options.reportSigma());
    if (fate < options.neverReportedShare()) {
      return null;
    }
    double bounded = atOnce ? days : Math.max(1, Math.min(DELAY_MAX_DAYS, days));
    return new Report(atOnce, (long) (bounded * Rhythm.DAY_MS));
  }

  /** Who says so: there is no chargeback of a transfer, and a mule does not complain. */
  static LabelSource source(FraudKind kind, Channel channel, Report report) {
    if (kind == FraudKind.MULE_RING) {
      return LabelSource.ANALYST;
    }
    return report.atOnce() || channel == Channel.TRANSFER
        ? LabelSource.CUSTOMER
        : LabelSource.CHARGEBACK;
  }
}
