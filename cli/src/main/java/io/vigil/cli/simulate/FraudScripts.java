package io.vigil.cli.simulate;

import io.vigil.schema.Channel;
import io.vigil.schema.EntryMode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What the rows of one campaign of each kind are. Not thread-safe. */
final class FraudScripts {
  /** Sold on easily. */
  private static final Set<Category> GOODS =
      EnumSet.of(
          Category.ELECTRONICS,
          Category.JEWELLERY,
          Category.DEPARTMENT_STORE,
          Category.CLOTHING,
          Category.FUEL);

  private static final Set<Category> ONLINE_GOODS =
      EnumSet.of(
          Category.ONLINE_ELECTRONICS,
          Category.ONLINE_CLOTHING,
          Category.AIRLINE,
          Category.TRAVEL_AGENCY,
          Category.MARKETPLACE);

  /** Where a card can be tried without a delivery address. */
  private static final Set<Category> TESTABLE =
      EnumSet.of(Category.DIGITAL_GOODS, Category.CHARITY, Category.STREAMING);

  /** A card that was used at a merchant that leaks. */
  record Victim(Account account, int card) {}

  private final Population population;
  private final Market market;
  private final SimRandom random;

  FraudScripts(Population population, Market market, SimRandom random) {
    this.population = population;
    this.market = market;
    this.random = random;
  }

  /** 4 to 12 payments within hours, from the first on by day, at shops and cash machines. */
  List<Draft> stolenCardSpree(long startMs) {
    Account victim = population.any(random);
    int card = random.below(victim.cards);
    City city = random.chance(0.7) ? victim.home : City.home(random);
    int hour = Rhythm.hour(startMs, city.offsetMs());
    long time = hour < 8 ? startMs + (8 - hour) * Rhythm.HOUR_MS : startMs;
    List<Draft> rows = new ArrayList<>();
    for (int left = random.between(4, 12); left > 0; left--) {
      if (random.chance(0.2)) {
        rows.add(
            present(
                time,
                victim,
                card,
                market.cashMachine(city, random),
                10_000L * random.between(1, 5),
                EntryMode.CHIP));
      } else {
        int shop = market.shop(city, GOODS, random);
        long cents = market.price(shop, 0.9, random);
        rows.add(
            present(
                time,
                victim,
                card,
                shop,
                cents,
                cents < 5000 ? EntryMode.CONTACTLESS : EntryMode.CHIP));
      }
      time += 60_000 + (long) random.exponential(20 * 60_000);
    }
    return rows;
  }

  /** 5 to 14 cards tried 1 to 3 times each by one device; 15 % of them abused a day later. */
  List<Draft> cardTesting(int webShop, long startMs) {
    long device = random.token();
    long[] addresses = {random.token(), random.token(), random.token()};
    List<Draft> rows = new ArrayList<>();
    long time = startMs;
    for (int left = random.between(5, 14); left > 0; left--) {
      Account victim = population.any(random);
      int card = random.below(victim.cards);
      for (int tries = random.between(1, 3); tries > 0; tries--) {
        rows.add(
            Draft.online(
                time,
                victim,
                card,
                webShop,
                device,
                addresses[random.below(addresses.length)],
                random.between(30, 499),
                EntryMode.MANUAL));
        time += 2_000 + (long) random.exponential(40_000);
      }
      if (random.chance(0.15)) {
        rows.add(
            Draft.online(
                startMs + (long) (random.uniform(0.5, 2) * Rhythm.DAY_MS),
                victim,
                card,
                market.webShop(ONLINE_GOODS, random),
                device,
                random.token(),
                Market.clip(random.logNormal(280, 0.5)),
                EntryMode.MANUAL));
      }
    }
    return rows;
  }

  /** A probe from a device never seen with the account, then 2 to 6 high payments in hours. */
  List<Draft> accountTakeover(long startMs) {
    Account victim = population.any(random);
    long device = random.token();
    long address = random.token();
    List<String> payees =
        List.of(Population.outsider(random.token()), Population.outsider(random.token()));
    long time = startMs;
    List<Draft> rows = new ArrayList<>();
    rows.add(
        Draft.transfer(time, victim, device, address, payees.get(0), random.between(100, 1999)));
    for (int left = random.between(2, 6); left > 0; left--) {
      time += 3 * 60_000 + (long) random.exponential(90 * 60_000);
      long cents = Market.clip(random.logNormal(650, 0.6) * StrictMath.exp(0.5 * victim.logWealth));
      if (random.chance(0.65)) {
        rows.add(Draft.transfer(time, victim, device, address, payees.get(random.below(2)), cents));
      } else {
        rows.add(
            Draft.online(
                time,
                victim,
                0,
                market.webShop(ONLINE_GOODS, random),
                device,
                address,
                cents,
                EntryMode.MANUAL));
      }
    }
    return rows;
  }

