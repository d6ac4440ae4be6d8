package io.vigil.model.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.artefact.ArtefactException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.Currency;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RatesTest {
  private static final String YAML =
      """
      name: test
      version: 2
      base: EUR
      rates:
        - {currency: USD, from: 2018-01-01, rate: "0.5"}
        - {currency: JPY, from: 2018-01-01, rate: "0.0065"}
        - {currency: USD, from: 2020-01-01, rate: "0.9"}
        - {currency: KWD, from: 2018-01-01, rate: "3"}
      """;
  private static final Rates RATES = Rates.read(YAML, "test.yaml");
  private static final long IN_2019_MS = Instant.parse("2019-06-01T12:00:00Z").toEpochMilli();
  private static final long END_OF_2019_MS = Instant.parse("2020-01-01T00:00:00Z").toEpochMilli();

  @ParameterizedTest
  @CsvSource({
    "USD, 0, 0",
    "USD, 1, 0",
    "USD, 3, 2",
    "USD, 5, 2",
    "USD, 100, 50",
    "JPY, 1000, 650",
    "JPY, 1, 1",
    "KWD, 1000, 300",
    "KWD, 5, 2",
    "KWD, 15, 4",
    "EUR, 123, 123"
  })
  void convertsMinorUnitsHalfToEven(String currency, long amountMinor, long expected) {
    assertThat(RATES.toBaseMinor(amountMinor, currency, IN_2019_MS)).isEqualTo(expected);
  }

  @Test
  void aRateHoldsFromItsDateUntilTheNext() {
    long startMs = Instant.parse("2018-01-01T00:00:00Z").toEpochMilli();

    assertThat(RATES.knows("USD", startMs - 1)).isFalse();
    assertThat(RATES.knows("USD", startMs)).isTrue();
    assertThat(RATES.toBaseMinor(100, "USD", END_OF_2019_MS - 1)).isEqualTo(50);
    assertThat(RATES.toBaseMinor(100, "USD", END_OF_2019_MS)).isEqualTo(90);
    assertThat(RATES.knows("GBP", IN_2019_MS)).isFalse();
    assertThat(RATES.knows("EUR", Long.MIN_VALUE)).isTrue();
    assertThatThrownBy(() -> RATES.toBaseMinor(1, "GBP", IN_2019_MS))
        .hasMessage("currency: expected one with a rate at " + IN_2019_MS + " ms, got GBP");
    assertThatThrownBy(() -> RATES.toBaseMinor(-1, "USD", IN_2019_MS))
        .hasMessage("amountMinor: expected at least 0, got -1");
  }

  @Provide
  Arbitrary<BigDecimal> rates() {
    return Arbitraries.bigDecimals()
        .between(BigDecimal.ZERO, false, new BigDecimal("999999.999999999999"), true)
        .ofScale(12);
  }

  @Provide
  Arbitrary<String> currencies() {
    return Arbitraries.of("USD", "JPY", "KWD", "CLF", "EUR");
  }

  @Property
  void agreesWithBigDecimal(
      @ForAll("rates") BigDecimal rate,
      @ForAll("currencies") String currency,
      @ForAll("currencies") String base,
      @ForAll @LongRange(min = 0) long amountMinor) {
    if (currency.equals(base)) {
      return;
    }
    String yaml =
        "{name: t, version: 1, base: %s, rates: [{currency: %s, from: 1970-01-01, rate: '%s'}]}"
            .formatted(base, currency, rate.toPlainString());
    BigDecimal expected =
        BigDecimal.valueOf(amountMinor, Currency.getInstance(currency).getDefaultFractionDigits())
            .multiply(rate)
            .movePointRight(Currency.getInstance(base).getDefaultFractionDigits())
            .setScale(0, RoundingMode.HALF_EVEN);
    Rates rates = Rates.read(yaml, "t.yaml");

    if (expected.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0) {
      assertThat(rates.toBaseMinor(amountMinor, currency, 0)).isEqualTo(expected.longValueExact());
    } else {
      assertThatThrownBy(() -> rates.toBaseMinor(amountMinor, currency, 0))
          .isInstanceOf(ArithmeticException.class);
    }
  }

  @Test
  void theBuiltInRatesKnowTheUsualCurrencies() {
    Rates rates = Rates.builtIn();

    assertThat(rates.base()).isEqualTo("EUR");
    assertThat(rates.name()).isEqualTo("default");
    assertThat(rates.version()).isEqualTo(1);
    assertThat(rates.digest()).hasSize(64);
    for (String currency : new String[] {"USD", "GBP", "CHF", "JPY", "INR", "BRL", "ZAR"}) {
      assertThat(rates.knows(currency, 0)).as(currency).isTrue();
    }
    assertThat(rates.toBaseMinor(110_50, "USD", 0)).isEqualTo(100_00);
    assertThat(rates.toBaseMinor(15_633, "JPY", 0)).isEqualTo(100_00);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "base: EUR         | base: Euro        | 3 | base: expected an ISO 4217 code",
        "currency: KWD     | currency: EUR     | 8 | rates[3].currency: expected a currency other than the base, got EUR",
        "from: 2020-01-01  | from: 2018-01-01  | 7 | rates[2].from: expected one rate of USD for each date, got 2018-01-01",
        "from: 2020-01-01  | from: 2020        | 7 | rates[2].from: expected a date such as 2026-12-31, got 2020",
        "0.0065            | 0                 | 6 | rates[1].rate: expected a rate above 0 with at most 12 decimal places, such as 0.92, got 0",
        "0.0065            | -1                | 6 | rates[1].rate: expected a rate above 0",
        "0.0065            | 0.0000000000001   | 6 | rates[1].rate: expected a rate above 0",
        "0.0065            | 6.5e-3            | 6 | rates[1].rate: expected a rate above 0"
      })
  void refusesABrokenFile(String from, String to, int line, String message) {
    assertThat(YAML).contains(from);
    assertThatThrownBy(() -> Rates.read(YAML.replace(from, to), "r.yaml"))
        .isInstanceOf(ArtefactException.class)
        .hasMessageStartingWith("r.yaml:" + line + ": " + message);
  }
}
