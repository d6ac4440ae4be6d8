package io.vigil.cli.whatif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.schema.Channel;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Transaction;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChangesTest {
  private static final Transaction PAYMENT =
      Transaction.newBuilder()
          .setTransactionId("t1")
          .setEventTime(1_767_225_600_000L)
          .setAccount("account")
          .setMerchant("merchant")
          .setDevice("device")
          .setAmountMinor(12_345)
          .setCurrency("EUR")
          .setBillingAmountMinor(12_345)
          .setBillingCurrency("EUR")
          .setMcc(5411)
          .setCountry("DE")
          .setAttributes(Map.of("kept", "yes", "gone", "no"))
          .build();

  @Test
  void changesWhatIsNamedAndNothingElse() throws WhatIfException {
    Transaction expected =
        Transaction.newBuilder(PAYMENT)
            .setEventTime(Instant.parse("2026-02-03T04:05:06Z").toEpochMilli())
            .setMerchant("other")
            .setDevice(null)
            .setAmountMinor(99_900)
            .setBillingAmountMinor(99_900)
            .setMcc(6011)
            .setCountry(null)
            .setChannel(Channel.ECOM)
            .setEntryMode(EntryMode.ON_FILE)
            .setLatitude(-12.5)
            .setAttributes(Map.of("kept", "yes", "new", "value"))
            .build();

    assertThat(
            Changes.applied(
                PAYMENT,
                Map.ofEntries(
                    Map.entry("event_time", "2026-02-03T04:05:06Z"),
                    Map.entry("merchant", "other"),
                    Map.entry("device", "-"),
                    Map.entry("amount", "999"),
                    Map.entry("mcc", "6011"),
                    Map.entry("country", "-"),
                    Map.entry("channel", "ecom"),
                    Map.entry("entry_mode", "on_file"),
                    Map.entry("latitude", "-12.5"),
                    Map.entry("attributes.gone", "-"),
                    Map.entry("attributes.new", "value"))))
        .isEqualTo(expected);
    assertThat(PAYMENT.getAttributes()).containsOnlyKeys("kept", "gone");
  }

  @Test
  void anAmountHasTheDigitsOfItsCurrency() throws WhatIfException {
    Transaction yen = Changes.applied(PAYMENT, Map.of("amount", "500", "billing_currency", "JPY"));
    assertThat(yen.getBillingAmountMinor()).isEqualTo(500);
    assertThat(yen.getBillingCurrency()).isEqualTo("JPY");
    // It was paid in the account's own currency, and still is.
    assertThat(yen.getAmountMinor()).isEqualTo(500);
    assertThat(yen.getCurrency()).isEqualTo("JPY");

    Transaction dollars = Changes.applied(PAYMENT, Map.of("billing_currency", "USD"));
    assertThat(dollars.getBillingAmountMinor()).isEqualTo(12_345);

    Transaction abroad =
        Transaction.newBuilder(PAYMENT).setCurrency("USD").setAmountMinor(14_000).build();
    Transaction other = Changes.applied(abroad, Map.of("amount", "1.5"));
    assertThat(other.getBillingAmountMinor()).isEqualTo(150);
    assertThat(other.getAmountMinor()).isEqualTo(14_000);
    assertThat(other.getCurrency()).isEqualTo("USD");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          amount           | 12.345     | amount: expected 2 decimals at most, as EUR has, got '12.345'
          amount           | 1e9        | amount: expected a decimal such as 57.16, got '1e9'
          amount           | -5         | amount: expected a decimal such as 57.16, got '-5'
          amount           | 9999999999999 | expected 0 to 10^12
          billing_currency | JPY        | amount: expected 0 decimals at most, as JPY has, got '123.45'
          billing_currency | XXX        | billing_currency: expected an ISO 4217 code
          currency         | euro       | currency: expected an ISO 4217 code with minor units such as EUR, got 'euro'
          event_time       | yesterday  | event_time: expected an instant from 1970 to 9999
          event_time       | 1969-12-31T00:00:00Z | event_time: expected an instant from 1970 to 9999
          mcc              | 99999      | mcc: expected up to four digits
          channel          | shop       | channel: expected unknown, pos, ecom, atm, moto, transfer, got 'shop'
          country          | de         | country: expected two capital letters
          latitude         | 91         | latitude: expected -90.0 to 90.0
          latitude         | NaN        | latitude: expected decimal degrees
          account          | other      | changes: expected amount, billing_currency,
          nonsense         | 1          | got 'nonsense'
          attributes.      | 1          | or attributes.KEY, got 'attributes.'
          merchant         | 4111111111111111 | merchant: expected no card number
          """)
  void refusesWithWhatWasExpected(String field, String value, String message) {
    assertThatThrownBy(() -> Changes.applied(PAYMENT, Map.of(field, value)))
        .isInstanceOf(WhatIfException.class)
        .hasMessageContaining(message)
        .message()
        .doesNotContain("4111111111111111");
  }

  @Test
  void neverRepeatsACardNumber() {
    for (String field : Changes.FIELDS) {
      for (String value : new String[] {"4111111111111111", "4111 1111 1111 1111"}) {
        assertThatThrownBy(() -> Changes.applied(PAYMENT, Map.of(field, value)))
            .as(field)
            .isInstanceOf(WhatIfException.class)
            .message()
            .doesNotContain("4111");
      }
    }
  }
}
