package io.vigil.cli;

import io.vigil.schema.AlertRaised;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Currency;
import java.util.Locale;
import java.util.StringJoiner;

/** An alert in plain language. */
final class AlertText {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private AlertText() {}

  /** One line: what, who, how much, and the strongest reason. */
  static String line(AlertRaised alert) {
    Transaction transaction = alert.getTransaction();
    return "%s  %s  %s at %s  %s%s"
        .formatted(
            outcome(alert),
            transaction.getAccount(),
            money(transaction.getAmountMinor(), transaction.getCurrency()),
            place(transaction),
            score(alert),
            alert.getReasons().isEmpty() ? "" : "  " + text(alert.getReasons().get(0)));
  }

  /** Several lines: everything a person needs to begin with. */
  static String full(AlertRaised alert) {
    Transaction transaction = alert.getTransaction();
    StringJoiner text = new StringJoiner(System.lineSeparator());
    text.add(
        "%s  %s  expected loss %s%s"
            .formatted(
                outcome(alert),
                score(alert),
                money(alert.getExpectedLossMinor(), alert.getBaseCurrency()),
                alert.getLate() ? "  (arrived late)" : ""));
    text.add(
        "  %s  account %s  %s at %s"
            .formatted(
                TIME.format(Instant.ofEpochMilli(transaction.getEventTime())),
                transaction.getAccount(),
                money(transaction.getAmountMinor(), transaction.getCurrency()),
                place(transaction)));
    if (alert.getReasons().isEmpty()) {
      for (RuleHit hit : alert.getRuleHits()) {
        text.add("  - rule " + hit.getRule() + " (" + hit.getReasonCode() + ")");
      }
    }
    for (Reason reason : alert.getReasons()) {
      text.add("  - " + text(reason));
    }
    text.add(
        "  transaction %s, case %s".formatted(transaction.getTransactionId(), alert.getCaseId()));
    return text.toString();
  }

  private static String text(Reason reason) {
    return speaksAgainst(reason) ? "speaks against: " + reason.getText() : reason.getText();
  }

  /** Whether it lowered the score: the counter-reason. */
  static boolean speaksAgainst(Reason reason) {
    Double contribution = reason.getContribution();
    return contribution != null && contribution < 0;
  }

  private static String outcome(AlertRaised alert) {
    return alert.getOutcome().name().replace('_', ' ');
  }

  private static String score(AlertRaised alert) {
    return Double.isNaN(alert.getScore())
        ? "no score (" + alert.getFallbackCause() + ")"
        : String.format(Locale.ROOT, "score %.3f", alert.getScore());
  }

  private static String place(Transaction transaction) {
    StringJoiner place = new StringJoiner(", ");
    String merchant = transaction.getMerchant();
    String counterparty = transaction.getCounterparty();
    place.add(
        merchant != null
            ? "merchant " + merchant
            : counterparty != null ? "payee " + counterparty : "an unnamed merchant");
    place.add(transaction.getChannel().name().toLowerCase(Locale.ROOT));
    String country = transaction.getCountry();
    if (country != null) {
      place.add(country);
    }
    return place.toString();
  }

  private static String money(long minor, String currency) {
    int digits;
    try {
      digits = Math.max(0, Currency.getInstance(currency).getDefaultFractionDigits());
    } catch (IllegalArgumentException e) {
      return minor + " minor units of " + currency;
    }
    return BigDecimal.valueOf(minor, digits).toPlainString() + " " + currency;
  }
}
