package io.vigil.model.policy;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What is asked for, in order from mild to strict. The order is part of the decision. */
public enum Outcome {
  APPROVE,
  STEP_UP,
  REVIEW,
  DECLINE;

  /** The name that files use: lower case. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The stricter of the two. */
  public Outcome orStricter(Outcome other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /** Outcomes from {@code mildest} on by their ids, from mild to strict. */
  public static Map<String, Outcome> byId(Outcome mildest) {
    Map<String, Outcome> byId = new LinkedHashMap<>();
    for (Outcome outcome : values()) {
      if (outcome.compareTo(mildest) >= 0) {
        byId.put(outcome.id(), outcome);
      }
    }
    return byId;
  }
}
