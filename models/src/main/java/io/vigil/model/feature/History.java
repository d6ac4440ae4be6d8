package io.vigil.model.feature;

import java.util.regex.Pattern;

/**
 * What an entity's history is made of: its transactions, its events of a kind, or its profile.
 *
 * @param source where the records come from
 * @param kind of {@link Source#EVENTS} which ones, in snake_case; empty for the others
 */
public record History(Source source, String kind) implements Comparable<History> {
  /** What a transaction of the entity says of it. */
  public static final History TRANSACTIONS = new History(Source.TRANSACTIONS, "");

  /** What is known of the entity by master data. */
  public static final History PROFILE = new History(Source.PROFILE, "");

  /** Such as payee_changed. */
  public static final Pattern KIND = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  /**
   * The kinds of record. Their order is that of a plan's entities: transactions first, so that what
   * is added of the others leaves the places of those alone.
   */
  public enum Source {
    TRANSACTIONS,
    EVENTS,
    PROFILE
  }

  /**
   * @throws IllegalArgumentException when events lack a kind, or others have one
   */
  public History {
    if (source == Source.EVENTS ? !KIND.matcher(kind).matches() : !kind.isEmpty()) {
      throw new IllegalArgumentException(
          "history: expected a kind in snake_case for events alone, got " + source + " " + kind);
    }
  }

  /** Events of a kind. */
  public static History events(String kind) {
    return new History(Source.EVENTS, kind);
  }

  /** What stands behind an entity's name, {@code payee_changed events}; empty for transactions. */
  String id() {
    return switch (source) {
      case TRANSACTIONS -> "";
      case EVENTS -> kind + " events";
      case PROFILE -> "profile";
    };
  }

  /** What stands before a state key, so that keys of different histories never meet. */
  String keyPrefix() {
    return switch (source) {
      case TRANSACTIONS -> "";
      case EVENTS -> "!" + kind + "!";
      case PROFILE -> "=";
    };
  }

  @Override
  public int compareTo(History other) {
    int order = source.compareTo(other.source);
    return order == 0 ? kind.compareTo(other.kind) : order;
  }
}
