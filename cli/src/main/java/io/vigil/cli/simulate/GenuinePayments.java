package io.vigil.cli.simulate;

import io.vigil.schema.Channel;
import io.vigil.schema.EntryMode;

/** What customers do of their own will. Not thread-safe. */
final class GenuinePayments {
  private static final long PAUSE_MS = 10 * Rhythm.HOUR_MS;

  private final Population population;
  private final Market market;
  private final SimRandom random;

  GenuinePayments(Population population, Market market, SimRandom random) {
    this.population = population;
    this.market = market;
    this.random = random;
  }

  /** When the account pays for the first time from timeMs on. */
  long first(Account account, long timeMs) {
    double wait = account.waitMs * 2 * random.uniform() * random.uniform();
    return account.rhythm.after(timeMs, wait, account.offsetMs);
  }

  /** When the account pays next after a payment at timeMs. */
  long next(Account account, long timeMs) {
    if (random.chance(Account.OUTING_SHARE)) {
      return timeMs + 1 + (long) random.logNormal(Account.OUTING_MEDIAN_MS, Account.OUTING_SIGMA);
    }
    return account.rhythm.after(timeMs, random.lomax(account.waitMs), account.offsetMs);
  }

  /** What the account pays at timeMs. */
  Draft draft(Account account, long timeMs) {
    boolean night = Rhythm.hour(timeMs, account.home.offsetMs()) < 6;
    double kind = random.uniform() - account.transferShare;
    if (kind < 0) {
      return transfer(account, timeMs);
    }
    kind -= account.onlineShare + (night ? 0.25 : 0);
    if (kind < 0) {
      return online(account, timeMs);
    }
    move(account, timeMs);
    return present(account, timeMs, kind < account.cashShare);
  }

  /** Trips begin and end in long pauses only, so that nobody travels faster than an aeroplane. */
  private void move(Account account, long timeMs) {
    if (timeMs - account.lastOutMs >= PAUSE_MS) {
      if (account.trip != null) {
        account.trip = timeMs > account.tripUntilMs ? null : account.trip;
      } else if (random.chance(account.travel)) {
        City city = City.any(random);
        account.trip = city == account.home ? null : city;
        account.tripUntilMs = timeMs + (long) (random.logNormal(3.5, 0.7) * Rhythm.DAY_MS);
      }
    }
    account.lastOutMs = timeMs;
  }

  private Draft present(Account account, long timeMs, boolean cash) {
    Habit habit = cash ? account.cashMachines : account.shops;
    City trip = account.trip;
    int merchant;
    if (trip != null) {
      merchant = cash ? market.cashMachine(trip, random) : market.shop(trip, random);
    } else if (habit.explores(random)) {
      merchant =
          cash
              ? market.cashMachine(account.home, random)
              : market.shop(account.home, account.latitudeE4, account.longitudeE4, random);
      habit.visit(merchant);
    } else {
      merchant = habit.recall(random);
    }
    long cents = market.price(merchant, account.logWealth, random);
    return Draft.present(
        timeMs,
        account,
        card(account),
        merchant,
        market.terminal(merchant, random),
        cents,
        cash ? Channel.ATM : Channel.POS,
        cash ? EntryMode.CHIP : entryMode(merchant, cents));
  }

  private EntryMode entryMode(int merchant, long cents) {
    // Worn chips fall back to the stripe, and some places still know nothing else.
    if (random.chance(market.city(merchant) == City.NEW_YORK ? 0.3 : 0.008)) {
      return EntryMode.MAGSTRIPE;
    }
    return random.chance(cents < 5000 ? 0.8 : 0.45) ? EntryMode.CONTACTLESS : EntryMode.CHIP;
  }

  private Draft online(Account account, long timeMs) {
    boolean known = !account.webShops.explores(random);
    int merchant = known ? account.webShops.recall(random) : market.webShop(random);
    if (!known) {
      account.webShops.visit(merchant);
    }
    return Draft.online(
        timeMs,
        account,
        card(account),
        merchant,
        device(account),
        address(account, timeMs),
        market.price(merchant, account.logWealth, random),
        known && random.chance(0.6) ? EntryMode.ON_FILE : EntryMode.MANUAL);
  }

  private Draft transfer(Account account, long timeMs) {
    int payee;
    if (account.payees.explores(random)) {
      payee = population.payee(account, random);
      account.payees.visit(payee);
    } else {
      payee = account.payees.recall(random);
    }
    double euro = population.isCompany(payee) ? random.logNormal(95, 1) : random.logNormal(55, 1.1);
    long cents = Market.clip(euro * StrictMath.exp(account.logWealth));
    // People send round sums to each other.
    cents = !population.isCompany(payee) && cents > 500 ? cents / 500 * 500 : cents;
    return Draft.transfer(
        timeMs,
        account,
        device(account),
        address(account, timeMs),
        population.payeeId(payee),
        cents);
  }

  private int card(Account account) {
    return account.cards == 2 && random.chance(0.15) ? 1 : 0;
  }

  private long device(Account account) {
    double luck = random.uniform();
    if (luck < 0.001) {
      account.phone++;
    } else if (luck < 0.016) {
      // A borrowed or new machine: not every unknown device is a thief's.
      return random.token();
    }
    return population.device(account, account.devices == 2 && random.chance(0.3));
  }

  private long address(Account account, long timeMs) {
    return account.trip == null && random.chance(0.65)
        ? population.homeAddress(account, timeMs)
        : population.sharedAddress(account.place(), random);
  }
}
