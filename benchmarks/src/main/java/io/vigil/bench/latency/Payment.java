package io.vigil.bench.latency;

import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.SingleObject;
import java.nio.charset.StandardCharsets;

/**
 * A transaction as it goes on the wire, encoded before the run; only its event time is written when
 * it is sent. Not thread-safe.
 *
 * @param key of the record: the account
 * @param value the transaction; {@link #eventTime} changes it
 * @param timeAt where the event time stands in it
 */
public record Payment(byte[] key, byte[] value, int timeAt) {
  /** What Avro needs for a time from mid 1970 to 2039. */
  private static final int TIME_BYTES = 6;

  private static final int GROUP_BITS = 7;
  private static final int GROUP = 0x7F;
  private static final int MORE = 0x80;

  /**
   * Encodes a transaction.
   *
   * @throws IllegalArgumentException when its event time lies outside mid 1970 to 2039
   */
  static Payment of(Transaction transaction, Codec<Transaction> codec) {
    byte[] id = transaction.getTransactionId().getBytes(StandardCharsets.UTF_8);
    // The id comes first, behind its length: one byte for up to 63 bytes.
    if (id.length > 63) {
      throw new IllegalArgumentException(
          "transaction id: expected at most 63 bytes, got " + id.length);
    }
    Payment payment =
        new Payment(
            transaction.getAccount().getBytes(StandardCharsets.UTF_8),
            codec.encode(transaction),
            SingleObject.HEADER_BYTES + 1 + id.length);
    payment.eventTime(transaction.getEventTime());
    return payment;
  }

  /**
   * Writes the event time.
   *
   * @param ms milliseconds since the epoch, from mid 1970 to 2039
   */
  public void eventTime(long ms) {
    long rest = ms << 1; // Zigzag of a positive number.
    if (rest >>> (GROUP_BITS * (TIME_BYTES - 1)) == 0 || rest >>> (GROUP_BITS * TIME_BYTES) != 0) {
      throw new IllegalArgumentException("event time: expected mid 1970 to 2039, got " + ms);
    }
    for (int i = 0; i < TIME_BYTES; i++) {
      int more = i < TIME_BYTES - 1 ? MORE : 0;
      value[timeAt + i] = (byte) ((rest & GROUP) | more);
      rest >>>= GROUP_BITS;
    }
  }
}
