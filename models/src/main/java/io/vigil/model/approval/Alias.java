package io.vigil.model.approval;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The part that an artefact plays once it is in force. */
public enum Alias {
  /** Decides. */
  CHAMPION,
  /** A canary: decides for its share of the accounts. */
  CHALLENGER,
  /** Is computed beside the others and decides nothing. */
  SHADOW;

  /** Its name in files, such as {@code champion}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All of them by their names in files, in the order of this type. */
  public static Map<String, Alias> byId() {
    Map<String, Alias> byId = new LinkedHashMap<>();
    for (Alias alias : values()) {
      byId.put(alias.id(), alias);
    }
    return Collections.unmodifiableMap(byId);
  }
}
