package io.vigil.console;

import io.vigil.schema.AlertRaised;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import java.util.List;
import java.util.Map;

/** Text that strangers may put into a payment, to see what it does on its way to an analyst. */
final class Hostile {

  static final String MARKUP =
      "<script>window.pwned=1</script><img src=x onerror=\"window.pwned=1\">";
  static final String TURNED = "\u2069\u202Eevil\u202C\u0000";
  static final String STATEMENT = "'); drop table alert cascade; --";
  static final String FORMULA = "=HYPERLINK(\"http://evil.example\",\"open\")";

  private Hostile() {}

  /** The alert with this text in every field that takes any. */
  static AlertRaised everywhere(AlertRaised alert, String text) {
    Transaction transaction = alert.getTransaction();
    transaction.setTransactionId(transaction.getTransactionId() + text);
    transaction.setAccount(transaction.getAccount() + text);
    transaction.setCard(text);
    transaction.setCardReference(text);
    transaction.setMerchant(text);
    transaction.setTerminal(text);
    transaction.setDevice(text);
    transaction.setIp(text);
    transaction.setCounterparty(text);
    transaction.setCustomer(text);
    transaction.setCurrency(text);
    transaction.setCountry(text);
    transaction.setAttributes(Map.of(text, text));
    alert.setAlertId(alert.getAlertId() + text);
    alert.setFallbackCause(text);
    alert.setReasons(
        List.of(
            new Reason("VELOCITY", text, 5.0, 1.0, 1.2),
            new Reason(text, text, 5.0, 1.0, 1.2),
            new Reason("NEW_DEVICE", text, 1.0, 2.0, -0.4)));
    alert.setRuleHits(List.of(new RuleHit(text, text, alert.getOutcome(), 0)));
    return alert;
  }
}
