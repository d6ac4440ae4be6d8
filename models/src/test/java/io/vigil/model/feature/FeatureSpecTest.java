package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Field;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FeatureSpecTest {
  private static final String HEAD = "name: test\nversion: 1\nfeatures:\n";

  @Test
  void readsEveryKindOfFeature() {
    FeatureSpec spec =
        FeatureSpec.read(
            """
            name: behaviour
            version: 3
            features:
              - {name: account_mean_30d, entity: account, aggregate: mean, of: amount, window: 30d}
              - {name: ratio, ratio: [amount, account_mean_30d], default: 1}
              - name: risk
                entity: terminal
                aggregate: rate
                of: fraud_label
                label_by: transaction
                window: 24h
                delay: 7d
              - {name: speed, entity: card, aggregate: geo_speed}
              - {name: new_country, entity: card, aggregate: seen, of: country, window: 90m}
              - {name: before, entity: card, aggregate: count, window: 1m, include_current: false}
              - {name: night_and_high, expression: hour(event_time) < 6 and ratio > 3}
            """,
            "behaviour.yaml");

    assertThat(spec)
        .isEqualTo(
            new FeatureSpec(
                "behaviour",
                3,
                List.of(
                    new Feature.Aggregated(
                        "account_mean_30d",
                        Entity.ACCOUNT,
                        Aggregate.MEAN,
                        Field.AMOUNT,
                        new Window(2_592_000_000L, 0, true),
                        0),
                    new Feature.Ratio("ratio", "amount", "account_mean_30d", 1),
                    new Feature.Aggregated(
                        "risk",
                        Entity.TERMINAL,
                        Aggregate.RATE,
                        null,
                        new Window(86_400_000L, 604_800_000L, false),
                        0),
                    new Feature.Aggregated(
                        "speed", Entity.CARD, Aggregate.GEO_SPEED, null, null, 0),
                    new Feature.Aggregated(
                        "new_country",
                        Entity.CARD,
                        Aggregate.SEEN,
                        Field.COUNTRY,
                        new Window(5_400_000L, 0, false),
                        0),
                    new Feature.Aggregated(
                        "before",
                        Entity.CARD,
                        Aggregate.COUNT,
                        null,
                        new Window(60_000L, 0, false),
                        0),
                    new Feature.Computed(
                        "night_and_high", "hour(event_time) < 6 and ratio > 3", 0))));
  }

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of("", "bad.yaml:1: spec: expected a mapping, got an empty document"),
        Arguments.of("- 1", "bad.yaml:1: spec: expected a mapping, got a list"),
        Arguments.of("name: [", "bad.yaml:1: spec: expected YAML, "),
        Arguments.of("name: a\nversion: 0\nfeatures: []", "bad.yaml:2: version: expected a whole"),
        Arguments.of("name: a\nfeatures: []", "bad.yaml:1: version: missing"),
        Arguments.of("name: a\nversion: 1\nfeatures: []", "bad.yaml:3: features: expected 1 to"),
        Arguments.of("name: a\nname: b", "bad.yaml:2: name: expected once"),
        Arguments.of(HEAD + "- 5", "bad.yaml:4: features: expected a mapping, got 5"),
        Arguments.of("nam: a\n" + HEAD, "bad.yaml:1: nam: unknown key, expected one of name"),
        feature("name: 1a, expression: amount", "name: expected up to 128 letters"),
        feature("name: amount, expression: amount", "name: expected a name of its own"),
        feature("name: a", "name: expected exactly one of aggregate, ratio, expression in a"),
        feature("name: a, expression: amount, default: .nan", "default: expected a number within"),
        feature("name: a, expression: amount, default: 1e39", "default: expected a number within"),
        feature("name: a, expression: amont", "expression: column 1: expected the name of"),
        feature("name: a, expression: country", "expression: expected a number or a condition"),
        feature("name: a, ratio: [amount]", "ratio: expected [dividend, divisor], got 1"),
        feature("name: a, ratio: [amount, later]", "ratio: expected an earlier feature or one of"),
        feature("name: a, ratio: [amount, country]", "ratio: expected an earlier feature or one"),
        feature("name: a, ratio: [mcc, amount], of: amount", "of: unknown key, expected one of"),
        feature(
            "name: a, entity: acount, aggregate: count, window: 1h",
            "entity: expected one of account, card, merchant, terminal, device, ip, counterparty,"
                + " got 'acount'"),
        feature(
            "name: a, entity: card, aggregate: median, of: amount, window: 1h",
            "aggregate: expected one of count, sum,"),
        feature("name: a, entity: card, aggregate: count", "window: missing"),
        feature("name: a, entity: card, aggregate: count, window:", "window: expected a value"),
        feature("name: a, entity: card, aggregate: count, window: 91d", "window: expected a whole"),
        feature("name: a, entity: card, aggregate: count, window: 30s", "window: expected a whole"),
        feature("name: a, entity: card, aggregate: count, window: 0m", "window: expected a whole"),
        feature(
            "name: a, entity: card, aggregate: count, window: 1h, delay: 1w",
            "delay: expected a whole number and one of m, h, d, from 0d to 90d, got '1w'"),
        feature(
            "name: a, entity: card, aggregate: count, of: amount, window: 1h",
            "of: expected no such key here, which count has not"),
        feature(
            "name: a, entity: card, aggregate: sum, of: mcc, window: 1h",
            "of: expected one of amount, got 'mcc'"),
        feature("name: a, entity: card, aggregate: sum, window: 1h", "of: missing"),
        feature(
            "name: a, entity: card, aggregate: distinct, of: transaction_id, window: 1h",
            "of: expected one of account, card,"),
        feature(
            "name: a, entity: card, aggregate: rate, of: chargeback, window: 1h",
            "of: expected one of fraud_label"),
        feature(
            "name: a, entity: card, aggregate: rate, of: fraud_label, label_by: day, window: 1h",
            "label_by: expected one of transaction, got 'day'"),
        feature(
            "name: a, entity: card, aggregate: count, label_by: transaction, window: 1h",
            "label_by: expected no such key here"),
        feature(
            "name: a, entity: card, aggregate: elapsed, window: 1h",
            "window: expected no such key here"),
        feature(
            "name: a, entity: card, aggregate: count, window: 1h, include_current: no",
            "include_current: expected one of true, false, got 'no'"),
        feature(
            "name: a, entity: card, aggregate: count, window: 1h, delay: 1h, include_current: true",
            "include_current: expected no such key here, as the delay"),
        feature(
            "name: a, entity: card, aggregate: seen, of: ip, window: 1h, include_current: true",
            "include_current: expected no such key here, as seen"));
  }

  private static Arguments feature(String definition, String problem) {
    return Arguments.of(
        HEAD + "- {name: first, expression: amount}\n- {" + definition + "}\n",
        "bad.yaml:5: " + problem);
  }

  @ParameterizedTest
  @MethodSource("broken")
  void refusesABrokenSpecByKeyAndLine(String yaml, String message) {
    assertThatThrownBy(() -> FeatureSpec.read(yaml, "bad.yaml"))
        .isInstanceOf(SpecException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void refusesANameThatComesTwice() {
    String yaml = HEAD + "- {name: a, expression: amount}\n-\n  name: a\n  expression: amount\n";
    assertThatThrownBy(() -> FeatureSpec.read(yaml, "bad.yaml"))
        .hasMessage("bad.yaml:6: name: expected a new name, got 'a' a second time");
  }

  @Test
  void fingerprintCoversDefinitionsAndNotTheirLayout() {
    String spec = HEAD + "- {name: a, entity: card, aggregate: count, window: 60m}\n";
    String same =
        """
        # Another name and version, comments, another order of keys, another way to write an hour.
        version: 2
        name: other
        features:
          - aggregate: count  # of events
            include_current: true
            delay: 0d
            window: 1h
            default: 0.0
            entity: card
            name: a
        """;
    assertThat(fingerprint(same)).isEqualTo(fingerprint(spec)).hasSize(64);
    assertThat(
            Stream.of(
                    spec,
                    spec.replace("name: a", "name: b"),
                    spec.replace("card", "account"),
                    spec.replace("60m", "61m"),
                    spec.replace("60m", "60m, delay: 1m"),
                    spec.replace("60m", "60m, default: 1"),
                    spec.replace("60m", "60m, include_current: false"),
                    spec + "- {name: b, expression: amount}\n")
                .map(FeatureSpecTest::fingerprint))
        .doesNotHaveDuplicates();
  }

  /** Models name these: a change of a built-in spec or of the canonical form must be meant. */
  @Test
  void builtInSpecsKeepTheirFingerprints() {
    assertThat(FeaturePlan.compile(FeatureSpec.builtIn("handbook")).fingerprint())
        .isEqualTo("03f97b78b430aadc41636e286ed24e1ecd4b67ff4e13f153092aeed19d1f1dc7");
    assertThat(FeaturePlan.compile(FeatureSpec.builtIn("default")).fingerprint())
        .isEqualTo("277762fe55fa9b339c3757fdc79c8d9c59fb82e27ce14e6fd60b334aa0848c05");
  }

  @Test
  void handbookHasThePublishedNames() {
    FeaturePlan plan = FeaturePlan.compile(FeatureSpec.builtIn("handbook"));
    assertThat(plan.names())
        .containsExactly(
            "TX_AMOUNT",
            "TX_DURING_WEEKEND",
            "TX_DURING_NIGHT",
            "CUSTOMER_ID_NB_TX_1DAY_WINDOW",
            "CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW",
            "CUSTOMER_ID_NB_TX_7DAY_WINDOW",
            "CUSTOMER_ID_AVG_AMOUNT_7DAY_WINDOW",
            "CUSTOMER_ID_NB_TX_30DAY_WINDOW",
            "CUSTOMER_ID_AVG_AMOUNT_30DAY_WINDOW",
            "TERMINAL_ID_NB_TX_1DAY_WINDOW",
            "TERMINAL_ID_RISK_1DAY_WINDOW",
            "TERMINAL_ID_NB_TX_7DAY_WINDOW",
            "TERMINAL_ID_RISK_7DAY_WINDOW",
            "TERMINAL_ID_NB_TX_30DAY_WINDOW",
            "TERMINAL_ID_RISK_30DAY_WINDOW");
    assertThat(plan.entities())
        .extracting(EntityPlan::entity)
        .containsExactly(Entity.ACCOUNT, Entity.TERMINAL);
  }

  @Test
  void refusesAnUnknownBuiltInSpec() {
    assertThatThrownBy(() -> FeatureSpec.builtIn("none"))
        .hasMessage("built-in spec: expected default or handbook, got none");
  }

  private static String fingerprint(String yaml) {
    return FeaturePlan.compile(FeatureSpec.read(yaml, "test.yaml")).fingerprint();
  }
}
