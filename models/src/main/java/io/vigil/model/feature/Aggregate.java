package io.vigil.model.feature;

import org.jspecify.annotations.Nullable;

/** How the events of an entity become one number. The set is closed. */
public enum Aggregate {
  /** Number of events in the window. */
  COUNT("count", Of.NOTHING, true),
  /** Sum over the window, major units. */
  SUM("sum", Of.AMOUNT, true),
  /** Mean over the window, major units. */
  MEAN("mean", Of.AMOUNT, true),
  /** Smallest value in the window, major units. */
  MIN("min", Of.AMOUNT, true),
  /** Greatest value in the window, major units. */
  MAX("max", Of.AMOUNT, true),
  /** Number of different texts in the window. */
  DISTINCT("distinct", Of.TEXT, true),
  /** Number of earlier events in the window with the current event's text. */
  SEEN("seen", Of.TEXT, true),
  /** Events labelled fraud divided by events in the window, 0 to 1. */
  RATE("rate", Of.FRAUD_LABEL, true),
  /** Seconds since the entity's previous event. */
  ELAPSED("elapsed", Of.NOTHING, false),
  /** Kilometres per hour from the entity's previous position. */
  GEO_SPEED("geo_speed", Of.NOTHING, false);

  /** What the {@code of} key of an aggregate may name. */
  public enum Of {
    /** The key must be left out. */
    NOTHING,
    /** The field {@code amount}. */
    AMOUNT,
    /** A text field other than the transaction's id. */
    TEXT,
    /** The word {@code fraud_label}. */
    FRAUD_LABEL
  }

  private final String id;
  private final Of of;
  private final boolean windowed;

  Aggregate(String id, Of of, boolean windowed) {
    this.id = id;
    this.of = of;
    this.windowed = windowed;
  }

  /** The name that specs use. */
  public String id() {
    return id;
  }

  public Of of() {
    return of;
  }

  /** Whether it is taken over a window; the others look at the previous event, however old. */
  public boolean windowed() {
    return windowed;
  }

  /** The aggregate of that name, or null when there is none. */
  public static @Nullable Aggregate byId(String id) {
    for (Aggregate aggregate : values()) {
      if (aggregate.id.equals(id)) {
        return aggregate;
      }
    }
    return null;
  }
}
