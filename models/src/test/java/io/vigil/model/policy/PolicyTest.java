package io.vigil.model.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.artefact.ArtefactException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyTest {
  private static final String YAML =
      """
      name: test
      version: 3
      base_currency: EUR
      thresholds: {step_up: 0.25, review: 0.5, decline: 0.75}
      approve_lowers: true
      fallback: {outcome: step_up, probability: 0.5}
      alert_from: review
      case_window: 24h
      max_reasons: 5
      """;
  private static final Policy LOWERING = Policy.read(YAML, "test.yaml");
  private static final Policy RAISING =
      Policy.read(YAML.replace("approve_lowers: true", "approve_lowers: false"), "test.yaml");

  private static Held hits(String outcomes) {
    List<Hit> hits =
        Arrays.stream(outcomes.trim().split(" +"))
            .filter(outcome -> !outcome.equals("-"))
            .map(outcome -> new Hit("a", "A", Outcome.valueOf(outcome.toUpperCase(Locale.ROOT))))
            .toList();
    return new Held(hits, 0, Outcome.APPROVE);
  }

  @ParameterizedTest
  @CsvSource({
    // score, rules ask, outcome if approve lowers, outcome if not
    "0,    -,               approve, approve",
    "0.24, -,               approve, approve",
    "0.25, -,               step_up, step_up",
    "0.5,  -,               review,  review",
    "0.75, -,               decline, decline",
    "1,    -,               decline, decline",
    "NaN,  -,               step_up, step_up",
    "0,    step_up,         step_up, step_up",
    "0,    decline,         decline, decline",
    "0.5,  step_up,         review,  review",
    "0.5,  decline review,  decline, decline",
    "NaN,  review,          review,  review",
    "0.25, approve,         approve, step_up",
    "0.5,  approve,         approve, review",
    "0.75, approve,         decline, decline",
    "NaN,  approve,         approve, step_up",
    "0.5,  approve step_up, review,  review",
    "0.25, review approve,  review,  review",
    "0,    approve,         approve, approve"
  })
  void decides(double probability, String rules, String lowering, String raising) {
    Verdict byLowering = LOWERING.decide(probability, hits(rules), 1000);
    Verdict byRaising = RAISING.decide(probability, hits(rules), 1000);

    assertThat(byLowering.outcome().id()).isEqualTo(lowering);
    assertThat(byRaising.outcome().id()).isEqualTo(raising);
    assertThat(byLowering.alert()).isEqualTo(List.of("review", "decline").contains(lowering));
    assertThat(byRaising.alert()).isEqualTo(List.of("review", "decline").contains(raising));
    assertThat(byLowering.expectedLossMinor())
        .isEqualTo(Double.isNaN(probability) ? 500 : (long) (1000 * probability));
  }

  @Test
  void thresholdsMayBeLeftOut() {
    Policy rulesAlone =
        Policy.read(YAML.replace("{step_up: 0.25, review: 0.5, decline: 0.75}", "{}"), "test.yaml");
    Policy reviewAlone =
        Policy.read(
            YAML.replace("{step_up: 0.25, review: 0.5, decline: 0.75}", "{review: 0.1}"), "");

    assertThat(rulesAlone.decide(1, Held.NOTHING, 0).outcome()).isEqualTo(Outcome.APPROVE);
    assertThat(reviewAlone.decide(1, Held.NOTHING, 0).outcome()).isEqualTo(Outcome.REVIEW);
    assertThat(reviewAlone.decide(0.09, Held.NOTHING, 0).outcome()).isEqualTo(Outcome.APPROVE);
  }

  @Test
  void refusesNumbersOutOfRange() {
    assertThatThrownBy(() -> LOWERING.decide(1.01, Held.NOTHING, 0))
        .hasMessage("probability: expected 0 to 1, got 1.01");
    assertThatThrownBy(() -> LOWERING.decide(-0.01, Held.NOTHING, 0))
        .hasMessage("probability: expected 0 to 1, got -0.01");
    assertThatThrownBy(() -> LOWERING.decide(0, Held.NOTHING, -1))
        .hasMessage("exposureMinor: expected 0 to 10^12, got -1");
  }

  @Property
  void expectedLossIsTheExactProductRoundedHalfToEven(
      @ForAll @DoubleRange(min = 0, max = 1) double probability,
      @ForAll @LongRange(min = 0, max = 1_000_000_000_000L) long exposureMinor) {
    assertThat(LOWERING.decide(probability, Held.NOTHING, exposureMinor).expectedLossMinor())
        .isEqualTo(product(probability, exposureMinor));
  }

  /** Probabilities beside a tie: the neighbours of (k + 1/2) / exposure. */
  @Property
  void expectedLossIsExactBesideTies(
      @ForAll @LongRange(min = 1, max = 1_000_000_000_000L) long exposureMinor,
      @ForAll @DoubleRange(min = 0, max = 1, maxIncluded = false) double share,
      @ForAll @IntRange(min = -2, max = 2) int steps) {
    double probability = (Math.floor(share * exposureMinor) + 0.5) / exposureMinor;
    probability = Math.min(1, probability + steps * Math.ulp(probability));

    assertThat(LOWERING.decide(probability, Held.NOTHING, exposureMinor).expectedLossMinor())
        .isEqualTo(product(probability, exposureMinor));
  }

  private static long product(double probability, long exposureMinor) {
    return new BigDecimal(probability)
        .multiply(BigDecimal.valueOf(exposureMinor))
        .setScale(0, RoundingMode.HALF_EVEN)
        .longValueExact();
  }

  @Test
  void alertIdIsStable() {
    // printf '%s' 00ff00fft-1 | sha256sum
    assertThat(Policy.alertId("t-1", "00ff00ff")).isEqualTo("9e45ae73346466e2ffc39d5220276f98");
  }

  @Test
  void saysWhatItIs() {
    assertThat(LOWERING.name()).isEqualTo("test");
    assertThat(LOWERING.version()).isEqualTo(3);
    assertThat(LOWERING.baseCurrency()).isEqualTo("EUR");
    assertThat(LOWERING.caseWindowMs()).isEqualTo(86_400_000L);
    assertThat(LOWERING.reasonsMax()).isEqualTo(5);
    assertThat(LOWERING.digest()).hasSize(64).isNotEqualTo(RAISING.digest());
    assertThat(Policy.builtIn().decide(0.5, Held.NOTHING, 100))
        .isEqualTo(new Verdict(Outcome.REVIEW, true, 50));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "base_currency: EUR    | base_currency: EURO  | 3 | base_currency: expected an ISO 4217 code of a currency with minor units, such as EUR, got EURO",
        "base_currency: EUR    | base_currency: XAU   | 3 | base_currency: expected an ISO 4217 code of a currency with minor units, such as EUR, got XAU",
        "decline: 0.75         | decline: 75          | 4 | thresholds.decline: expected a number from 0.5 to 1.0, got 75",
        "decline: 0.75         | decline: 0.4         | 4 | thresholds.decline: expected a number from 0.5 to 1.0, got 0.4",
        "step_up: 0.25         | step_up: 0           | 4 | thresholds.step_up: expected a probability above 0, got 0",
        "step_up: 0.25         | stepup: 0.25         | 4 | thresholds.stepup: expected one of the keys step_up, review, decline",
        "approve_lowers: true  | approve_lowers: yes  | 5 | approve_lowers: expected true or false, got yes",
        "outcome: step_up      | outcome: maybe       | 6 | fallback.outcome: expected one of approve, step_up, review, decline, got maybe",
        "probability: 0.5      | probability: 1.5     | 6 | fallback.probability: expected a number from 0.0 to 1.0, got 1.5",
        "alert_from: review    | alert_from: approve  | 7 | alert_from: expected one of step_up, review, decline, got approve",
        "case_window: 24h      | case_window: a day   | 8 | case_window: expected a duration such as 90s, 30m, 24h or 7d, got a day",
        "case_window: 24h      | case_window: 0h      | 8 | case_window: expected a duration such as 90s, 30m, 24h or 7d, got 0h",
        "max_reasons: 5        | max_reasons: 9       | 9 | max_reasons: expected a whole number from 1 to 8, got 9"
      })
  void refusesABrokenFile(String from, String to, int line, String message) {
    assertThat(YAML).contains(from);
    assertThatThrownBy(() -> Policy.read(YAML.replace(from, to), "p.yaml"))
        .isInstanceOf(ArtefactException.class)
        .hasMessageStartingWith("p.yaml:" + line + ": " + message);
  }

  @Test
  void pointsAskAsRulesDo() {
    Hit approve = new Hit("a", "A", Outcome.APPROVE);
    Hit weighs = new Hit("b", "B", null, 60);

    assertThat(LOWERING.decide(0, new Held(List.of(weighs), 60, Outcome.REVIEW), 0).outcome())
        .isEqualTo(Outcome.REVIEW);
    // What only weighs asks for no approval, and what points ask for isn't lowered by one.
    assertThat(LOWERING.decide(0.3, new Held(List.of(weighs), 60, Outcome.APPROVE), 0).outcome())
        .isEqualTo(Outcome.STEP_UP);
    assertThat(
            LOWERING
                .decide(0.3, new Held(List.of(approve, weighs), 60, Outcome.STEP_UP), 0)
                .outcome())
        .isEqualTo(Outcome.STEP_UP);
    assertThat(
            LOWERING
                .decide(0.3, new Held(List.of(approve, weighs), 60, Outcome.APPROVE), 0)
                .outcome())
        .isEqualTo(Outcome.APPROVE);
  }
}
