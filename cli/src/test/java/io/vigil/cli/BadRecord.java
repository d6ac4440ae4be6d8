package io.vigil.cli;

import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One record that must become a dead letter.
 *
 * @param reason what the letter must say
 */
record BadRecord(String reason, byte[] value) {

  /** A test number of the card networks. */
  static final String PAN = "4111111111111111";

  /** A currency that the built-in rates lack. */
  static final String UNRATED = "KWD";

  private static final String GROUPED_PAN = "5555 5555 5555 4444";
  private static final Codec<Transaction> CODEC = Codec.of(Transaction.class);

  /** One at least of every reason that a record can give by itself. */
  static List<BadRecord> all() {
    byte[] random = new byte[200];
    new Random(5).nextBytes(random);
    byte[] whole = encoded(PlainFeed.payment("bad-cut", "account-0", System.currentTimeMillis()));
    byte[] unknown = whole.clone();
    unknown[5] ^= 0x55;
    List<BadRecord> bad = new ArrayList<>();
    bad.add(new BadRecord("not_avro", random));
    bad.add(new BadRecord("not_avro", new byte[0]));
    bad.add(new BadRecord("truncated", Arrays.copyOf(whole, whole.length - 20)));
    bad.add(new BadRecord("unknown_schema", unknown));

    Transaction t = PlainFeed.payment("bad-negative", "account-0", System.currentTimeMillis());
    t.setBillingAmountMinor(-1);
    bad.add(new BadRecord("amount_out_of_range", encoded(t)));
    t = PlainFeed.payment("bad-absurd", "account-0", System.currentTimeMillis());
    t.setAmountMinor(Long.MAX_VALUE);
    bad.add(new BadRecord("amount_out_of_range", encoded(t)));
    t = PlainFeed.payment("bad-currency", "account-0", System.currentTimeMillis());
    t.setBillingCurrency("QQQ");
    bad.add(new BadRecord("unknown_currency", encoded(t)));
    t = PlainFeed.payment("unrated", "account-0", System.currentTimeMillis());
    t.setBillingCurrency(UNRATED);
    bad.add(new BadRecord("currency_without_rate", encoded(t)));
    bad.add(
        new BadRecord(
            "event_time_out_of_range", encoded(PlainFeed.payment("bad-1970", "account-0", 0))));
    bad.add(
        new BadRecord(
            "event_time_in_future",
            encoded(PlainFeed.payment("bad-2100", "account-0", 4_102_444_800_000L))));
    bad.add(
        new BadRecord(
            "missing_account",
            encoded(PlainFeed.payment("bad-nobody", "", System.currentTimeMillis()))));
    bad.add(new BadRecord("too_large", encoded(noted("bad-large", "x".repeat(10 << 20)))));
    t = PlainFeed.payment("bad-merchant", "account-0", System.currentTimeMillis());
    t.setMerchant(PAN);
    bad.add(new BadRecord("card_number_in_clear", encoded(t)));
    // Among them texts of 24 to 28 characters, whose length stands before them as an ASCII digit.
    for (String text :
        List.of(
            PAN,
            "paid with " + GROUPED_PAN,
            "2025 " + GROUPED_PAN,
            PAN + " exp 9/28",
            PAN + " exp 12/28",
            GROUPED_PAN + " 9/2028")) {
      bad.add(new BadRecord("card_number_in_clear", encoded(noted("bad-note", text))));
    }
    return bad;
  }

  static boolean holdsCardNumber(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    return text.contains(PAN) || text.contains(GROUPED_PAN);
  }

  /** The bytes with '*' for those digits, and no other bytes, that have one in the copy. */
  static byte[] starred(byte[] value, byte[] copy) {
    byte[] starred = value.clone();
    for (int i = 0; i < Math.min(value.length, copy.length); i++) {
      if (copy[i] == '*' && value[i] >= '0' && value[i] <= '9') {
        starred[i] = '*';
      }
    }
    return starred;
  }

  static byte[] encoded(Transaction transaction) {
    return CODEC.encode(transaction);
  }

  private static Transaction noted(String id, String note) {
    Transaction transaction = PlainFeed.payment(id, "account-0", System.currentTimeMillis());
    transaction.setAttributes(Map.of("note", note));
    return transaction;
  }
}