  /**
   * Each leaked card is abused 1 to 3 times over ten days, from one to three days after the leak
   * ended: half of the gangs use copies at the merchant's own terminals (it takes part), the others
   * elsewhere, so that only the common point of purchase tells.
   */
  List<Draft> abuseOfLeakedCards(int merchant, List<Victim> victims, long leakEndMs) {
    boolean merchantTakesPart = random.chance(0.5);
    long from = leakEndMs + (long) (random.uniform(1, 3) * Rhythm.DAY_MS);
    List<Draft> rows = new ArrayList<>();
    for (Victim victim : victims) {
      for (int left = random.between(1, 3); left > 0; left--) {
        long time = daytime(from + (long) (10 * random.uniform() * Rhythm.DAY_MS), victim.account);
        if (merchantTakesPart) {
          long cents = market.price(merchant, 1.2, random);
          rows.add(present(time, victim, merchant, cents));
        } else if (random.chance(0.5)) {
          int shop = market.shop(City.any(random), GOODS, random);
          rows.add(present(time, victim, shop, market.price(shop, 0.7, random)));
        } else {
          int shop = market.webShop(ONLINE_GOODS, random);
          rows.add(
              Draft.online(
                  time,
                  victim.account,
                  victim.card,
                  shop,
                  random.token(),
                  random.token(),
                  market.price(shop, 0.7, random),
                  EntryMode.MANUAL));
        }
      }
    }
    return rows;
  }

  /** 4 to 8 accounts on one or two devices, 2 to 4 transfers each to two or three payees. */
  List<Draft> muleRing(long startMs) {
    Set<Account> mules = new LinkedHashSet<>();
    for (int wanted = random.between(4, 8); mules.size() < wanted; ) {
      mules.add(population.any(random));
    }
    long[] devices = {random.token(), random.token()};
    int devicesUsed = random.between(1, 2);
    long address = random.token();
    String[] payees = new String[random.between(2, 3)];
    for (int i = 0; i < payees.length; i++) {
      payees[i] = Population.outsider(random.token());
    }
    double span = random.uniform(2, 5) * Rhythm.DAY_MS;
    List<Draft> rows = new ArrayList<>();
    for (Account mule : mules) {
      for (int left = random.between(2, 4); left > 0; left--) {
        rows.add(
            Draft.transfer(
                daytime(startMs + (long) (random.uniform() * span), mule),
                mule,
                devices[random.below(devicesUsed)],
                address,
                payees[random.below(payees.length)],
                1_000L * random.between(40, 290)));
      }
    }
    return rows;
  }

  /** 3 to 6 high payments with one card's data over 14 days, from a device of the thief's. */
  List<Draft> slowHighCardNotPresent(long startMs) {
    Account victim = population.any(random);
    int card = random.below(victim.cards);
    long device = random.token();
    List<Draft> rows = new ArrayList<>();
    for (int left = random.between(3, 6); left > 0; left--) {
      rows.add(
          Draft.online(
              startMs + (long) (14 * random.uniform() * Rhythm.DAY_MS),
              victim,
              card,
              market.webShop(ONLINE_GOODS, random),
              device,
              random.chance(0.5) ? population.sharedAddress(victim.home, random) : random.token(),
              Market.clip(random.logNormal(420, 0.5)),
              EntryMode.MANUAL));
    }
    return rows;
  }

  /** A web shop on which cards can be tried. */
  int testingGround() {
    return market.webShop(TESTABLE, random);
  }

  private Draft present(long time, Victim victim, int merchant, long cents) {
    return present(time, victim.account, victim.card, merchant, cents, EntryMode.MAGSTRIPE);
  }

  private Draft present(
      long time, Account account, int card, int merchant, long cents, EntryMode mode) {
    Channel channel = market.category(merchant).channel();
    return Draft.present(
        time, account, card, merchant, market.terminal(merchant, random), cents, channel, mode);
  }

  /** The same time, or twelve hours later when it is night at the account's home. */
  private static long daytime(long timeMs, Account account) {
    return Rhythm.hour(timeMs, account.home.offsetMs()) < 7 ? timeMs + 12 * Rhythm.HOUR_MS : timeMs;
  }
}
