package io.vigil.cli.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The fields of a transaction that a mapping can fill. */
enum Target {
  TRANSACTION_ID,
  EVENT_TIME,
  ACCOUNT,
  CARD,
  CARD_REFERENCE,
  MERCHANT,
  TERMINAL,
  DEVICE,
  IP,
  COUNTERPARTY,
  CUSTOMER,
  AMOUNT,
  CURRENCY,
  BILLING_AMOUNT,
  BILLING_CURRENCY,
  MCC,
  CHANNEL,
  ENTRY_MODE,
  COUNTRY,
  LATITUDE,
  LONGITUDE;

  /** The name that mappings use. */
  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  static @Nullable Target byId(String id) {
    for (Target target : values()) {
      if (target.id().equals(id)) {
        return target;
      }
    }
    return null;
  }

  static List<String> ids() {
    List<String> ids = new ArrayList<>();
    for (Target target : values()) {
      ids.add(target.id());
    }
    return ids;
  }
}
