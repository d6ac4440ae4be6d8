package io.vigil.console.cases;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a person found a case to be. */
public enum Verdict {
  FRAUD,
  GENUINE,
  /** Nothing is said to the stream. */
  UNCLEAR;

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  @JsonCreator
  public static Verdict of(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }
}
