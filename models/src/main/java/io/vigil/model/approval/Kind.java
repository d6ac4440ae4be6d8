package io.vigil.model.approval;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What kind of artefact, as the contract's ArtefactKind. */
public enum Kind {
  FEATURE_SPEC,
  MODEL,
  RULE_SET,
  POLICY,
  RATES,
  LIST;

  /** Its name in files, such as {@code rule_set}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All of them by their names in files, in the order of this type. */
  public static Map<String, Kind> byId() {
    Map<String, Kind> byId = new LinkedHashMap<>();
    for (Kind kind : values()) {
      byId.put(kind.id(), kind);
    }
    return Collections.unmodifiableMap(byId);
  }
}
