package io.vigil.cli.simulate;

import org.jspecify.annotations.Nullable;

/** One customer: what is fixed about them, their habits, and where they are. Not thread-safe. */
final class Account {
  /** Share of waits that are the next stop of the same outing, in clock time. */
  static final double OUTING_SHARE = 0.25;

  /** Median wait within an outing, and the sigma of its logarithm. */
  static final double OUTING_MEDIAN_MS = 25 * 60_000.0;

  static final double OUTING_SIGMA = 1;

  private static final double OUTING_MEAN_MS = OUTING_MEDIAN_MS * StrictMath.exp(0.5);
  private static final double DAY_MS = Rhythm.DAY_MS;

  final int index;
  final int household;
  final City home;
  final int latitudeE4;
  final int longitudeE4;
  final Rhythm rhythm;

  /** Local time minus UTC, and how much later than others this person lives. */
  final long offsetMs;

  /** Mean wait between outings, activity time. */
  final double waitMs;

  final double logWealth;
  final double transferShare;
  final double onlineShare;
  final double cashShare;

  /** Chance that a trip begins at a payment after a long pause. */
  final double travel;

  final int cards;
  final int devices;

  final Habit shops = new Habit(Habit.CAPACITY_MAX);
  final Habit webShops = new Habit(12);
  final Habit cashMachines = new Habit(4);

  /** Payees: accounts from 0 up; companies and accounts elsewhere below 0. */
  final Habit payees = new Habit(8);

  @Nullable City trip;
  long tripUntilMs;
  long lastOutMs = Long.MIN_VALUE / 2;
  int phone;

  Account(int index, double paymentsPerDay, @Nullable Account housemate, SimRandom random) {
    this.index = index;
    if (housemate == null) {
      household = index;
      home = City.home(random);
      latitudeE4 = home.latitudeNear(random, 8);
      longitudeE4 = home.longitudeNear(random, 8);
    } else {
      household = housemate.household;
      home = housemate.home;
      latitudeE4 = housemate.latitudeE4;
      longitudeE4 = housemate.longitudeE4;
    }
    rhythm = Rhythm.any(random);
    offsetMs = home.offsetMs() - (long) (random.normal() * Rhythm.HOUR_MS);
    waitMs =
        Math.max(
            600_000,
            (DAY_MS / paymentsPerDay - OUTING_SHARE * OUTING_MEAN_MS) / (1 - OUTING_SHARE));
    logWealth = 0.35 * random.normal();
    transferShare = random.uniform(0.02, 0.12);
    onlineShare = 0.1 + 0.5 * random.uniform() * random.uniform();
    cashShare = random.uniform(0.01, 0.11);
    double propensity = random.uniform();
    travel = 0.03 * propensity * propensity;
    cards = random.chance(0.3) ? 2 : 1;
    devices = random.chance(0.45) ? 2 : 1;
  }

  /** Where the account is: on a trip, or at home. */
  City place() {
    City away = trip;
    return away == null ? home : away;
  }
}
