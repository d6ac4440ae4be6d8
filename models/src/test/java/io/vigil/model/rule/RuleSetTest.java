package io.vigil.model.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.expression.FakeFacts;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Outcome;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RuleSetTest {
  private static final List<String> NAMES = List.of("count_1h", "ratio");
  private static final String YAML =
      """
      name: test
      version: 7
      rules:
        - id: large
          when: amount > 500
          outcome: review
          reason: LARGE
          text: "{amount:0.00} ({amount:0}, {amount}) in {country} at {merchant}, {ratio:0.0} times"
          owner: card-fraud
        - {id: often, when: count_1h > 2, outcome: decline, reason: OFTEN, text: "{count_1h} an hour", expires: 2026-07-01}
        - {id: quiet, when: count_1h < 2, outcome: approve, reason: QUIET, text: quiet}
      """;
  private static final RuleSet RULES = RuleSet.read(YAML, "test.yaml", NAMES);
  private static final FakeFacts FACTS = FakeFacts.of("amount", 1234.625, "country", "FR");
  private static final long EXPIRY_MS = Instant.parse("2026-07-01T00:00:00Z").toEpochMilli();

  private static final Hit LARGE = new Hit("large", "LARGE", Outcome.REVIEW);
  private static final Hit OFTEN = new Hit("often", "OFTEN", Outcome.DECLINE);
  private static final Hit QUIET = new Hit("quiet", "QUIET", Outcome.APPROVE);

  @Test
  void hitsComeInTheOrderOfTheFile() {
    assertThat(RULES.evaluate(FACTS, new double[] {3, 0}, 0)).containsExactly(LARGE, OFTEN);
    assertThat(RULES.evaluate(FACTS, new double[] {1, 0}, 0)).containsExactly(LARGE, QUIET);
    assertThat(RULES.evaluate(FakeFacts.of("amount", 1), new double[] {2, 0}, 0)).isEmpty();
  }

  @Test
  void aRuleIsOffFromTheStartOfItsLastDayInEffectiveTime() {
    double[] features = {3, 0};

    assertThat(RULES.evaluate(FACTS, features, EXPIRY_MS - 1)).containsExactly(LARGE, OFTEN);
    assertThat(RULES.evaluate(FACTS, features, EXPIRY_MS)).containsExactly(LARGE);
  }

  @Test
  void tellsAHitInPlainLanguage() {
    double[] features = {3, 12.34f};

    assertThat(RULES.text(LARGE, FACTS, features))
        .isEqualTo("1234.62 (1235, 1234.62) in FR at unknown, 12.3 times");
    assertThat(RULES.text(OFTEN, FACTS, features)).isEqualTo("3 an hour");
    assertThat(RULES.text(LARGE, FakeFacts.of(), new double[] {0, Double.NaN}))
        .isEqualTo("unknown (unknown, unknown) in unknown at unknown, unknown times");
    assertThatThrownBy(() -> RULES.text(new Hit("other", "X", Outcome.REVIEW), FACTS, features))
        .hasMessage("hit: expected a rule of test 7, got other");
  }

  @Test
  void saysWhatItIs() {
    assertThat(RULES.name()).isEqualTo("test");
    assertThat(RULES.version()).isEqualTo(7);
    assertThat(RULES.digest())
        .hasSize(64)
        .isNotEqualTo(RuleSet.read(YAML + "\n", "", NAMES).digest());
    assertThat(RULES.rules()).extracting(Rule::hit).containsExactly(LARGE, OFTEN, QUIET);
    assertThat(RULES.rules().get(0).owner()).isEqualTo("card-fraud");
    assertThat(RULES.rules().get(0).when()).hasToString("amount > 500");
    assertThat(RULES.rules().get(1).expiresMs()).isEqualTo(EXPIRY_MS);
  }

  @Test
  void anEmptySetIsLegal() {
    RuleSet none = RuleSet.read("{name: none, version: 1, rules: []}", "none.yaml", NAMES);

    assertThat(none.evaluate(FACTS, new double[] {9, 9}, 0)).isEmpty();
  }
}
