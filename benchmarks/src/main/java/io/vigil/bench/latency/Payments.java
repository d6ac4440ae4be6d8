package io.vigil.bench.latency;

import io.vigil.cli.simulate.SimulatedTransaction;
import io.vigil.cli.simulate.Simulator;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.SingleObject;
import java.util.HashMap;
import java.util.Map;
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
 * card and device. Not thread-safe.
 */
public final class Payments {
  private final Simulator simulator;
  private final Codec<Transaction> codec = Codec.of(Transaction.class);
  private final Map<String, Integer> paid = new HashMap<>();
  private final int each;
  private long made;

  /**
   * @param accounts that the simulator plays
   * @param each genuine payments of an account, at least 1
   */
  public Payments(long seed, int accounts, int each) {
    this.each = each;
    simulator = new Simulator(SimulatorOptions.of(seed, Long.MAX_VALUE).withAccounts(accounts));
  }

  /** How many were made so far; the next one's id has the number after that. */
  public long made() {
    return made;
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
        int before = paid.merge(transaction.getAccount(), 1, Integer::sum) - 1;
        if (before > 0) {
          giveToAnother(transaction, before, before / each);
        }
      }
      payments[i] = Payment.of(transaction, codec);
      made++;
    }
    return payments;
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
