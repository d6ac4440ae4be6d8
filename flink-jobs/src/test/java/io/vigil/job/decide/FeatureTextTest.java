package io.vigil.job.decide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.feature.FactsReader;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Rates;
import io.vigil.schema.Channel;
import io.vigil.schema.Transaction;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FeatureTextTest {
  private static final FeatureSpec SPEC =
      FeatureSpec.read(
          """
          name: test
          version: 1
          features:
          - {name: tx_amount, expression: amount}
          - {name: at_night, expression: hour(event_time) <= 6}
          - {name: half, expression: amount / 2}
          - {name: count_10m, entity: account, aggregate: count, window: 10m}
          - {name: count_1h, entity: account, aggregate: count, window: 1h}
          - {name: count_30d, entity: account, aggregate: count, window: 30d}
          - {name: distinct_24h, entity: account, aggregate: distinct, of: country, window: 24h}
          - {name: elapsed, entity: account, aggregate: elapsed}
          - {name: mean_30d, entity: account, aggregate: mean, of: amount, window: 30d, include_current: false}
          - {name: std_30d, entity: account, aggregate: std, of: amount, window: 30d, include_current: false}
          - {name: max_30d, entity: account, aggregate: max, of: amount, window: 30d, include_current: false}
          - {name: times, ratio: [tx_amount, mean_30d], default: 1}
          - {name: above, difference: [amount, max_30d]}
          - {name: z, zscore: [amount, mean_30d, std_30d]}
          - {name: device_seen, entity: account, aggregate: seen, of: device, window: 30d, default: 1}
          - {name: payee_seen, entity: account, aggregate: seen, of: counterparty, window: 30d, default: 1}
          - {name: rate, entity: device, aggregate: rate, of: fraud_label, window: 28d}
          - {name: merchant_1h, entity: merchant, aggregate: count, window: 1h}
          - {name: speed, entity: card, aggregate: geo_speed}
          - {name: log_mean, log1p: mean_30d}
          - {name: clipped, clip: times, low: 0, high: 100}
          - {name: channel, one_hot: channel, values: [ecom]}
          - {name: clock, cyclic: hour}
          """,
          "test");

  /** 14 January 2026, 03:12 UTC: 77.00 EUR by an account and a device, to a payee. */
  private static final Facts FACTS =
      new FactsReader(Rates.builtIn())
          .read(
              Transaction.newBuilder()
                  .setTransactionId("t")
                  .setEventTime(1_768_360_364_000L)
                  .setAccount("a")
                  .setCard("c")
                  .setDevice("d")
                  .setAmountMinor(7_700)
                  .setCurrency("EUR")
                  .setBillingAmountMinor(7_700)
                  .setBillingCurrency("EUR")
                  .setChannel(Channel.ECOM)
                  .build());

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          tx_amount  | 55  | amount 77.00 is 6.21 x this account's 30-day mean of 12.40
          times      | 1.3 | amount 77.00 is 6.21 x this account's 30-day mean of 12.40, usually 1.30 x
          clipped    | 1.3 | amount 77.00 is 6.21 x this account's 30-day mean of 12.40, usually 1.30 x
          mean_30d   | 55  | amount 77.00 is 6.21 x this account's 30-day mean of 12.40
          log_mean   | 4   | amount 77.00 is 6.21 x this account's 30-day mean of 12.40
          max_30d    | 300 | amount 77.00 is 3.85 x this account's 30-day highest of 20.00
          above      | 0   | amount 77.00 is 57 above this account's 30-day highest of 20.00, usually 0
          z          | 0   | amount 77.00 is 12.92 standard deviations above this account's 30-day mean of 12.40
          std_30d    | 50  | this account's 30-day standard deviation is 5.00, usually 50.00
          count_10m  | 1.1 | 9 payments of this account in 10 min, 0.01 on average in the rest of 30 days
          count_30d  | 40  | 49 payments of this account in 30 days, usually 40
          distinct_24h | 1.7 | 3 different countries on this account in 24 h, usually 1.70
          elapsed    | 129327 | 95 s since the previous payment of this account, usually 35.92 h
          device_seen | 3.28 | this device is new to this account in 30 days, usually seen 3.28 times before
          payee_seen | 2   | no counterparty given
          rate       | 0.001 | 12.50 % of the payments of this device in 28 days were reported as fraud, usually 0.10 %
          merchant_1h | 4.6 | no merchant given
          speed      | 9.8 | 812.50 km/h from the previous payment of this card, usually 9.80 km/h
          at_night   | 0.11 | at night: yes, true of 11 % of payments
          at_night   | 0 | at night: yes, usually no
          channel_ecom | 0.24 | channel ecom: yes, true of 24 % of payments
          half       | 30  | half is 38.50, usually 30
          clock_sin  | 0   | paid at 3 o'clock, UTC
          """)
  void saysTheValueBesideTheEntitysOwnBaseline(String feature, double usual, String sentence) {
    assertThat(text().of(feature, FACTS, vector(), usual)).isEqualTo(sentence);
  }

  @Test
  void saysSoWhereThereIsNoHistory() {
    double[] vector = vector();
    vector[index("mean_30d")] = 0;
    vector[index("times")] = 1;
    assertThat(text().of("times", FACTS, vector, 1.3))
        .isEqualTo("amount 77.00, and this account's 30-day mean is not known, usually 1.30 x");
    assertThat(text().of("tx_amount", FACTS, vector, 55)).isEqualTo("amount 77.00, usually 55.00");
    assertThat(text().of("mean_30d", FACTS, vector, 55))
        .isEqualTo("this account's 30-day mean is 0.00, usually 55.00");
  }

  @Test
  void speaksOfTheCustomerWhereThatIsWhatIsKnown() {
    FeatureSpec spec =
        FeatureSpec.read(
            """
            name: customers
            version: 1
            features:
            - {name: tx_amount, expression: amount}
            - {name: mean_30d, entity: customer, aggregate: mean, of: amount, window: 30d}
            - {name: payee_seen, entity: customer, aggregate: seen, of: device, window: 90d}
            """,
            "test");
    FeatureText text = new FeatureText(spec);
    double[] vector = {77, 12.4, 0};

    assertThat(text.of("tx_amount", FACTS, vector, Double.NaN))
        .isEqualTo("amount 77.00 is 6.21 x this customer's 30-day mean of 12.40");
    assertThat(text.of("payee_seen", FACTS, vector, Double.NaN)).isEqualTo("no customer given");
  }

  @Test
  void everyFeatureOfTheBuiltInSpecsHasASentence() {
    for (String name : List.of("default", "handbook")) {
      FeatureSpec spec = FeatureSpec.builtIn(name);
      FeatureText text = new FeatureText(spec);
      double[] vector = new double[spec.features().size()];
      Arrays.fill(vector, 2.5);
      for (Feature feature : spec.features()) {
        assertThat(text.of(feature.name(), FACTS, vector, 1.5)).isNotBlank().doesNotContain("_");
      }
    }
  }

  @Test
  void knowsOnlyTheSpecsFeatures() {
    assertThatThrownBy(() -> text().of("other", FACTS, vector(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("other");
  }

  private static FeatureText text() {
    return new FeatureText(SPEC);
  }

  private static double[] vector() {
    double[] vector = new double[SPEC.features().size()];
    set(vector, "tx_amount", 77);
    set(vector, "at_night", 1);
    set(vector, "half", 38.5);
    set(vector, "count_10m", 9);
    set(vector, "count_1h", 10);
    set(vector, "count_30d", 49);
    set(vector, "distinct_24h", 3);
    set(vector, "elapsed", 95);
    set(vector, "mean_30d", 12.4);
    set(vector, "std_30d", 5);
    set(vector, "max_30d", 20);
    set(vector, "times", 77 / 12.4);
    set(vector, "above", 57);
    set(vector, "z", (77 - 12.4) / 5);
    set(vector, "payee_seen", 1);
    set(vector, "rate", 0.125);
    set(vector, "speed", 812.5);
    set(vector, "log_mean", Math.log1p(12.4));
    set(vector, "clipped", 77 / 12.4);
    set(vector, "channel_ecom", 1);
    return vector;
  }

  private static void set(double[] vector, String name, double value) {
    vector[index(name)] = value;
  }

  private static int index(String name) {
    return SPEC.features().stream().map(Feature::name).toList().indexOf(name);
  }
}
