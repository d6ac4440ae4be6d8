package io.vigil.model.feature;

import org.jspecify.annotations.Nullable;

/** How the events of an entity become one number. The set is closed. */
public enum Aggregate {
  /** Number of events, or of fraud labels, in the window. */
  COUNT("count", Of.NOTHING_OR_LABEL, true),
  /** Sum over the window, major units. */
  SUM("sum", Of.AMOUNT, true),
  /** Mean over the window, major units. */
  MEAN("mean", Of.AMOUNT, true),
  /** Sample standard deviation (n - 1) over the window, major units. */
  STD("std", Of.AMOUNT, true),
  /** Smallest value in the window, major units. */
  MIN("min", Of.AMOUNT, true),
  /** Greatest value in the window, major units. */
  MAX("max", Of.AMOUNT, true),
  /** The value at a rank of the window's newest 1,024 events, major units. */
  QUANTILE("quantile", Of.AMOUNT, true),
  /** Number of different texts in the window. */
  DISTINCT("distinct", Of.TEXT, true),
  /** Number of earlier events in the window with the current event's text. */
  SEEN("seen", Of.TEXT, true),
  /** Part of the earlier events in the window that have the current event's text, 0 to 1. */
  FREQUENCY("frequency", Of.TEXT, true),
  /** Events labelled fraud divided by events in the window, 0 to 1. */
  RATE("rate", Of.FRAUD_LABEL, true),
  /** Part of the window's events for which the condition holds, 0 to 1. */
  SHARE("share", Of.NOTHING, true),
  /** Amount of an earlier event (major units), the bucket of its text, or whether it met where. */
  LAST("last", Of.AMOUNT_OR_CODE_OR_NOTHING, false),
  /** Seconds from an earlier event to the one after it, which is the current one by default. */
  ELAPSED("elapsed", Of.NOTHING, false),
  /** Seconds since the first event of the entity. */
  FIRST_SEEN("first_seen", Of.NOTHING, false),
  /** How many of the newest events up to the current one the condition held for without a break. */
  STREAK("streak", Of.NOTHING, false),
  /** Number of events, each halved in weight with every half-life. */
  DECAYED_COUNT("decayed_count", Of.NOTHING, false),
  /** Sum of amounts, each halved in weight with every half-life, major units. */
  DECAYED_SUM("decayed_sum", Of.AMOUNT, false),
  /** Kilometres from the entity's previous position. */
  GEO_DISTANCE("geo_distance", Of.NOTHING, false),
  /** Kilometres per hour from the entity's previous position. */
  GEO_SPEED("geo_speed", Of.NOTHING, false);

  /** What the {@code of} key of an aggregate may name. */
  public enum Of {
    /** The key must be left out. */
    NOTHING,
    /** Left out, or the word {@code fraud_label}. */
    NOTHING_OR_LABEL,
    /** The field {@code amount}. */
    AMOUNT,
    /** A text field other than the transaction's id. */
    TEXT,
    /** The field {@code amount}; one that {@link Codes} has; left out beside a condition. */
    AMOUNT_OR_CODE_OR_NOTHING,
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
