package io.vigil.model.reason;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.feature.FeatureSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReasonCodesTest {
  private static final String HEAD =
      """
      name: test
      version: 1
      features:
      - {name: size, expression: amount}
      - {name: many, entity: card, aggregate: count, window: 1h}
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          entity: account, aggregate: count, window: 1h | VELOCITY
          entity: card, aggregate: elapsed | VELOCITY
          entity: account, aggregate: decayed_count, half_life: 1h | VELOCITY
          entity: account, aggregate: distinct, of: merchant, window: 24h | VELOCITY
          entity: merchant, aggregate: count, window: 1h | MERCHANT_ACTIVITY
          entity: terminal, aggregate: sum, of: amount, window: 1h | MERCHANT_ACTIVITY
          entity: merchant, aggregate: distinct, of: card, window: 1h | MERCHANT_ACTIVITY
          entity: ip, aggregate: count, window: 1h | DEVICE_ACTIVITY
          entity: counterparty, aggregate: count, window: 1h | PAYEE_ACTIVITY
          entity: account, aggregate: sum, of: amount, window: 24h | AMOUNT_UNUSUAL
          entity: account, aggregate: mean, of: amount, window: 30d | AMOUNT_UNUSUAL
          entity: merchant, aggregate: max, of: amount, window: 30d | AMOUNT_UNUSUAL
          entity: account, aggregate: last, of: amount | AMOUNT_UNUSUAL
          entity: account, aggregate: first_seen | NEW_CUSTOMER
          entity: device, aggregate: first_seen | NEW_DEVICE
          entity: account, aggregate: seen, of: device, window: 30d | NEW_DEVICE
          entity: account, aggregate: distinct, of: ip, window: 1h | NEW_DEVICE
          entity: account, aggregate: frequency, of: merchant, window: 30d | NEW_MERCHANT
          entity: account, aggregate: seen, of: counterparty, window: 30d | NEW_PAYEE
          entity: [account, merchant], aggregate: count, window: 30d | NEW_MERCHANT
          entity: [account, merchant], aggregate: mean, of: amount, window: 30d | AMOUNT_UNUSUAL
          entity: device, aggregate: distinct, of: account, window: 7d | SHARED_DEVICE
          entity: device, aggregate: distinct, of: merchant, window: 7d | DEVICE_ACTIVITY
          entity: counterparty, aggregate: distinct, of: account, window: 7d | SHARED_PAYEE
          entity: account, aggregate: distinct, of: country, window: 24h | UNUSUAL_PLACE
          entity: card, aggregate: geo_speed | UNUSUAL_PLACE
          entity: merchant, aggregate: rate, of: fraud_label, window: 30d | MERCHANT_RISK
          entity: terminal, aggregate: count, of: fraud_label, window: 30d | TERMINAL_RISK
          entity: card, aggregate: rate, of: fraud_label, window: 30d | CUSTOMER_RISK
          entity: account, aggregate: share, where: 'entry_mode == "magstripe"', window: 30d | ENTRY_MODE
          entity: account, aggregate: streak, where: amount < 5 | AMOUNT_UNUSUAL
          entity: customer, aggregate: count, window: 1h | VELOCITY
          entity: customer, aggregate: sum, of: amount, window: 24h | AMOUNT_UNUSUAL
          entity: customer, aggregate: seen, of: counterparty, window: 30d | NEW_PAYEE
          entity: customer, aggregate: distinct, of: device, window: 24h | NEW_DEVICE
          entity: customer, aggregate: rate, of: fraud_label, window: 30d | CUSTOMER_RISK
          entity: [customer, merchant], aggregate: count, window: 30d | NEW_MERCHANT
          entity: [account, customer], aggregate: first_seen | NEW_CUSTOMER
          entity: device, aggregate: distinct, of: customer, window: 7d | SHARED_DEVICE
          expression: hour(event_time) <= 6 | UNUSUAL_TIME
          expression: channel == "amount" and amount > 5 | CHANNEL
          expression: many > 3 and size > 5 | VELOCITY
          expression: attributes.wallet == "amount" | OTHER
          expression: abs(longitude) | UNUSUAL_PLACE
          ratio: [size, many] | AMOUNT_UNUSUAL
          ratio: [many, size] | VELOCITY
          difference: [amount, size] | AMOUNT_UNUSUAL
          log1p: many | VELOCITY
          clip: mcc, low: 0, high: 9999 | MERCHANT_KIND
          cyclic: hour | UNUSUAL_TIME
          one_hot: currency, values: [EUR] | CURRENCY
          hash_bucket: device, buckets: 8 | OTHER
          """)
  void followsFromTheDefinition(String definition, ReasonCode code) {
    FeatureSpec spec = FeatureSpec.read(HEAD + "- {name: it, " + definition + "}\n", "test");
    Map<String, ReasonCode> codes = ReasonCodes.of(spec);

    assertThat(codes).hasSize(spec.features().size());
    assertThat(codes)
        .allSatisfy(
            (name, found) -> {
              if (name.startsWith("it")) {
                assertThat(found).isEqualTo(code);
              }
            });
  }

  /** Decisions and reports name these: a change must be meant. */
  @Test
  void theDefaultSpecKeepsItsCodes() {
    assertThat(ReasonCodes.of(FeatureSpec.builtIn("default")))
        .containsOnly(
            Map.entry("tx_amount", ReasonCode.AMOUNT_UNUSUAL),
            Map.entry("at_night", ReasonCode.UNUSUAL_TIME),
            Map.entry("online", ReasonCode.CHANNEL),
            Map.entry("transfer", ReasonCode.CHANNEL),
            Map.entry("by_stripe", ReasonCode.ENTRY_MODE),
            Map.entry("account_count_10m", ReasonCode.VELOCITY),
            Map.entry("account_count_1h", ReasonCode.VELOCITY),
            Map.entry("account_count_24h", ReasonCode.VELOCITY),
            Map.entry("account_count_30d", ReasonCode.VELOCITY),
            Map.entry("account_sum_24h", ReasonCode.AMOUNT_UNUSUAL),
            Map.entry("account_min_1h", ReasonCode.AMOUNT_UNUSUAL),
            Map.entry("account_elapsed_s", ReasonCode.VELOCITY),
            Map.entry("account_merchants_24h", ReasonCode.VELOCITY),
            Map.entry("account_countries_24h", ReasonCode.UNUSUAL_PLACE),
            Map.entry("card_count_10m", ReasonCode.VELOCITY),
            Map.entry("card_speed_kmh", ReasonCode.UNUSUAL_PLACE),
            Map.entry("account_mean_30d", ReasonCode.AMOUNT_UNUSUAL),
            Map.entry("account_max_30d", ReasonCode.AMOUNT_UNUSUAL),
            Map.entry("amount_vs_account_mean", ReasonCode.AMOUNT_UNUSUAL),
            Map.entry("account_device_seen_30d", ReasonCode.NEW_DEVICE),
            Map.entry("account_merchant_seen_30d", ReasonCode.NEW_MERCHANT),
            Map.entry("account_payee_seen_30d", ReasonCode.NEW_PAYEE),
            Map.entry("device_accounts_7d", ReasonCode.SHARED_DEVICE),
            Map.entry("counterparty_accounts_7d", ReasonCode.SHARED_PAYEE),
            Map.entry("merchant_count_1h", ReasonCode.MERCHANT_ACTIVITY),
            Map.entry("merchant_count_30d", ReasonCode.MERCHANT_ACTIVITY),
            Map.entry("merchant_mean_30d", ReasonCode.AMOUNT_UNUSUAL),
            Map.entry("amount_vs_merchant_mean", ReasonCode.AMOUNT_UNUSUAL),
            Map.entry("merchant_fraud_rate_30d", ReasonCode.MERCHANT_RISK),
            Map.entry("terminal_fraud_rate_28d", ReasonCode.TERMINAL_RISK));
  }
}
