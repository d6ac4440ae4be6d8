package io.vigil.cli.simulate;

import java.util.Arrays;
import java.util.List;

/**
 * When within the week a kind of person pays. Waits are drawn in activity time, in which the week
 * is even, and mapped to clock time by the inverse of the cumulative intensity (time rescaling of
 * an inhomogeneous process; Daley and Vere-Jones, An Introduction to the Theory of Point Processes,
 * section 7.4). Immutable, thread-safe.
 */
final class Rhythm {
  static final long HOUR_MS = 3_600_000L;
  static final long DAY_MS = 24 * HOUR_MS;
  private static final long WEEK_MS = 7 * DAY_MS;
  private static final int BINS = 7 * 96;
  private static final long BIN_MS = WEEK_MS / BINS;

  /** 1970-01-05 was a Monday. */
  private static final long MONDAY_MS = 4 * DAY_MS;

  // Relative intensity at each full hour from midnight; straight lines between the hours.
  private static final Rhythm OFFICE =
      new Rhythm(
          new double[] {
            6, 3, 2, 2, 3, 8, 25, 50, 55, 45, 50, 70, 95, 80, 55, 55, 70, 100, 105, 85, 60, 45, 30,
            14
          },
          new double[] {0.95, 0.95, 1, 1.05, 1.2, 1.2, 0.65});
  private static final Rhythm LATE =
      new Rhythm(
          new double[] {
            45, 30, 18, 9, 5, 4, 6, 12, 25, 35, 45, 60, 75, 75, 70, 70, 75, 85, 95, 105, 105, 100,
            85, 65
          },
          new double[] {0.8, 0.85, 0.9, 1.05, 1.3, 1.35, 0.75});
  private static final Rhythm AT_HOME =
      new Rhythm(
          new double[] {
            3, 2, 2, 2, 3, 6, 18, 40, 75, 105, 110, 100, 80, 60, 65, 75, 75, 65, 45, 30, 22, 15, 9,
            5
          },
          new double[] {1.1, 1.1, 1.1, 1.1, 1.15, 0.95, 0.5});
  private static final Rhythm BUSINESS =
      new Rhythm(
          new double[] {
            2, 1, 1, 1, 2, 8, 30, 65, 90, 100, 105, 95, 75, 80, 95, 100, 85, 60, 40, 30, 22, 14, 8,
            4
          },
          new double[] {1.3, 1.35, 1.35, 1.3, 1.1, 0.4, 0.2});

  private static final List<Rhythm> BY_TWENTIETH =
      List.of(
          OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, OFFICE,
          OFFICE, LATE, LATE, LATE, AT_HOME, AT_HOME, AT_HOME, BUSINESS, BUSINESS);

  /** Activity time at the start of each quarter of an hour of the week, ms. */
  private final double[] activity = new double[BINS + 1];

  private Rhythm(double[] hours, double[] days) {
    for (int bin = 0; bin < BINS; bin++) {
      double hour = bin % 96 / 4.0 + 0.125;
      int from = (int) hour;
      double part = hour - from;
      double weight = hours[from] * (1 - part) + hours[(from + 1) % 24] * part;
      activity[bin + 1] = activity[bin] + weight * days[bin / 96];
    }
    double scale = WEEK_MS / activity[BINS];
    for (int bin = 1; bin <= BINS; bin++) {
      activity[bin] *= scale;
    }
    activity[BINS] = WEEK_MS;
  }

  /** One of four kinds of people: office 60 %, late and at home 15 % each, business 10 %. */
  static Rhythm any(SimRandom random) {
    return BY_TWENTIETH.get(random.below(BY_TWENTIETH.size()));
  }

  /** The time that lies activityMs of activity time after timeMs; offsetMs is local minus UTC. */
  long after(long timeMs, double activityMs, long offsetMs) {
    long local = timeMs + offsetMs - MONDAY_MS;
    long week = Math.floorDiv(local, WEEK_MS);
    long inWeek = Math.floorMod(local, WEEK_MS);
    int bin = (int) (inWeek / BIN_MS);
    double into = (inWeek - bin * BIN_MS) / (double) BIN_MS;
    double target = activity[bin] + (activity[bin + 1] - activity[bin]) * into + activityMs;
    long weeks = (long) (target / WEEK_MS);
    double rest = target - (double) (weeks * WEEK_MS);
    int found = Arrays.binarySearch(activity, rest);
    int in = Math.min(found >= 0 ? found : -found - 2, BINS - 1);
    double at = in * BIN_MS + (rest - activity[in]) / (activity[in + 1] - activity[in]) * BIN_MS;
    return Math.max(timeMs + 1, MONDAY_MS + (week + weeks) * WEEK_MS + (long) at - offsetMs);
  }

  /** Hour of the local day, 0 to 23. */
  static int hour(long timeMs, long offsetMs) {
    return (int) (Math.floorMod(timeMs + offsetMs, DAY_MS) / HOUR_MS);
  }
}
