package io.vigil.bench.queue;

/**
 * How much of a payment comes back when it is found to be fraud, by the time that has passed since.
 *
 * @param id how results name it
 * @param hours after which nothing comes back, above 0
 * @param declines whether less comes back with every hour; else all of it until the end
 */
record Recall(String id, double hours, boolean declines) {
  private static final double HOUR_MS = 3_600_000;

  /** Nothing comes back: only what a block prevents counts. */
  static final Recall NEVER = new Recall("prevented_only", 0, false);

  /** Share of the amount, 0 to 1. */
  double share(long waitedMs) {
    double left = 1 - waitedMs / HOUR_MS / hours;
    if (!(left > 0)) {
      return 0;
    }
    return declines ? left : 1;
  }
}
