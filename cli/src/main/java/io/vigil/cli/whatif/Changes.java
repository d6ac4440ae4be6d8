package io.vigil.cli.whatif;

import io.vigil.job.record.Rejection;
import io.vigil.job.source.TransactionValidator;
import io.vigil.schema.Channel;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Transaction;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Currency;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Fields of a transaction given other values as text. The account, its customer, the card and the
 * address are no such fields: they stand for people, and nothing but their history would follow.
 * Stateless; thread-safe.
 */
final class Changes {
  /** What may be changed, as specs and rules call it; beside them {@code attributes.KEY}. */
  static final List<String> FIELDS =
      List.of(
          "amount",
          "billing_currency",
          "event_time",
          "merchant",
          "terminal",
          "device",
          "counterparty",
          "country",
          "mcc",
          "channel",
          "entry_mode",
          "currency",
          "latitude",
          "longitude");

  /** Takes the value of a field away. */
  static final String NONE = "-";

  private static final String ATTRIBUTES = "attributes.";

  /** Shorter than any card number, so that none is ever repeated. */
  private static final int SHOWN_MAX = 12;

  private static final Pattern DECIMAL = Pattern.compile("\\d{1,13}(\\.\\d{1,4})?");
  private static final Pattern DEGREES = Pattern.compile("-?\\d{1,3}(\\.\\d{1,12})?");
  private static final Pattern MCC = Pattern.compile("\\d{1,4}");
  private static final Pattern CURRENCY = Pattern.compile("[A-Z]{3}");
  private static final Pattern COUNTRY = Pattern.compile("[A-Z]{2}");
  private static final long TIME_MS_MAX = 253_402_300_799_999L;
  private static final TransactionValidator VALIDATOR = new TransactionValidator();

  private Changes() {}

  /**
   * The transaction with those changes, which the job would take. An amount is a decimal in the
   * billing currency, the changed one if that is changed too; without one the decimal stays.
   *
   * @param changes values by field
   * @throws WhatIfException when there is no such field, or a value is none of it
   */
  static Transaction applied(Transaction transaction, Map<String, String> changes)
      throws WhatIfException {
    Transaction changed = Transaction.newBuilder(transaction).build();
    changed.setAttributes(new HashMap<>(transaction.getAttributes()));
    Map<String, String> rest = new TreeMap<>(changes);
    money(changed, rest.remove("amount"), rest.remove("billing_currency"));
    for (Map.Entry<String, String> change : rest.entrySet()) {
      apply(changed, change.getKey(), change.getValue());
    }
    Rejection rejection = VALIDATOR.check(changed);
    if (rejection != null) {
      throw WhatIfException.bad("bad_value", rejection.message());
    }
    return changed;
  }

  private static void apply(Transaction changed, String field, String value)
      throws WhatIfException {
    switch (field) {
      case "event_time" -> changed.setEventTime(time(value));
      case "merchant" -> changed.setMerchant(optional(value));
      case "terminal" -> changed.setTerminal(optional(value));
      case "device" -> changed.setDevice(optional(value));
      case "counterparty" -> changed.setCounterparty(optional(value));
      case "country" ->
          changed.setCountry(
              parsed(field, value, COUNTRY, "two capital letters such as DE", text -> text));
      case "mcc" ->
          changed.setMcc(
              parsed(field, value, MCC, "up to four digits such as 5411", Integer::valueOf));
      case "channel" -> changed.setChannel(symbol(field, value, Channel.values()));
      case "entry_mode" -> changed.setEntryMode(symbol(field, value, EntryMode.values()));
      case "currency" -> changed.setCurrency(currency(field, value).getCurrencyCode());
      case "latitude" -> changed.setLatitude(degrees(field, value));
      case "longitude" -> changed.setLongitude(degrees(field, value));
      default -> {
        if (!field.startsWith(ATTRIBUTES) || field.length() == ATTRIBUTES.length()) {
          throw WhatIfException.bad(
              "unknown_field",
              "changes: expected %s or attributes.KEY, got %s"
                  .formatted(String.join(", ", FIELDS), shown(field)));
        }
        String key = field.substring(ATTRIBUTES.length());
        if (value.equals(NONE)) {
          changed.getAttributes().remove(key);
        } else {
          changed.getAttributes().put(key, value);
        }
      }
    }
  }

