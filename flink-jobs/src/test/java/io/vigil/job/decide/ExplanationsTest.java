package io.vigil.job.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.feature.FactsReader;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Outcome;
import io.vigil.model.policy.Rates;
import io.vigil.model.reason.ReasonCodes;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.Explainer;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import io.vigil.schema.Reason;
import io.vigil.schema.Transaction;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExplanationsTest {
  private static final FeatureSpec SPEC =
      FeatureSpec.read(
          """
          name: test
          version: 1
          features:
          - {name: tx_amount, expression: amount}
          - {name: count_10m, entity: account, aggregate: count, window: 10m}
          - {name: count_1h, entity: account, aggregate: count, window: 1h}
          - {name: online, expression: channel == "ecom"}
          - {name: seen, entity: account, aggregate: seen, of: device, window: 30d}
          - {name: speed, entity: card, aggregate: geo_speed}
          """,
          "test");
  private static final List<String> NAMES =
      List.of("tx_amount", "count_10m", "count_1h", "online", "seen", "speed");
  private static final RuleSet RULES =
      RuleSet.read(
          """
          name: test
          version: 1
          rules:
            - {id: high, when: amount > 10, outcome: review, reason: HIGH, text: "{amount:0} is high."}
            - {id: many, when: count_10m > 3, outcome: review, reason: MANY, text: "Many."}
          """,
          "test",
          NAMES);
  private static final List<Hit> NO_HITS = List.of();
  private static final float[] FEATURES = {77, 4, 6, 1, 3, 2};
  private static final double[] VALUES = {77, 4, 6, 1, 3, 2};

  @Test
  void namesTheStrongestCausesAndLastTheOneAgainst() {
    List<Reason> reasons =
        explanations(4).reasons(facts(), Double.NaN, VALUES, NO_HITS, explained());
    // Averages over orders: exact but for the last bits.
    reasons.forEach(
        reason -> reason.setContribution((double) reason.getContribution().floatValue()));
    assertThat(reasons)
        .containsExactly(
            new Reason(
                "VELOCITY",
                "4 payments of this account in 10 min, 0.40 on average in the rest of 1 h",
                4.0,
                0.0,
                10.0),
            new Reason("AMOUNT_UNUSUAL", "amount 77.00, usually 0.00", 77.0, 0.0, 9.625),
            new Reason("UNUSUAL_PLACE", "no card given", 2.0, 0.0, 2.0),
            new Reason("NEW_DEVICE", "no device given", 3.0, 0.0, -6.0));
  }

  @Test
  void whatSpeaksAgainstTakesThePlaceOfTheWeakest() {
    assertThat(codes(5, NO_HITS, true))
        .containsExactly("VELOCITY", "AMOUNT_UNUSUAL", "UNUSUAL_PLACE", "CHANNEL", "NEW_DEVICE");
    assertThat(codes(2, NO_HITS, true)).containsExactly("VELOCITY", "NEW_DEVICE");
    assertThat(codes(1, NO_HITS, true)).containsExactly("VELOCITY");
  }

  @Test
  void rulesComeFirst() {
    List<Hit> hits =
        List.of(new Hit("high", "HIGH", Outcome.REVIEW), new Hit("many", "MANY", Outcome.REVIEW));
    assertThat(codes(4, hits, true)).containsExactly("HIGH", "MANY", "VELOCITY", "NEW_DEVICE");
    assertThat(codes(2, hits, true)).containsExactly("HIGH", "NEW_DEVICE");
    assertThat(codes(2, hits, false)).containsExactly("HIGH", "MANY");
    assertThat(explanations(1).reasons(facts(), Double.NaN, VALUES, hits, null))
        .containsExactly(new Reason("HIGH", "77 is high.", null, null, null));
  }

  private static List<String> codes(int max, List<Hit> hits, boolean scored) {
    return explanations(max)
        .reasons(facts(), Double.NaN, VALUES, hits, scored ? explained() : null)
        .stream()
        .map(Reason::getCode)
        .toList();
  }

  private static Explanations explanations(int max) {
    return new Explanations(RULES, SPEC, max);
  }

  private static Explainer.Explanation explained() {
    List<ModelInput> inputs = NAMES.stream().map(name -> new ModelInput(name, 0, null)).toList();
    ScoringModel model = new ScoringModel(inputs, new Calibration(1, 0), new Linear(), NAMES);
    return new Explainer(model, ReasonCodes.of(SPEC)).explain(FEATURES);
  }

  private static Facts facts() {
    return new FactsReader(Rates.builtIn())
        .read(
            Transaction.newBuilder()
                .setTransactionId("t")
                .setEventTime(1_768_360_364_000L)
                .setAccount("a")
                .setAmountMinor(7_700)
                .setCurrency("EUR")
                .setBillingAmountMinor(7_700)
                .setBillingCurrency("EUR")
                .build());
  }

  /** Weights that are sums of powers of two, so that every contribution is exact. */
  private static final class Linear implements Scorer {
    private static final float[] WEIGHTS = {0.125f, 1.75f, 0.5f, 0.5f, -2, 1};

    @Override
    public int width() {
      return WEIGHTS.length;
    }

    @Override
    public void score(float[] inputs, int rows, float[] logits) {
      for (int row = 0; row < rows; row++) {
        logits[row] = 0;
        for (int i = 0; i < WEIGHTS.length; i++) {
          logits[row] += WEIGHTS[i] * inputs[row * WEIGHTS.length + i];
        }
      }
    }

    @Override
    public String engineClass() {
      return "linear/1";
    }

    @Override
    public void close() {}
  }
}
