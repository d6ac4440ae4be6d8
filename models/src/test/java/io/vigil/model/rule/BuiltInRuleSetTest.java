package io.vigil.model.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.expression.FakeFacts;
import io.vigil.model.policy.Hit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BuiltInRuleSetTest {

  /** The features of the default spec that rules name, and an ordinary payment's values. */
  private static final Map<String, Double> ORDINARY =
      Map.ofEntries(
          Map.entry("account_count_10m", 1.0),
          Map.entry("account_min_1h", 40.0),
          Map.entry("account_elapsed_s", 86_400.0),
          Map.entry("account_countries_24h", 1.0),
          Map.entry("card_count_10m", 1.0),
          Map.entry("card_speed_kmh", 12.0),
          Map.entry("account_mean_30d", 35.0),
          Map.entry("account_max_30d", 120.0),
          Map.entry("amount_vs_account_mean", 1.2),
          Map.entry("account_device_seen_30d", 1.0),
          Map.entry("account_merchant_seen_30d", 1.0),
          Map.entry("device_accounts_7d", 1.0),
          Map.entry("counterparty_accounts_7d", 2.0),
          Map.entry("terminal_fraud_rate_28d", 0.01));

  private static final List<String> NAMES = List.copyOf(ORDINARY.keySet());

  private static List<String> hits(RuleSet rules, String changes) {
    Map<String, Object> facts = new HashMap<>(Map.of("amount", 42, "channel", "pos"));
    Map<String, Double> features = new HashMap<>(ORDINARY);
    for (String change : changes.isBlank() ? new String[0] : changes.trim().split(" +")) {
      String key = change.substring(0, change.indexOf('='));
      String value = change.substring(change.indexOf('=') + 1);
      if (features.containsKey(key)) {
        features.put(key, Double.valueOf(value));
      } else {
        facts.put(key, value.matches("[0-9.]+") ? Double.valueOf(value) : value);
      }
    }
    FakeFacts transaction = new FakeFacts(facts);
    double[] vector = NAMES.stream().mapToDouble(features::get).toArray();
    List<Hit> hits = rules.evaluate(transaction, vector, Double.NaN, Lists.NONE, 0).hits();
    for (Hit hit : hits) {
      assertThat(rules.text(hit, transaction, vector, Double.NaN))
          .doesNotContain("unknown", "{", "}");
    }
    return hits.stream().map(Hit::rule).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "card-testing, channel=ecom account_count_10m=5 account_min_1h=1",
    "impossible-travel, card_speed_kmh=1500",
    "card-velocity, card_count_10m=6",
    "amount-spike, amount=900 amount_vs_account_mean=25",
    "new-device-new-merchant, channel=ecom amount=301 account_device_seen_30d=0 account_merchant_seen_30d=0",
    "shared-device, device_accounts_7d=5",
    "mule-account, channel=transfer counterparty_accounts_7d=10 amount_vs_account_mean=6",
    "country-hopping, account_countries_24h=4",
    "compromised-terminal, terminal_fraud_rate_28d=0.5"
  })
  void eachDefaultRuleHoldsForItsOwnCaseAlone(String rule, String changes) {
    RuleSet rules = RuleSet.builtIn("default", NAMES);

    assertThat(hits(rules, "")).isEmpty();
    assertThat(hits(rules, changes)).containsExactly(rule);
  }

  @ParameterizedTest
  @CsvSource({
    "large-amount, amount=5000.01",
    "large-at-night, channel=ecom amount=1001 event_time=0",
    "magnetic-stripe, entry_mode=magstripe amount=301",
    "cash-like-merchant, mcc=6051 amount=1001"
  })
  void eachBasicRuleHoldsForItsOwnCaseAlone(String rule, String changes) {
    RuleSet rules = RuleSet.builtIn("basic", List.of());

    assertThat(hits(rules, "")).isEmpty();
    assertThat(hits(rules, changes)).containsExactly(rule);
  }

  @ParameterizedTest
  @ValueSource(strings = {"default", "basic"})
  void everyReasonStandsInTheDictionary(String name) throws IOException {
    String dictionary = Files.readString(Path.of("../docs/reasons.md"));

    for (Rule rule : RuleSet.builtIn(name, NAMES).rules()) {
      assertThat(dictionary).contains("| `" + rule.hit().reasonCode() + "` |");
    }
  }

  @Test
  void refusesASetThatDoesNotComeWithVigil() {
    assertThatThrownBy(() -> RuleSet.builtIn("other", NAMES))
        .hasMessage("expected a built-in artefact, got rules/other.yaml");
  }
}
