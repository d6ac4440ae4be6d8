package io.vigil.cli.simulate;

/**
 * Where people live and travel to. Customers live where the euro is the currency; the weight is the
 * population in hundred thousands, roughly, and for the others how much is spent there. One offset
 * for the whole year: no daylight saving time.
 */
enum City {
  BERLIN("DE", Money.EUR, 52.52, 13.405, 37, 1),
  HAMBURG("DE", Money.EUR, 53.5511, 9.9937, 19, 1),
  MUNICH("DE", Money.EUR, 48.1351, 11.582, 15, 1),
  COLOGNE("DE", Money.EUR, 50.9375, 6.9603, 11, 1),
  FRANKFURT("DE", Money.EUR, 50.1109, 8.6821, 8, 1),
  LEIPZIG("DE", Money.EUR, 51.3397, 12.3731, 6, 1),
  PARIS("FR", Money.EUR, 48.8566, 2.3522, 60, 1),
  LYON("FR", Money.EUR, 45.764, 4.8357, 14, 1),
  MARSEILLE("FR", Money.EUR, 43.2965, 5.3698, 12, 1),
  LILLE("FR", Money.EUR, 50.6292, 3.0573, 8, 1),
  MADRID("ES", Money.EUR, 40.4168, -3.7038, 33, 1),
  BARCELONA("ES", Money.EUR, 41.3874, 2.1686, 26, 1),
  SEVILLE("ES", Money.EUR, 37.3891, -5.9845, 7, 1),
  ROME("IT", Money.EUR, 41.9028, 12.4964, 28, 1),
  MILAN("IT", Money.EUR, 45.4642, 9.19, 20, 1),
  NAPLES("IT", Money.EUR, 40.8518, 14.2681, 12, 1),
  AMSTERDAM("NL", Money.EUR, 52.3676, 4.9041, 11, 1),
  ROTTERDAM("NL", Money.EUR, 51.9244, 4.4777, 7, 1),
  BRUSSELS("BE", Money.EUR, 50.8503, 4.3517, 12, 1),
  VIENNA("AT", Money.EUR, 48.2082, 16.3738, 20, 1),
  LISBON("PT", Money.EUR, 38.7223, -9.1393, 10, 0),
  DUBLIN("IE", Money.EUR, 53.3498, -6.2603, 10, 0),
  HELSINKI("FI", Money.EUR, 60.1699, 24.9384, 8, 2),
  ATHENS("GR", Money.EUR, 37.9838, 23.7275, 12, 2),
  LONDON("GB", Money.GBP, 51.5072, -0.1276, 45, 0),
  ZURICH("CH", Money.CHF, 47.3769, 8.5417, 20, 1),
  STOCKHOLM("SE", Money.SEK, 59.3293, 18.0686, 12, 1),
  COPENHAGEN("DK", Money.DKK, 55.6761, 12.5683, 12, 1),
  WARSAW("PL", Money.PLN, 52.2297, 21.0122, 16, 1),
  PRAGUE("CZ", Money.CZK, 50.0755, 14.4378, 14, 1),
  ISTANBUL("TR", Money.TRY, 41.0082, 28.9784, 20, 3),
  NEW_YORK("US", Money.USD, 40.7128, -74.006, 35, -5),
  TOKYO("JP", Money.JPY, 35.6762, 139.6503, 10, 9);

  private static final City[] ALL = values();
  private static final int WEIGHT_ALL = weightOf(false);
  private static final int WEIGHT_HOMES = weightOf(true);

  private final String country;
  private final Money money;
  private final int latitudeE4;
  private final int longitudeE4;
  private final int weight;
  private final long offsetMs;

  City(String country, Money money, double latitude, double longitude, int weight, int offsetH) {
    this.country = country;
    this.money = money;
    this.latitudeE4 = (int) StrictMath.rint(latitude * 1e4);
    this.longitudeE4 = (int) StrictMath.rint(longitude * 1e4);
    this.weight = weight;
    this.offsetMs = offsetH * 3_600_000L;
  }

  /** A city to travel to, by weight. */
  static City any(SimRandom random) {
    return at(random.below(WEIGHT_ALL), false);
  }

  /** A city to live in, by weight. */
  static City home(SimRandom random) {
    return at(random.below(WEIGHT_HOMES), true);
  }

  private static City at(int position, boolean homes) {
    int left = position;
    for (City city : ALL) {
      if (!homes || city.isHome()) {
        left -= city.weight;
        if (left < 0) {
          return city;
        }
      }
    }
    throw new IllegalArgumentException("position " + position + " lies beyond the weights");
  }

  private static int weightOf(boolean homes) {
    int sum = 0;
    for (City city : ALL) {
      sum += !homes || city.isHome() ? city.weight : 0;
    }
    return sum;
  }

  boolean isHome() {
    return money == Money.EUR;
  }

  /** ISO 3166-1 alpha-2. */
  String country() {
    return country;
  }

  Money money() {
    return money;
  }

  int weight() {
    return weight;
  }

  /** A number that no other city has. */
  long token() {
    return latitudeE4;
  }

  /** Local time minus UTC. */
  long offsetMs() {
    return offsetMs;
  }

  /** A latitude about spreadKm from the centre (normal), 1e-4 degrees. */
  int latitudeNear(SimRandom random, double spreadKm) {
    return latitudeE4 + (int) StrictMath.rint(random.normal() * spreadKm * 1e4 / 111.2);
  }

  /** A longitude about spreadKm from the centre (normal), 1e-4 degrees. */
  int longitudeNear(SimRandom random, double spreadKm) {
    double kmPerDegree = 111.2 * StrictMath.cos(StrictMath.toRadians(latitudeE4 / 1e4));
    return longitudeE4 + (int) StrictMath.rint(random.normal() * spreadKm * 1e4 / kmPerDegree);
  }
}
