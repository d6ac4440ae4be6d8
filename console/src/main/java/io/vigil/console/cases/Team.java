package io.vigil.console.cases;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Whose queue a case is in. */
public enum Team {
  CARDS,
  ONLINE,
  TRANSFERS,
  /** What analysts escalated. */
  LEAD;

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  @JsonCreator
  public static Team of(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }

  /** By the channel of the payment that opened the case, a symbol of the contract. */
  static Team ofChannel(String channel) {
    return switch (channel) {
      case "ECOM", "MOTO" -> ONLINE;
      case "TRANSFER" -> TRANSFERS;
      default -> CARDS;
    };
  }
}
