package io.vigil.cli.simulate;

/** The accounts, and the tokens of what they own. The list is fixed; the accounts change. */
final class Population {
  private final long seed;
  private final Account[] accounts;
  private final int companies;
  private final int carrierAddresses;

  Population(long seed, int size, double paymentsPerDay, SimRandom random) {
    this.seed = seed;
    accounts = new Account[size];
    companies = Math.max(40, size / 10);
    carrierAddresses = Math.max(4, size / 400);
    double[] rates = new double[size];
    double sum = 0;
    for (int i = 0; i < size; i++) {
      rates[i] = Math.min(10, random.logNormal(1, 0.8));
      sum += rates[i];
    }
    for (int i = 0; i < size; i++) {
      double perDay = rates[i] / sum * size * paymentsPerDay;
      accounts[i] =
          new Account(i, perDay, i > 0 && random.chance(0.15) ? accounts[i - 1] : null, random);
    }
  }

  int size() {
    return accounts.length;
  }

  Account get(int index) {
    return accounts[index];
  }

  Account any(SimRandom random) {
    return accounts[random.below(accounts.length)];
  }

  static String id(int account) {
    return "a" + (account + 1);
  }

  long card(Account account, int card) {
    return SimRandom.token(seed, 'c', 2L * account.index + card);
  }

  /** The account's own phone, or the household's shared computer. */
  long device(Account account, boolean shared) {
    return shared
        ? SimRandom.token(seed, 'd', account.household)
        : SimRandom.token(seed, 'p', ((long) account.phone << 32) + account.index);
  }

  /** The household's address, which its provider renews every 1 to 30 days. */
  long homeAddress(Account account, long timeMs) {
    long lease = timeMs / ((1 + account.household % 30) * Rhythm.DAY_MS);
    return SimRandom.token(seed, 'h', (lease << 32) + account.household);
  }

  /** An address that a mobile carrier or a hotel of the city shares among many. */
  long sharedAddress(City city, SimRandom random) {
    return SimRandom.token(seed, 'n', (city.token() << 32) + random.below(carrierAddresses));
  }

  /** Somebody new to pay: a company, an account here, or an account elsewhere. */
  int payee(Account payer, SimRandom random) {
    double kind = random.uniform();
    if (kind < 0.5) {
      // The square makes some companies (utilities, landlords) far more usual than others.
      double rank = random.uniform();
      return -1 - (int) (rank * rank * rank * companies);
    }
    int person = random.below(accounts.length);
    return kind < 0.8 && person != payer.index ? person : -1 - companies - person;
  }

  /** The pseudonym of a payee. */
  String payeeId(int payee) {
    if (payee >= 0) {
      return id(payee);
    }
    int other = -1 - payee;
    return other < companies ? "b" + (other + 1) : outsider(SimRandom.token(seed, 'x', other));
  }

  boolean isCompany(int payee) {
    return payee < 0 && -1 - payee < companies;
  }

  /** The pseudonym of an account at another bank. */
  static String outsider(long token) {
    return Tokens.hex(new StringBuilder("x"), token).toString();
  }
}
