package io.vigil.model.event;

import org.jspecify.annotations.Nullable;

/**
 * The facts of a transaction that specs and rules may name, by the name they use for them.
 *
 * <p>The set is closed: an unknown name in a spec or a rule is an error when it is read, never a
 * look-up at run time. What is not listed here travels in the transaction's attributes.
 */
public enum Field {
  /** Milliseconds since the epoch, as a number. */
  EVENT_TIME("event_time", Type.NUMBER),
  /** Billing amount in major units of the base currency; never missing. */
  AMOUNT("amount", Type.NUMBER),
  /** Merchant category code; NaN when missing. */
  MCC("mcc", Type.NUMBER),
  /** Degrees; NaN when missing. */
  LATITUDE("latitude", Type.NUMBER),
  /** Degrees; NaN when missing. */
  LONGITUDE("longitude", Type.NUMBER),
  TRANSACTION_ID("transaction_id", Type.TEXT),
  ACCOUNT("account", Type.TEXT),
  CARD("card", Type.TEXT),
  MERCHANT("merchant", Type.TEXT),
  TERMINAL("terminal", Type.TEXT),
  DEVICE("device", Type.TEXT),
  IP("ip", Type.TEXT),
  COUNTERPARTY("counterparty", Type.TEXT),
  CUSTOMER("customer", Type.TEXT),
  CURRENCY("currency", Type.TEXT),
  BILLING_CURRENCY("billing_currency", Type.TEXT),
  /** Lower case: pos, ecom, atm, moto, transfer, unknown. */
  CHANNEL("channel", Type.TEXT),
  /** Lower case: chip, contactless, magstripe, manual, on_file, unknown. */
  ENTRY_MODE("entry_mode", Type.TEXT),
  /** ISO 3166-1 alpha-2. */
  COUNTRY("country", Type.TEXT);

  /** What kind of value a field holds. */
  public enum Type {
    NUMBER,
    TEXT
  }

  private final String id;
  private final Type type;

  Field(String id, Type type) {
    this.id = id;
    this.type = type;
  }

  /** The name that specs and rules use. */
  public String id() {
    return id;
  }

  public Type type() {
    return type;
  }

  /** The field of that name, or null when there is none. */
  public static @Nullable Field byId(String id) {
    for (Field field : values()) {
      if (field.id.equals(id)) {
        return field;
      }
    }
    return null;
  }
}
