package io.vigil.cli.ingest;

import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Transaction;

/** Labels of transactions at hand. */
public final class Labels {
  private Labels() {}

  /**
   * A label with what it repeats of its transaction.
   *
   * @param id of the label
   * @param timeMs when it became known
   */
  public static Label about(
      Transaction transaction, String id, LabelValue value, LabelSource source, long timeMs) {
    Label label = new Label();
    label.setLabelId(id);
    label.setTransactionId(transaction.getTransactionId());
    label.setTransactionTime(transaction.getEventTime());
    label.setAccount(transaction.getAccount());
    label.setCard(transaction.getCard());
    label.setMerchant(transaction.getMerchant());
    label.setTerminal(transaction.getTerminal());
    label.setDevice(transaction.getDevice());
    label.setIp(transaction.getIp());
    label.setCounterparty(transaction.getCounterparty());
    label.setCustomer(transaction.getCustomer());
    label.setNextTokens(transaction.getNextTokens());
    label.setValue(value);
    label.setSource(source);
    label.setLabelTime(timeMs);
    return label;
  }
}
