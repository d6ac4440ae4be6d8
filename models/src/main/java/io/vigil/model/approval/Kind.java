package io.vigil.model.approval;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What kind of artefact, as the contract's ArtefactKind. */
public enum Kind {
  FEATURE_SPEC,
  MODEL,
  RULE_SET,
  POLICY,
  RATES,
  LIST;

  private static final Map<String, Kind> BY_ID = new TreeMap<>();

  static {
    for (Kind kind : values()) {
      BY_ID.put(kind.id(), kind);
    }
  }

  /** Its name in files, such as {@code rule_set}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All kinds by their names in files. */
  public static Map<String, Kind> byId() {
    return Map.copyOf(BY_ID);
  }
}
