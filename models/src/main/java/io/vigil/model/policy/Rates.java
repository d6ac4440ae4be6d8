package io.vigil.model.policy;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.artefact.YamlMap;
import java.util.Arrays;
import java.util.Currency;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Exchange rates by date, and the conversion of amounts into the base currency in integers alone.
 *
 * <p>A rate holds from 00:00 UTC of its date until the currency's next one. Minor units are those
 * of ISO 4217, as {@link Currency#getDefaultFractionDigits()} has them. Immutable and thread-safe.
 */
public final class Rates {

  /** Rates are kept as whole multiples of 10^-12. */
  private static final int RATE_DIGITS = 12;

  private static final int ENTRIES_MAX = 100_000;
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");
  private static final Pattern RATE = Pattern.compile("\\d{1,6}(\\.\\d{1,12})?");
  private static final long[] POWERS_OF_TEN = new long[19];

  static {
    POWERS_OF_TEN[0] = 1;
    for (int i = 1; i < POWERS_OF_TEN.length; i++) {
      POWERS_OF_TEN[i] = 10 * POWERS_OF_TEN[i - 1];
    }
  }

  /** The rates of one currency, and the divisor that undoes their scale and the minor units'. */
  private static final class Series {
    final long[] fromMs;
    final long[] scaled;
    final long divisor;

    Series(NavigableMap<Long, Long> scaledByFromMs, long divisor) {
      this.fromMs = scaledByFromMs.keySet().stream().mapToLong(Long::longValue).toArray();
      this.scaled = scaledByFromMs.values().stream().mapToLong(Long::longValue).toArray();
      this.divisor = divisor;
    }

    /** The index of the rate in force, or -1 before the first. */
    int at(long atMs) {
      int found = Arrays.binarySearch(fromMs, atMs);
      return found >= 0 ? found : -found - 2;
    }
  }

  private final String name;
  private final int version;
  private final String base;
  private final Map<String, Series> seriesByCurrency = new HashMap<>();
  private final String digest;

  private Rates(YamlMap file, String digest) {
    this.digest = digest;
    name = file.text("name", NAME, "a name of lower-case letters, digits and hyphens");
    version = file.integer("version", 1, Integer.MAX_VALUE);
    Currency baseCurrency = Policy.currency(file, "base");
    base = baseCurrency.getCurrencyCode();
    Map<Currency, NavigableMap<Long, Long>> byCurrency = new HashMap<>();
    for (YamlMap entry : file.maps("rates", ENTRIES_MAX, "currency", "from", "rate")) {
      Currency currency = Policy.currency(entry, "currency");
      if (currency.equals(baseCurrency)) {
        throw entry.wrong("currency", "a currency other than the base");
      }
      Long previous =
          byCurrency
              .computeIfAbsent(currency, key -> new TreeMap<>())
              .put(entry.dateMs("from"), scaledRate(entry));
      if (previous != null) {
        throw entry.wrong("from", "one rate of " + currency + " for each date");
      }
    }
    byCurrency.forEach(
        (currency, rates) -> {
          int digits =
              RATE_DIGITS
                  + currency.getDefaultFractionDigits()
                  - baseCurrency.getDefaultFractionDigits();
          seriesByCurrency.put(
              currency.getCurrencyCode(), new Series(rates, POWERS_OF_TEN[digits]));
        });
  }

  /**
   * Reads rates.
   *
   * @param yaml the whole file; a rate is the price of one unit of the currency in units of the
   *     base, a decimal with at most 12 places
   * @param origin where it came from, for messages
   * @throws ArtefactException at the first thing that is wrong
   */
  public static Rates read(String yaml, String origin) {
    YamlMap file = YamlMap.read(yaml, origin, "name", "version", "base", "rates");
    return new Rates(file, Artefacts.digest(yaml));
  }

  /** The rates that come with Vigil, for demonstration. */
  public static Rates builtIn() {
    return read(Artefacts.builtIn("rates/default.yaml"), "rates/default.yaml");
  }

  private static long scaledRate(YamlMap entry) {
    String expected = "a rate above 0 with at most 12 decimal places, such as 0.92";
    String text = entry.text("rate", RATE, expected);
    int point = text.indexOf('.');
    String whole = point < 0 ? text : text.substring(0, point);
    String fraction = point < 0 ? "" : text.substring(point + 1);
    long scaled = Long.parseLong(whole + fraction) * POWERS_OF_TEN[RATE_DIGITS - fraction.length()];
    if (scaled == 0) {
      throw entry.wrong("rate", expected);
    }
    return scaled;
  }

  /** Whether an amount in that currency can be converted at that time. */
  public boolean knows(String currency, long atMs) {
    return currency.equals(base) || rate(currency, atMs) != null;
  }

  private @Nullable Series rate(String currency, long atMs) {
    Series series = seriesByCurrency.get(currency);
    return series == null || series.at(atMs) < 0 ? null : series;
  }

  /**
   * Converts an amount at the rate in force, rounded half to even.
   *
   * @param amountMinor minor units of {@code currency}, at least 0
   * @param currency ISO 4217 code
   * @param atMs milliseconds since the epoch
   * @return minor units of the base currency
   * @throws IllegalArgumentException when the amount is negative or no rate is known
   * @throws ArithmeticException when the result does not fit a long
   */
  public long toBaseMinor(long amountMinor, String currency, long atMs) {
    if (amountMinor < 0) {
      throw new IllegalArgumentException("amountMinor: expected at least 0, got " + amountMinor);
    }
    if (currency.equals(base)) {
      return amountMinor;
    }
    Series series = rate(currency, atMs);
    if (series == null) {
      throw new IllegalArgumentException(
          "currency: expected one with a rate at " + atMs + " ms, got " + currency);
    }
    return timesOverHalfEven(amountMinor, series.scaled[series.at(atMs)], series.divisor);
  }

  /** a * b / divisor with a product of up to 126 bits, rounded half to even; all at least 0. */
  private static long timesOverHalfEven(long a, long b, long divisor) {
    long high = Math.multiplyHigh(a, b);
    long low = a * b;
    if (high >= divisor) {
      throw new ArithmeticException("expected an amount that fits a long, got a larger one");
    }
    long quotient;
    long remainder;
    if (high == 0) {
      quotient = Long.divideUnsigned(low, divisor);
      remainder = Long.remainderUnsigned(low, divisor);
    } else {
      // Schoolbook division in base 2: the remainder stays below the divisor, and that below 2^60,
      // so that doubling it never overflows.
      quotient = 0;
      remainder = high;
      for (int bit = 63; bit >= 0; bit--) {
        remainder = remainder << 1 | (low >>> bit & 1);
        quotient <<= 1;
        if (remainder >= divisor) {
          remainder -= divisor;
          quotient |= 1;
        }
      }
    }
    long half = remainder - (divisor - remainder);
    if (half > 0 || (half == 0 && (quotient & 1) == 1)) {
      quotient++;
    }
    if (quotient < 0) {
      throw new ArithmeticException("expected an amount that fits a long, got a larger one");
    }
    return quotient;
  }

  public String name() {
    return name;
  }

  public int version() {
    return version;
  }

  /** ISO 4217 code of the currency that everything is converted into. */
  public String base() {
    return base;
  }

  /** SHA-256 of the file, hex. */
  public String digest() {
    return digest;
  }
}
