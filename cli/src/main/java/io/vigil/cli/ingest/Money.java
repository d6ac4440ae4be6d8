package io.vigil.cli.ingest;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Currency;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decimal amounts in major units become minor units of their currency, exactly. More decimals than
 * the currency has (ISO 4217, as the JDK knows it) are rounded half-even. Thread-confined.
 */
final class Money {
  private static final int FAST_DIGITS_MAX = 18;

  /** BigDecimal would write out 1e999999999 digit by digit. */
  private static final int EXPONENT_MAX = 30;

  private final Map<String, Integer> decimals = new HashMap<>();

  /**
   * Decimals of the currency, 0 to 4.
   *
   * @throws BadCellException unknown_currency
   */
  int decimals(String field, String currency) throws BadCellException {
    @Nullable Integer known = decimals.get(currency);
    if (known != null) {
      return known;
    }
    int digits;
    try {
      digits = Currency.getInstance(currency).getDefaultFractionDigits();
    } catch (IllegalArgumentException e) {
      digits = -1;
    }
    if (digits < 0) {
      throw new BadCellException(
          "unknown_currency",
          field
              + ": expected an ISO 4217 currency with minor units, got '"
              + RowMapper.shown(currency)
              + "'");
    }
    decimals.put(currency, digits);
    return digits;
  }

  /**
   * The amount in units of 10^-decimals.
   *
   * @throws BadCellException bad_amount
   */
  static long minor(String field, String text, int decimals) throws BadCellException {
    long value = 0;
    int fraction = -1; // Digits after the point; -1 before it.
    int length = text.length();
    boolean plain = length > 0 && length <= FAST_DIGITS_MAX && text.charAt(0) != '.';
    for (int i = 0; plain && i < length; i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') {
        value = value * 10 + (c - '0');
        fraction += fraction >= 0 ? 1 : 0;
      } else {
        plain = c == '.' && fraction < 0 && i + 1 < length;
        fraction = 0;
      }
    }
    int missing = decimals - Math.max(fraction, 0);
    if (plain && missing >= 0 && length + missing <= FAST_DIGITS_MAX) {
      for (int i = 0; i < missing; i++) {
        value *= 10;
      }
      return value;
    }
    try {
      BigDecimal amount = new BigDecimal(text);
      if (amount.precision() - (long) amount.scale() > EXPONENT_MAX
          || Math.abs((long) amount.scale()) > 1_000) {
        throw new ArithmeticException("out of range");
      }
      return amount.movePointRight(decimals).setScale(0, RoundingMode.HALF_EVEN).longValueExact();
    } catch (NumberFormatException | ArithmeticException e) {
      throw new BadCellException(
          "bad_amount",
          field + ": expected a decimal number such as 57.16, got '" + RowMapper.shown(text) + "'");
    }
  }
}