  private static void money(Transaction changed, @Nullable String amount, @Nullable String code)
      throws WhatIfException {
    if (amount == null && code == null) {
      return;
    }
    String before = changed.getBillingCurrency();
    Currency currency = currency("billing_currency", code == null ? before : code);
    int digits = currency.getDefaultFractionDigits();
    BigDecimal major;
    if (amount == null) {
      major =
          BigDecimal.valueOf(
              changed.getBillingAmountMinor(),
              currency("billing_currency", before).getDefaultFractionDigits());
    } else if (DECIMAL.matcher(amount).matches()) {
      major = new BigDecimal(amount);
    } else {
      throw WhatIfException.bad(
          "bad_value", "amount: expected a decimal such as 57.16, got " + shown(amount));
    }
    long minor;
    try {
      minor = major.movePointRight(digits).setScale(0, RoundingMode.UNNECESSARY).longValueExact();
    } catch (ArithmeticException e) {
      throw WhatIfException.bad(
          "bad_value",
          "amount: expected %d decimals at most, as %s has, got %s"
              .formatted(digits, currency, shown(major.toPlainString())));
    }
    // A payment in the account's own currency has one amount, not two.
    if (changed.getCurrency().equals(before)) {
      changed.setAmountMinor(minor);
      changed.setCurrency(currency.getCurrencyCode());
    }
    changed.setBillingAmountMinor(minor);
    changed.setBillingCurrency(currency.getCurrencyCode());
  }

  private static Currency currency(String field, String code) throws WhatIfException {
    try {
      if (CURRENCY.matcher(code).matches()) {
        Currency currency = Currency.getInstance(code);
        if (currency.getDefaultFractionDigits() >= 0) {
          return currency;
        }
      }
    } catch (IllegalArgumentException e) {
      // No such currency: said below.
    }
    throw WhatIfException.bad(
        "bad_value",
        field + ": expected an ISO 4217 code with minor units such as EUR, got " + shown(code));
  }

  private static long time(String value) throws WhatIfException {
    try {
      long timeMs = Instant.parse(value).toEpochMilli();
      if (timeMs >= 0 && timeMs <= TIME_MS_MAX) {
        return timeMs;
      }
    } catch (DateTimeParseException | ArithmeticException e) {
      // No time: said below.
    }
    throw WhatIfException.bad(
        "bad_value",
        "event_time: expected an instant from 1970 to 9999 such as 2026-01-31T10:15:00Z, got "
            + shown(value));
  }

  private static @Nullable Double degrees(String field, String value) throws WhatIfException {
    return parsed(field, value, DEGREES, "decimal degrees such as 52.52", Double::valueOf);
  }

  private static @Nullable String optional(String value) {
    return value.equals(NONE) ? null : value;
  }

  private static <T> @Nullable T parsed(
      String field, String value, Pattern legal, String expected, Function<String, T> read)
      throws WhatIfException {
    if (value.equals(NONE)) {
      return null;
    }
    if (!legal.matcher(value).matches()) {
      throw WhatIfException.bad(
          "bad_value", field + ": expected " + expected + ", got " + shown(value));
    }
    return read.apply(value);
  }

  private static <E extends Enum<E>> E symbol(String field, String value, E[] symbols)
      throws WhatIfException {
    for (E symbol : symbols) {
      if (symbol.name().equalsIgnoreCase(value)) {
        return symbol;
      }
    }
    throw WhatIfException.bad(
        "bad_value",
        "%s: expected %s, got %s"
            .formatted(
                field,
                String.join(
                    ", ",
                    Arrays.stream(symbols)
                        .map(each -> each.name().toLowerCase(Locale.ROOT))
                        .toList()),
                shown(value)));
  }

  private static String shown(String value) {
    return value.length() <= SHOWN_MAX
        ? "'" + value + "'"
        : "a text of " + value.length() + " characters";
  }
}
