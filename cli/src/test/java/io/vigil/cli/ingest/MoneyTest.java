package io.vigil.cli.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.math.BigDecimal;
import java.math.RoundingMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.BigRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MoneyTest {

  @ParameterizedTest
  @CsvSource({
    "57.16, EUR, 5716",
    "146.0, EUR, 14600",
    "146, EUR, 14600",
    "0, EUR, 0",
    ".5, EUR, 50",
    "-3.2, EUR, -320",
    "1200, JPY, 1200",
    "1200.0, JPY, 1200",
    "1.2345, KWD, 1234",
    "1.2355, KWD, 1236",
    "0.125, EUR, 12",
    "0.135, EUR, 14",
    "1., EUR, 100",
    "1e3, EUR, 100000",
    "92233720368547758.07, EUR, 9223372036854775807"
  })
  void isExactInMinorUnits(String text, String currency, long expected) throws BadCellException {
    assertThat(Money.minor("amount", text, new Money().decimals("currency", currency)))
        .isEqualTo(expected);
  }

  @Property
  void agreesWithBigDecimal(
      @ForAll @BigRange(min = "-1000000000000", max = "1000000000000") @Scale(6) BigDecimal amount,
      @ForAll @IntRange(max = 4) int decimals)
      throws BadCellException {
    assertThat(Money.minor("amount", amount.toPlainString(), decimals))
        .isEqualTo(
            amount.setScale(decimals, RoundingMode.HALF_EVEN).unscaledValue().longValueExact());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "12,50",
        "1.2.3",
        "EUR 5",
        "NaN",
        "--1",
        "0x10",
        "92233720368547758.08",
        "1e999999999",
        "1e-999999999"
      })
  void refusesWhatIsNoAmount(String text) {
    BadCellException bad =
        catchThrowableOfType(BadCellException.class, () -> Money.minor("amount", text, 2));
    assertThat(bad.reason()).isEqualTo("bad_amount");
    assertThat(bad).hasMessageContaining("amount").hasMessageContaining("57.16");
  }

  @ParameterizedTest
  @ValueSource(strings = {"EURO", "eur", "ZZZ", "XXX", ""})
  void refusesUnknownCurrencies(String currency) {
    BadCellException bad =
        catchThrowableOfType(
            BadCellException.class, () -> new Money().decimals("currency", currency));
    assertThat(bad.reason()).isEqualTo("unknown_currency");
  }
}
