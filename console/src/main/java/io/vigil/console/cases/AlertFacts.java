package io.vigil.console.cases;

import io.vigil.console.store.Columns;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a case needs to know of an alert.
 *
 * @param kind code of the strongest reason; {@code OTHER} when the alert has none
 * @param reason the strongest reason in words
 * @param codes of all its reasons but those that speak against fraud, and of its rules
 * @param amountMinor in the base currency: the billing amount where that is its currency, else what
 *     follows from expected loss and score, 0 when neither is known
 * @param score 0 to 1; null when no model scored
 */
public record AlertFacts(
    String alertId,
    String transactionId,
    Instant eventTime,
    String account,
    @Nullable String card,
    @Nullable String device,
    @Nullable String merchant,
    @Nullable String terminal,
    @Nullable String counterparty,
    String channel,
    @Nullable String country,
    String kind,
    @Nullable String reason,
    List<String> codes,
    String outcome,
    long amountMinor,
    long expectedLossMinor,
    String baseCurrency,
    @Nullable Double score,
    String model,
    String ruleSet,
    String policy,
    List<String> rules) {

  private static final String NO_REASON = "OTHER";

  public AlertFacts {
    codes = List.copyOf(codes);
    rules = List.copyOf(rules);
  }

  /** The facts of a record of the case topic. */
  public static AlertFacts of(AlertRaised alert) {
    Transaction transaction = alert.getTransaction();
    Double score = Double.isNaN(alert.getScore()) ? null : alert.getScore();
    String kind = null;
    String reason = null;
    Set<String> codes = new LinkedHashSet<>();
    for (Reason each : alert.getReasons()) {
      Double contribution = each.getContribution();
      if (contribution == null || contribution >= 0) {
        codes.add(Columns.clean(each.getCode()));
        if (kind == null) {
          kind = Columns.clean(each.getCode());
          reason = Columns.clean(each.getText());
        }
      }
    }
    for (RuleHit hit : alert.getRuleHits()) {
      codes.add(Columns.clean(hit.getReasonCode()));
      kind = kind == null ? Columns.clean(hit.getReasonCode()) : kind;
    }
    return new AlertFacts(
        Columns.clean(alert.getAlertId()),
        Columns.clean(transaction.getTransactionId()),
        Instant.ofEpochMilli(transaction.getEventTime()),
        Columns.clean(transaction.getAccount()),
        Columns.cleanOrNull(transaction.getCard()),
        Columns.cleanOrNull(transaction.getDevice()),
        Columns.cleanOrNull(transaction.getMerchant()),
        Columns.cleanOrNull(transaction.getTerminal()),
        Columns.cleanOrNull(transaction.getCounterparty()),
        transaction.getChannel().name(),
        Columns.cleanOrNull(transaction.getCountry()),
        kind == null ? NO_REASON : kind,
        reason,
        List.copyOf(codes),
        alert.getOutcome().name(),
        amount(transaction, alert, score),
        alert.getExpectedLossMinor(),
        alert.getBaseCurrency(),
        score,
        HexFormat.of().formatHex(alert.getModel().bytes()),
        HexFormat.of().formatHex(alert.getRuleSet().bytes()),
        HexFormat.of().formatHex(alert.getPolicy().bytes()),
        alert.getRuleHits().stream().map(hit -> Columns.clean(hit.getRule())).toList());
  }

  /** The console has no exchange rates, but the expected loss was reckoned with them. */
  private static long amount(Transaction transaction, AlertRaised alert, @Nullable Double score) {
    if (transaction.getBillingCurrency().equals(alert.getBaseCurrency())) {
      return transaction.getBillingAmountMinor();
    }
    return score == null || score <= 0 ? 0 : Math.round(alert.getExpectedLossMinor() / score);
  }

  /** Whom the money went to: the merchant, or else the counterparty. */
  @Nullable String party() {
    return merchant != null ? merchant : counterparty;
  }
}
