package io.vigil.job.feature;

import io.vigil.model.event.Facts;
import io.vigil.model.policy.Rates;
import io.vigil.schema.Transaction;
import java.util.Currency;

/** Looks at transactions as features and rules do, with amounts in the base currency. Immutable. */
public final class FactsReader {
  private final Rates rates;
  private final double minorPerMajor;

  public FactsReader(Rates rates) {
    this.rates = rates;
    this.minorPerMajor =
        StrictMath.pow(10, Currency.getInstance(rates.base()).getDefaultFractionDigits());
  }

  /** Whether the transaction's billing amount can be converted. */
  public boolean converts(Transaction transaction) {
    return rates.knows(transaction.getBillingCurrency(), transaction.getEventTime());
  }

  /** The transaction's facts; its billing amount must convert. */
  public Facts read(Transaction transaction) {
    return new TransactionFacts(
        transaction,
        rates.toBaseMinor(
            transaction.getBillingAmountMinor(),
            transaction.getBillingCurrency(),
            transaction.getEventTime()),
        minorPerMajor);
  }
}
