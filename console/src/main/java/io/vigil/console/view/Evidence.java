package io.vigil.console.view;

import java.util.Map;

/** Of which entity a reason speaks: whose rows are the evidence. Stateless. */
final class Evidence {

  /** Codes that are not here speak of the account. */
  private static final Map<String, String> ENTITIES =
      Map.ofEntries(
          Map.entry("DEVICE_ACTIVITY", "device"),
          Map.entry("SHARED_DEVICE", "device"),
          Map.entry("DEVICE_SHARED", "device"),
          Map.entry("DEVICE_RISK", "device"),
          Map.entry("MERCHANT_ACTIVITY", "merchant"),
          Map.entry("MERCHANT_RISK", "merchant"),
          Map.entry("TERMINAL_RISK", "terminal"),
          Map.entry("TERMINAL_COMPROMISED", "terminal"),
          Map.entry("PAYEE_ACTIVITY", "counterparty"),
          Map.entry("SHARED_PAYEE", "counterparty"),
          Map.entry("PAYEE_RISK", "counterparty"),
          Map.entry("MULE_ACCOUNT", "counterparty"));

  private Evidence() {}

  /** Name of a column of `decision`. */
  static String entity(String reasonCode) {
    return ENTITIES.getOrDefault(reasonCode, "account");
  }
}
