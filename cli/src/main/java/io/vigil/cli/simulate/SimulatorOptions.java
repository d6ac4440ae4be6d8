package io.vigil.cli.simulate;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What to simulate. Immutable. Memory grows with the accounts (about 0.7 KB each) and never with
 * the transactions.
 *
 * @param seed any number; equal options give equal streams
 * @param transactions rows in all, at least 1
 * @param accounts customers, 500 to 5,000,000
 * @param perAccountDay genuine transactions of an account in a day, on average, 0.05 to 5; the
 *     stream then spans about transactions / (accounts x perAccountDay) days
 * @param start no transaction is earlier
 * @param fraudShares share of all transactions by kind, 0 to 1, in all below 0.5; a kind that is
 *     left out does not occur
 * @param neverReportedShare share of victims who never report, 0 to 1: no label
 * @param reportedAtOnceShare share of the reporting victims who do so within a day, 0 to 1
 * @param reportMedianDays median delay of the other reports, 1 to 60 days
 * @param reportSigma sigma of the logarithm of that delay, 0 to 2
 */
public record SimulatorOptions(
    long seed,
    long transactions,
    int accounts,
    double perAccountDay,
    Instant start,
    Map<FraudKind, Double> fraudShares,
    double neverReportedShare,
    double reportedAtOnceShare,
    double reportMedianDays,
    double reportSigma) {

  private static final int ACCOUNTS_MIN = 500;
  private static final long TRANSACTIONS_PER_ACCOUNT = 40;

  /**
   * @throws IllegalArgumentException when a value lies outside its range, naming it
   */
  public SimulatorOptions {
    EnumMap<FraudKind, Double> shares = new EnumMap<>(FraudKind.class);
    shares.putAll(fraudShares);
    fraudShares = Collections.unmodifiableMap(shares);
    if (transactions < 1) {
      throw new IllegalArgumentException("transactions: expected at least 1, got " + transactions);
    }
    require("accounts", accounts, ACCOUNTS_MIN, 5_000_000);
    require("transactions per account and day", perAccountDay, 0.05, 5);
    require("start year", start.atOffset(ZoneOffset.UTC).getYear(), 1971, 2999);
    double total = 0;
    for (Map.Entry<FraudKind, Double> share : fraudShares.entrySet()) {
      require("share of " + share.getKey(), share.getValue(), 0, 1);
      total += share.getValue();
    }
    require("fraud share in all", total, 0, 0.5);
    require("share never reported", neverReportedShare, 0, 1);
    require("share reported at once", reportedAtOnceShare, 0, 1);
    require("median days to a report", reportMedianDays, 1, 60);
    require("sigma of the days to a report", reportSigma, 0, 2);
  }

  /** Seed 1, 100,000 transactions. */
  public static SimulatorOptions defaults() {
    return of(1, 100_000);
  }

  /**
   * One account for 40 transactions (500 at least, 1,000,000 at most) at 1.3 a day, so about a
   * month from 2026-01-01T00:00Z on; 0.5 % fraud; 15 % of the victims never report, 20 % of the
   * others do within a day, the rest after 12 days (median).
   *
   * @throws IllegalArgumentException when transactions is below 1
   */
  public static SimulatorOptions of(long seed, long transactions) {
    EnumMap<FraudKind, Double> shares = new EnumMap<>(FraudKind.class);
    for (FraudKind kind : FraudKind.values()) {
      shares.put(kind, kind.defaultShare());
    }
    long accounts = transactions / TRANSACTIONS_PER_ACCOUNT;
    return new SimulatorOptions(
        seed,
        transactions,
        (int) Math.max(ACCOUNTS_MIN, Math.min(1_000_000, accounts)),
        1.3,
        Instant.parse("2026-01-01T00:00:00Z"),
        shares,
        0.15,
        0.2,
        12,
        0.7);
  }

  /** The same with another number of accounts. */
  public SimulatorOptions withAccounts(int newAccounts) {
    return copy(newAccounts, start, fraudShares, neverReportedShare);
  }

  /** The same from another instant on. */
  public SimulatorOptions withStart(Instant newStart) {
    return copy(accounts, newStart, fraudShares, neverReportedShare);
  }

  /** The same with other shares of fraud; a kind that is left out does not occur. */
  public SimulatorOptions withFraudShares(Map<FraudKind, Double> newShares) {
    return copy(accounts, start, newShares, neverReportedShare);
  }

  /** The same with the shares of all kinds scaled so that they sum to total, 0 to 0.5. */
  public SimulatorOptions withFraudShare(double total) {
    require("fraud share in all", total, 0, 0.5);
    double factor = total / fraudShare();
    EnumMap<FraudKind, Double> scaled = new EnumMap<>(FraudKind.class);
    fraudShares.forEach((kind, share) -> scaled.put(kind, share * factor));
    return withFraudShares(scaled);
  }

  /** The same with another share of victims who never report. */
  public SimulatorOptions withNeverReportedShare(double share) {
    return copy(accounts, start, fraudShares, share);
  }

  /** Share of fraud in all transactions. */
  public double fraudShare() {
    double total = 0;
    for (double share : fraudShares.values()) {
      total += share;
    }
    return total;
  }

  private SimulatorOptions copy(
      int newAccounts, Instant newStart, Map<FraudKind, Double> newShares, double newNever) {
    return new SimulatorOptions(
        seed,
        transactions,
        newAccounts,
        perAccountDay,
        newStart,
        newShares,
        newNever,
        reportedAtOnceShare,
        reportMedianDays,
        reportSigma);
  }

  private static void require(String name, double value, double low, double high) {
    // Written so that NaN fails too.
    if (!(value >= low && value <= high)) {
      throw new IllegalArgumentException(
          name + ": expected " + plain(low) + " to " + plain(high) + ", got " + plain(value));
    }
  }

  private static String plain(double value) {
    return value == StrictMath.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }
}
