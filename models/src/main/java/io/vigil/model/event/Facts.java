package io.vigil.model.event;

import org.jspecify.annotations.Nullable;

/**
 * The facts of one transaction, as features and rules read them. Adapters implement it over their
 * own record, so that nothing is copied. Implementations need not be thread-safe.
 */
public interface Facts {

  /** When the payment was attempted, milliseconds since the epoch. */
  long eventTimeMs();

  /** Billing amount in minor units of the base currency, 0 to 10^12. */
  long amountMinor();

  /** The value of a text field, or null when missing. Throws for a number field. */
  @Nullable String text(Field field);

  /** The value of a number field, NaN when missing. Throws for a text field. */
  double number(Field field);

  /** The attribute of that key, or null when missing. */
  @Nullable String attribute(String key);
}
