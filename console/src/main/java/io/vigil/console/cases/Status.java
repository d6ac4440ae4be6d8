package io.vigil.console.cases;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Where a case stands. */
public enum Status {
  /** In a queue. */
  OPEN,
  /** For the customer's answer, until a time at most. */
  WAITING,
  /** Put away until a time. */
  SNOOZED,
  /** A verdict was proposed that a second person must approve. */
  PENDING,
  DECIDED,
  /** Its alerts went to another case. */
  MERGED;

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  @JsonCreator
  public static Status of(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }
}
