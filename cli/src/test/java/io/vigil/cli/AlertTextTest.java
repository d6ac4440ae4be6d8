package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.AlertRaised;
import io.vigil.schema.Channel;
import io.vigil.schema.Digest;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Outcome;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AlertTextTest {

  @Test
  void saysWhoWhatWhenAndWhy() {
    assertThat(AlertText.full(alert()).lines())
        .containsExactly(
            "STEP UP  score 0.913  expected loss 411.07 EUR",
            "  2026-01-14 03:12:44 UTC  account a17  450.25 EUR at merchant m9, ecom, DE",
            "  - Four times what this account usually spends",
            "  - speaks against: this device seen 40 times before",
            "  transaction t5, case c1");
    assertThat(AlertText.line(alert()))
        .isEqualTo(
            "STEP UP  a17  450.25 EUR at merchant m9, ecom, DE  score 0.913"
                + "  Four times what this account usually spends");
  }

  @Test
  void namesTheRulesWhenTheModelDidNotScore() {
    AlertRaised alert = alert();
    alert.setScore(Double.NaN);
    alert.setFallbackCause("deadline");
    alert.setReasons(List.of());
    alert.setRuleHits(List.of(new RuleHit("burst", "MANY_PAYMENTS", Outcome.REVIEW, 0)));
    alert.setLate(true);
    alert.getTransaction().setMerchant(null);
    alert.getTransaction().setCurrency("JPY");
    alert.getTransaction().setCountry(null);
    assertThat(AlertText.full(alert).lines())
        .containsExactly(
            "STEP UP  no score (deadline)  expected loss 411.07 EUR  (arrived late)",
            "  2026-01-14 03:12:44 UTC  account a17  45025 JPY at an unnamed merchant, ecom",
            "  - rule burst (MANY_PAYMENTS)",
            "  transaction t5, case c1");
  }

  private static AlertRaised alert() {
    Transaction transaction =
        new Transaction(
            "t5",
            1_768_360_364_000L,
            "a17",
            null,
            null,
            "m9",
            null,
            null,
            null,
            null,
            45_025L,
            "EUR",
            45_025L,
            "EUR",
            null,
            Channel.ECOM,
            EntryMode.UNKNOWN,
            "DE",
            null,
            null,
            Map.of(),
            null,
            null,
            null);
    return new AlertRaised(
        "alert-1",
        "c1",
        transaction,
        1_768_360_364_000L,
        false,
        Outcome.STEP_UP,
        0.913,
        41_107L,
        "EUR",
        List.of(),
        List.of(
            new Reason(
                "AMOUNT_UNUSUAL", "Four times what this account usually spends", 4.0, 1.0, 2.0),
            new Reason("NEW_DEVICE", "this device seen 40 times before", 40.0, 3.3, -0.5)),
        new Digest(new byte[32]),
        new Digest(new byte[32]),
        new Digest(new byte[32]),
        null);
  }
}
