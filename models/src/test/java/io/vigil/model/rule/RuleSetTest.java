package io.vigil.model.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.expression.FakeFacts;
import io.vigil.model.policy.Held;
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

  private static List<Hit> hits(
      RuleSet rules, FakeFacts facts, double[] features, long effectiveTimeMs) {
    return rules.evaluate(facts, features, Double.NaN, Lists.NONE, effectiveTimeMs).hits();
  }

  @Test
  void hitsComeInTheOrderOfTheFile() {
    assertThat(hits(RULES, FACTS, new double[] {3, 0}, 0)).containsExactly(LARGE, OFTEN);
    assertThat(hits(RULES, FACTS, new double[] {1, 0}, 0)).containsExactly(LARGE, QUIET);
    assertThat(hits(RULES, FakeFacts.of("amount", 1), new double[] {2, 0}, 0)).isEmpty();
  }

  @Test
  void aRuleIsOffFromTheStartOfItsLastDayInEffectiveTime() {
    double[] features = {3, 0};

    assertThat(hits(RULES, FACTS, features, EXPIRY_MS - 1)).containsExactly(LARGE, OFTEN);
    assertThat(hits(RULES, FACTS, features, EXPIRY_MS)).containsExactly(LARGE);
  }

  @Test
  void tellsAHitInPlainLanguage() {
    double[] features = {3, 12.34f};

    assertThat(RULES.text(LARGE, FACTS, features, Double.NaN))
        .isEqualTo("1234.62 (1235, 1234.62) in FR at unknown, 12.3 times");
    assertThat(RULES.text(OFTEN, FACTS, features, Double.NaN)).isEqualTo("3 an hour");
    assertThat(RULES.text(LARGE, FakeFacts.of(), new double[] {0, Double.NaN}, Double.NaN))
        .isEqualTo("unknown (unknown, unknown) in unknown at unknown, unknown times");
    assertThatThrownBy(
            () -> RULES.text(new Hit("other", "X", Outcome.REVIEW), FACTS, features, Double.NaN))
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

    assertThat(hits(none, FACTS, new double[] {9, 9}, 0)).isEmpty();
  }

  @Test
  void weightsAskByTheirSum() {
    String yaml =
        """
        name: points
        version: 1
        points: {step_up: 20, decline: 100}
        rules:
          - {id: new-device, when: ratio > 1, weight: 20, reason: NEW, text: "{100 * score:0} of 100"}
          - {id: often, when: count_1h > 2, weight: 80, outcome: step_up, reason: OFTEN, text: often}
          - {id: trusted, when: country == "FR", weight: -30, reason: TRUSTED, text: trusted}
          - {id: noted, when: exists(score), weight: 0, reason: NOTED, text: noted}
        """;
    RuleSet rules = RuleSet.read(yaml, "points.yaml", NAMES);
    FakeFacts nowhere = FakeFacts.of();

    Held all = rules.evaluate(FACTS, new double[] {3, 2}, 0.5, Lists.NONE, 0);
    Hit newDevice = new Hit("new-device", "NEW", null, 20);
    assertThat(all.hits())
        .containsExactly(
            newDevice,
            new Hit("often", "OFTEN", Outcome.STEP_UP, 80),
            new Hit("trusted", "TRUSTED", null, -30),
            new Hit("noted", "NOTED", null, 0));
    assertThat(all.points()).isEqualTo(70);
    assertThat(all.byPoints()).isEqualTo(Outcome.STEP_UP);
    assertThat(rules.text(newDevice, FACTS, new double[] {3, 2}, 0.5)).isEqualTo("50 of 100");
    assertThat(rules.evaluate(nowhere, new double[] {3, 2}, Double.NaN, Lists.NONE, 0).byPoints())
        .isEqualTo(Outcome.DECLINE);
    assertThat(rules.evaluate(FACTS, new double[] {0, 2}, Double.NaN, Lists.NONE, 0))
        .isEqualTo(
            new Held(
                List.of(newDevice, new Hit("trusted", "TRUSTED", null, -30)),
                -10,
                Outcome.APPROVE));
    assertThat(rules.points().keySet()).containsExactly(Outcome.STEP_UP, Outcome.DECLINE);
  }

  @Test
  void aListChangesWithoutAnotherRuleSet() {
    String yaml =
        """
        name: lists
        version: 1
        rules:
          - id: blocked
            when: country in list("b") or attributes.shop not in list("a") or merchant in list("b")
            outcome: decline
            reason: BLOCKED
            text: blocked
        """;
    RuleSet rules = RuleSet.read(yaml, "lists.yaml", NAMES);
    Lists one = Lists.of(List.of(list("a", "attributes.shop"), list("b", "merchant, country")));
    Lists other = one.with(list("b", "merchant, country\nFR"));

    assertThat(rules.requiredLists()).containsExactly("a", "b");
    rules.require(one);
    rules.require(other);
    assertThat(rules.evaluate(FACTS, new double[2], 0, one, 0)).isEqualTo(Held.NOTHING);
    assertThat(rules.evaluate(FACTS, new double[2], 0, other, 0).hits()).hasSize(1);
  }

  private static EntryList list(String name, String ofAndEntries) {
    String text = "name: " + name + "\nversion: 1\nof: " + ofAndEntries;
    return EntryList.read(text.getBytes(java.nio.charset.StandardCharsets.UTF_8), name + ".list");
  }
}
