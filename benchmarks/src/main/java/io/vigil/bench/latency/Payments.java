package io.vigil.bench.latency;

import io.vigil.cli.simulate.SimulatedTransaction;
import io.vigil.cli.simulate.Simulator;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.SingleObject;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The simulator's stream, encoded. The simulator numbers its ids, t1, t2, and so on, which is how
 * the rig knows a decision's place in the schedule.
 *
 * <p>Thousands of payments a second are those of hundreds of millions of customers, of whom hardly
 * any pays twice in the minutes of a run. So each further genuine payment of a simulated account is
 * that of another customer with the same habits; otherwise days of a life would pass in seconds,
 * and every third payment would be an alert for impossible travel. Frauds keep their accounts.
 * Where a run must see accounts again, some payments in a row are of one account, each with another
 * card and device. Where customers must stay the same, an account stands for some of them, who pay
 * in turn, and stay where they paid first, for hours of their lives do not take them from town to
 * town. Not thread-safe.
 */
public final class Payments {
  private final Simulator simulator;
  private final Codec<Transaction> codec = Codec.of(Transaction.class);
  private final Map<String, Integer> paid = new HashMap<>();
  private final Map<String, Place> homes = new HashMap<>();
  private final int each;
  private final int customers;
  private long made;
  private final AtomicInteger seen = new AtomicInteger();

  /** Where a payment was made, at a merchant's terminal. */
  private record Place(
      @Nullable String country, @Nullable Double latitude, @Nullable Double longitude) {}

  /**
   * @param accounts that the simulator plays
   * @param each genuine payments of an account, at least 1
   */
  public Payments(long seed, int accounts, int each) {
    this(seed, accounts, each, Integer.MAX_VALUE);
  }

  private Payments(long seed, int accounts, int each, int customers) {
    this.each = each;
    this.customers = customers;
    simulator = new Simulator(SimulatorOptions.of(seed, Long.MAX_VALUE).withAccounts(accounts));
  }

  /**
   * Of a population that stays the same.
   *
   * @param accounts that the simulator plays
   * @param customers that each of them stands for, with the same habits; they pay in turn
   */
  public static Payments ofPopulation(long seed, int accounts, int customers) {
    return new Payments(seed, accounts, 1, customers);
  }

  /** How many were made so far; the next one's id has the number after that. */
  public long made() {
    return made;
  }

  /**
   * Customers who have paid so far, those aside who were only robbed; any thread may ask. Only of a
   * population that stays the same.
   */
  public int customersSeen() {
    return seen.get();
  }

  public Payment[] next(int count) {
    Payment[] payments = new Payment[count];
    for (int i = 0; i < count; i++) {
      SimulatedTransaction simulated = simulator.next();
      Transaction transaction = simulated.transaction();
      String other = transaction.getCounterparty();
      if (other != null && other.startsWith("x")) {
        // Its sixteen hex digits may be a card number's, and the payment refused; with an e before
        // them they are hexadecimal from end to end.
        transaction.setCounterparty("e" + other.substring(1));
      }
      if (simulated.fraudKind() == null) {
        int times = paid.merge(transaction.getAccount(), 1, Integer::sum);
        if (times <= customers) {
          seen.incrementAndGet();
        }
        if (customers < Integer.MAX_VALUE) {
          stayAtHome(transaction);
        }
        int before = (times - 1) % customers;
        if (before > 0) {
          giveToAnother(transaction, before, before / each);
          if (customers < Integer.MAX_VALUE) {
            payAnother(transaction, before);
          }
        }
      }
      payments[i] = Payment.of(transaction, codec);
      made++;
    }
    return payments;
  }

  private void stayAtHome(Transaction transaction) {
    Place home = homes.get(transaction.getAccount());
    if (home == null && transaction.getLatitude() != null) {
      home =
          new Place(
              transaction.getCountry(), transaction.getLatitude(), transaction.getLongitude());
      homes.put(transaction.getAccount(), home);
    }
    if (home == null || transaction.getCountry() == null) {
      return;
    }
    transaction.setCountry(home.country);
    if (transaction.getLatitude() != null) {
      transaction.setLatitude(home.latitude);
      transaction.setLongitude(home.longitude);
    }
  }

  /** Else many would pay the same receiver, as one pays a mule. */
  private static void payAnother(Transaction transaction, int number) {
    String other = transaction.getCounterparty();
    if (other != null) {
      transaction.setCounterparty(
          other + (other.startsWith("e") ? "e%x" : "-%d").formatted(number));
    }
  }

  /**
   * Numbers ids at their ends; in tokens, which are 64 hex digits, the last eight make room. A
   * device stays hexadecimal: behind a separator its digits could read as a card number.
   */
  private static void giveToAnother(Transaction transaction, int number, int account) {
    if (account > 0) {
      transaction.setAccount(transaction.getAccount() + "-" + account);
    }
    transaction.setCard(token(transaction.getCard(), number));
    transaction.setIp(token(transaction.getIp(), number));
    String device = transaction.getDevice();
    transaction.setDevice(device == null ? null : device + "e%x".formatted(number));
  }

  private static @Nullable String token(@Nullable String token, int number) {
    return token == null ? null : token.substring(0, 56) + "%08x".formatted(number);
  }

  /**
   * The number in a transaction's id, read from a record without decoding it: most of what the rig
   * could cost on the job's cores.
   *
   * @param value in Avro's single-object encoding
   * @param textsBefore texts that stand before the transaction, which begins with its id
   * @throws IllegalArgumentException when it is no such id
   */
  public static long number(byte[] value, int textsBefore) {
    int at = SingleObject.HEADER_BYTES;
    for (int i = 0; i < textsBefore; i++) {
      at += lengthBytes(value, at) + length(value, at);
    }
    int end = at + lengthBytes(value, at) + length(value, at);
    at += lengthBytes(value, at);
    if (at >= end || value[at] != 't') {
      throw new IllegalArgumentException("transaction id: expected t and a number");
    }
    long number = 0;
    for (at++; at < end; at++) {
      int digit = value[at] - '0';
      if (digit < 0 || digit > 9) {
        throw new IllegalArgumentException("transaction id: expected t and a number");
      }
      number = number * 10 + digit;
    }
    return number;
  }

  /** Of a text shorter than 8 KiB. */
  private static int length(byte[] value, int at) {
    int low = value[at];
    int zigzag = low >= 0 ? low : (low & 0x7F) | (value[at + 1] << 7);
    return zigzag >>> 1;
  }

  private static int lengthBytes(byte[] value, int at) {
    return value[at] >= 0 ? 1 : 2;
  }
}
