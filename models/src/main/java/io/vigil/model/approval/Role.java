package io.vigil.model.approval;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What a person may sign for. */
public enum Role {
  /** Proposes a change. */
  AUTHOR,
  /** Looks at what another person proposes, and agrees. */
  APPROVER,
  /** Is on duty: may break the glass. */
  OPERATOR;

  /** Its name in files, such as {@code author}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All of them by their names in files, in the order of this type. */
  public static Map<String, Role> byId() {
    Map<String, Role> byId = new LinkedHashMap<>();
    for (Role role : values()) {
      byId.put(role.id(), role);
    }
    return Collections.unmodifiableMap(byId);
  }
}
