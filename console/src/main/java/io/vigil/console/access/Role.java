package io.vigil.console.access;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a person is here for. */
public enum Role {
  /** Decides cases. */
  ANALYST,
  /** Decides cases, reopens decided ones, manages people, sees the figures. */
  LEAD,
  /** Reads cases and figures. */
  ENGINEER,
  /** Reads cases, figures, and who read what. */
  AUDITOR;

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @throws IllegalArgumentException for any other name
   */
  @JsonCreator
  public static Role of(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }
}
