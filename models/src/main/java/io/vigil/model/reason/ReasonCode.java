package io.vigil.model.reason;

/**
 * What a score may have been moved by. The set is closed, and a code never changes its meaning;
 * docs/reasons.md tells people what each one means. Customers are accounts, cards and those who
 * hold them; devices include addresses.
 */
public enum ReasonCode {
  /** The amount, and what the amounts before it were. */
  AMOUNT_UNUSUAL,
  /** How often and at how many places the customer pays. */
  VELOCITY,
  /** How much happens at the merchant or terminal. */
  MERCHANT_ACTIVITY,
  /** How much happens on the device. */
  DEVICE_ACTIVITY,
  /** How much the payee is paid. */
  PAYEE_ACTIVITY,
  /** How new the customer is. */
  NEW_CUSTOMER,
  /** How well the device is known, above all to the customer. */
  NEW_DEVICE,
  /** How well the merchant or terminal is known, above all to the customer. */
  NEW_MERCHANT,
  /** How well the payee is known, above all to the customer. */
  NEW_PAYEE,
  /** How many customers share the device. */
  SHARED_DEVICE,
  /** How many customers or devices pay the payee. */
  SHARED_PAYEE,
  /** Frauds reported of the customer. */
  CUSTOMER_RISK,
  /** Frauds reported of the device. */
  DEVICE_RISK,
  /** Frauds reported of the merchant. */
  MERCHANT_RISK,
  /** Frauds reported of the terminal. */
  TERMINAL_RISK,
  /** Frauds reported of the payee. */
  PAYEE_RISK,
  /** Where the payment was made, against where others were. */
  UNUSUAL_PLACE,
  /** When the payment was made. */
  UNUSUAL_TIME,
  /** The channel: shop, web shop, cash machine, transfer. */
  CHANNEL,
  /** How the card was read. */
  ENTRY_MODE,
  /** What kind of merchant it is. */
  MERCHANT_KIND,
  /** The currency. */
  CURRENCY,
  /** What happened around the payment: a login, a device bound, a password or a payee changed. */
  ACCOUNT_CHANGE,
  /** What master data say of the customer, the merchant and so on. */
  PROFILE,
  /** Nothing of the above. */
  OTHER
}
