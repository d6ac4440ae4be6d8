package io.vigil.console;

import io.vigil.schema.AlertRaised;
import io.vigil.schema.Channel;
import io.vigil.schema.Digest;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Outcome;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Alerts for tests, each with something of its own. */
public final class Alerts {

  public static final Instant START = Instant.parse("2026-03-02T10:00:00Z");

  private final AlertRaised alert = new AlertRaised();
  private final Transaction transaction = new Transaction();
  private final List<Reason> reasons = new ArrayList<>();

  private Alerts(String id) {
    transaction.setTransactionId("t-" + id);
    transaction.setEventTime(START.toEpochMilli());
    transaction.setAccount("account-" + id);
    transaction.setCustomer("secret-customer-" + id);
    transaction.setAmountMinor(12_000);
    transaction.setCurrency("EUR");
    transaction.setBillingAmountMinor(12_000);
    transaction.setBillingCurrency("EUR");
    transaction.setChannel(Channel.ECOM);
    transaction.setEntryMode(EntryMode.MANUAL);
    transaction.setCountry("DE");
    transaction.setMerchant("merchant-" + id);
    transaction.setAttributes(Map.of());
    alert.setAlertId("alert-" + id);
    alert.setCaseId("stream-" + id);
    alert.setTransaction(transaction);
    alert.setEffectiveTime(START.toEpochMilli());
    alert.setOutcome(Outcome.REVIEW);
    alert.setScore(0.8);
    alert.setExpectedLossMinor(9_600);
    alert.setBaseCurrency("EUR");
    alert.setRuleHits(List.of());
    alert.setModel(new Digest(new byte[32]));
    alert.setRuleSet(new Digest(new byte[32]));
    alert.setPolicy(new Digest(new byte[32]));
  }

  /** An alert of its own account at its own merchant. */
  public static Alerts alert(String id) {
    return new Alerts(id);
  }

  public Alerts account(String account) {
    transaction.setAccount(account);
    return this;
  }

  public Alerts device(String device) {
    transaction.setDevice(device);
    return this;
  }

  public Alerts card(String card) {
    transaction.setCard(card);
    return this;
  }

  public Alerts merchant(String merchant) {
    transaction.setMerchant(merchant);
    return this;
  }

  public Alerts at(Instant time) {
    transaction.setEventTime(time.toEpochMilli());
    alert.setEffectiveTime(time.toEpochMilli());
    return this;
  }

  /** Amount in EUR cents, and the expected loss that goes with a score of 0.8. */
  public Alerts amount(long minor) {
    transaction.setAmountMinor(minor);
    transaction.setBillingAmountMinor(minor);
    alert.setExpectedLossMinor(Math.round(minor * alert.getScore()));
    return this;
  }

  public Alerts score(double score) {
    alert.setScore(score);
    alert.setExpectedLossMinor(Math.round(transaction.getBillingAmountMinor() * score));
    return this;
  }

  public Alerts channel(Channel channel) {
    transaction.setChannel(channel);
    return this;
  }

  public Alerts reason(String code, String text) {
    reasons.add(new Reason(code, text, 5.0, 1.0, 1.2));
    return this;
  }

  public Alerts against(String code, String text) {
    reasons.add(new Reason(code, text, 1.0, 2.0, -0.4));
    return this;
  }

  public Alerts rule(String rule, String code) {
    List<RuleHit> hits = new ArrayList<>(alert.getRuleHits());
    hits.add(new RuleHit(rule, code, Outcome.REVIEW, 0));
    alert.setRuleHits(hits);
    return this;
  }

  public AlertRaised build() {
    alert.setReasons(
        reasons.isEmpty()
            ? List.of(new Reason("VELOCITY", "9 payments in 10 min", 9.0, 1.0, 2.0))
            : reasons);
    return alert;
  }

  public byte[] bytes() {
    return Codec.of(AlertRaised.class).encode(build());
  }
}
