package io.vigil.cli.simulate;

import io.vigil.schema.Channel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The merchants: what they sell, where, how dear, with how many terminals. Within a city (or among
 * the online shops) the merchant of rank r draws customers in proportion to 1/r (Zipf's law).
 * Immutable once built; safe for concurrent reading.
 */
final class Market {
  private static final double SPREAD_KM = 6;
  private static final Category[] CATEGORIES = Category.values();

  /** Merchants of one kind in one place, most popular first. */
  private record Block(int first, int size) {}

  private final List<Category> categories = new ArrayList<>();
  private final List<City> cities = new ArrayList<>();
  private final List<Money> moneys = new ArrayList<>();
  private final int[] latitudesE4;
  private final int[] longitudesE4;
  private final double[] logPrices;
  private final int[] terminals;
  private final Map<City, Block> shops = new EnumMap<>(City.class);
  private final Map<City, Block> cashMachines = new EnumMap<>(City.class);
  private final Block online;
  private final double[] harmonic;

  Market(int accounts, SimRandom random) {
    int target = Math.max(400, accounts / 4);
    int weights = 0;
    for (City city : City.values()) {
      weights += city.weight();
    }
    int next = 0;
    int largest = 0;
    for (City city : City.values()) {
      int share = (int) ((long) target * city.weight() / weights);
      Block shopsHere = new Block(next, Math.max(6, share * 62 / 100));
      next += shopsHere.size();
      Block cashHere = new Block(next, Math.max(2, share * 8 / 100));
      next += cashHere.size();
      shops.put(city, shopsHere);
      cashMachines.put(city, cashHere);
      largest = Math.max(largest, shopsHere.size());
    }
    online = new Block(next, target * 30 / 100);
    next += online.size();
    largest = Math.max(largest, online.size());
    harmonic = new double[largest];
    double sum = 0;
    for (int rank = 0; rank < largest; rank++) {
      sum += 1.0 / (rank + 1);
      harmonic[rank] = sum;
    }
    latitudesE4 = new int[next];
    longitudesE4 = new int[next];
    logPrices = new double[next];
    terminals = new int[next];
    for (City city : City.values()) {
      open(Objects.requireNonNull(shops.get(city)), Channel.POS, city, random);
      open(Objects.requireNonNull(cashMachines.get(city)), Channel.ATM, city, random);
    }
    open(online, Channel.ECOM, null, random);
  }

  private void open(Block block, Channel channel, @Nullable City place, SimRandom random) {
    Map<Category, Double> allotted = new EnumMap<>(Category.class);
    for (int rank = 0; rank < block.size(); rank++) {
      int merchant = block.first() + rank;
      City city = place != null ? place : City.any(random);
      categories.add(category(channel, allotted, rank, random));
      cities.add(city);
      // Most foreign web shops price in euro for customers who pay in euro.
      moneys.add(place == null && random.chance(0.6) ? Money.EUR : city.money());
      latitudesE4[merchant] = city.latitudeNear(random, SPREAD_KM);
      longitudesE4[merchant] = city.longitudeNear(random, SPREAD_KM);
      logPrices[merchant] = 0.3 * random.normal();
      terminals[merchant] =
          channel == Channel.ECOM
              ? 0
              : 1 + (int) (8 / StrictMath.sqrt(rank + 1.0) * random.uniform());
    }
  }

  /** The category that lies furthest below its share of the traffic, roughly. */
  private Category category(
      Channel channel, Map<Category, Double> allotted, int rank, SimRandom random) {
    Category best = Category.CASH;
    double deficit = Double.NEGATIVE_INFINITY;
    for (Category candidate : CATEGORIES) {
      if (candidate.channel() == channel) {
        double gap =
            candidate.weight() / 100 * harmonic[rank] - allotted.getOrDefault(candidate, 0.0);
        gap *= gap > 0 ? random.uniform(0.2, 1) : 1;
        if (gap > deficit) {
          deficit = gap;
          best = candidate;
        }
      }
    }
    allotted.merge(best, 1.0 / (rank + 1), Double::sum);
    return best;
  }

  private int draw(Block block, SimRandom random) {
    double target = random.uniform() * harmonic[block.size() - 1];
    int found = Arrays.binarySearch(harmonic, 0, block.size(), target);
    int rank = found >= 0 ? found + 1 : -found - 1;
    return block.first() + Math.min(rank, block.size() - 1);
  }

  /** A shop of the city: of two drawn by popularity the one nearer to the place (1e-4 degrees). */
  int shop(City city, int latitudeE4, int longitudeE4, SimRandom random) {
    int one = shop(city, random);
    int two = shop(city, random);
    return distance(one, latitudeE4, longitudeE4) <= distance(two, latitudeE4, longitudeE4)
        ? one
        : two;
  }

  int shop(City city, SimRandom random) {
    return draw(Objects.requireNonNull(shops.get(city)), random);
  }

  int cashMachine(City city, SimRandom random) {
    return draw(Objects.requireNonNull(cashMachines.get(city)), random);
  }

  int webShop(SimRandom random) {
    return draw(online, random);
  }

  /** A shop that sells one of these, if forty draws find one. */
  int shop(City city, Set<Category> wanted, SimRandom random) {
    int merchant = shop(city, random);
    for (int i = 0; i < 40 && !wanted.contains(category(merchant)); i++) {
      merchant = shop(city, random);
    }
    return merchant;
  }

  /** A web shop that sells one of these, if forty draws find one. */
  int webShop(Set<Category> wanted, SimRandom random) {
    int merchant = webShop(random);
    for (int i = 0; i < 40 && !wanted.contains(category(merchant)); i++) {
      merchant = webShop(random);
    }
    return merchant;
  }

  private long distance(int merchant, int latitudeE4, int longitudeE4) {
    long north = latitudesE4[merchant] - (long) latitudeE4;
    long east = longitudesE4[merchant] - (long) longitudeE4;
    return north * north + east * east;
  }

  int size() {
    return categories.size();
  }

  Category category(int merchant) {
    return categories.get(merchant);
  }

  City city(int merchant) {
    return cities.get(merchant);
  }

  Money money(int merchant) {
    return moneys.get(merchant);
  }

  /** 1e-4 degrees. */
  int latitudeE4(int merchant) {
    return latitudesE4[merchant];
  }

  /** 1e-4 degrees. */
  int longitudeE4(int merchant) {
    return longitudesE4[merchant];
  }

  /** One of the merchant's terminals, from 1; 0 for a web shop, which has none. */
  int terminal(int merchant, SimRandom random) {
    return terminals[merchant] == 0 ? 0 : 1 + random.below(terminals[merchant]);
  }

  /** A price at the merchant, euro cents, 1 to 1,500,000; factor scales the category's median. */
  long price(int merchant, double logFactor, SimRandom random) {
    Category category = categories.get(merchant);
    double euro =
        StrictMath.exp(
            category.logMedian()
                + logPrices[merchant]
                + logFactor
                + category.sigma() * random.normal());
    if (category == Category.CASH) {
      return 1000 * Math.max(1, Math.min(100, (long) (euro / 10)));
    }
    long cents = clip(euro);
    if (cents < 200 || !random.chance(0.3)) {
      return cents;
    }
    return cents / 100 * 100 + (random.chance(0.5) ? 99 : 0);
  }

  /** Euro in cents, 1 to 1,500,000. */
  static long clip(double euro) {
    return Math.max(1, Math.min(1_500_000, (long) (euro * 100)));
  }
}
