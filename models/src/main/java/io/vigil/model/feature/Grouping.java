package io.vigil.model.feature;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Facts;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Whose history a feature looks at: one entity, or a pair of them, such as an account at a
 * merchant; what the history is made of, and whether it is kept apart.
 *
 * @param first the entity, or the first of the pair
 * @param second null for one entity; comes after the first in the order of {@link Entity}
 * @param history of what; a profile is of one entity
 * @param backfill {@link Backfill#NONE} for the state that all others share
 */
public record Grouping(Entity first, @Nullable Entity second, History history, Backfill backfill)
    implements Comparable<Grouping> {

  /** Of the state that is not kept apart. */
  public Grouping(Entity first, @Nullable Entity second, History history) {
    this(first, second, history, Backfill.NONE);
  }

  public Grouping {
    if (second != null && second.compareTo(first) <= 0) {
      throw new IllegalArgumentException(
          "pair: expected two entities in the order of Entity, got " + first + ", " + second);
    }
    if (second != null && history.equals(History.PROFILE)) {
      throw new IllegalArgumentException(
          "profile: expected one entity, got " + first + ", " + second);
    }
  }

  public static Grouping of(Entity entity) {
    return new Grouping(entity, null, History.TRANSACTIONS);
  }

  /** The pair, in whichever order it is named. */
  public static Grouping of(Entity one, Entity other) {
    return one.compareTo(other) < 0
        ? new Grouping(one, other, History.TRANSACTIONS)
        : new Grouping(other, one, History.TRANSACTIONS);
  }

  /** The same entities, by another history. */
  public Grouping by(History other) {
    return new Grouping(first, second, other, backfill);
  }

  /** The same history, kept apart or not. */
  public Grouping by(Backfill other) {
    return new Grouping(first, second, history, other);
  }

  /**
   * The entities' names, {@code account} or {@code account x merchant}, and behind them what the
   * history is of when it is not of transactions: {@code account, payee_changed events}.
   */
  public String id() {
    String names = names();
    return history.equals(History.TRANSACTIONS) ? names : names + ", " + history.id();
  }

  /** The entities' names alone. */
  public String names() {
    return second == null ? first.field().id() : first.field().id() + " x " + second.field().id();
  }

  /** The key of the state that a transaction's event goes to, null when it lacks an entity. */
  public @Nullable String key(Facts facts) {
    return key(entity -> facts.text(entity.field()));
  }

  /**
   * The key of the state. Keys of different groupings never meet: a pair begins with a capital
   * letter, an entity with a small one, and what is not of transactions, or kept apart, with
   * neither; and the length of a pair's first id says where it ends.
   *
   * @param ids the id of an entity, or null when there is none
   * @return null when an id is missing
   */
  public @Nullable String key(Function<Entity, @Nullable String> ids) {
    String one = ids.apply(first);
    if (one == null) {
      return null;
    }
    String prefix = backfill.keyPrefix() + history.keyPrefix();
    if (second == null) {
      return prefix + first.code() + one;
    }
    String other = ids.apply(second);
    return other == null
        ? null
        : prefix
            + Character.toUpperCase(first.code())
            + second.code()
            + one.length()
            + ":"
            + one
            + other;
  }

  /** The entities, one or two. */
  public List<Entity> entities() {
    List<Entity> all = new ArrayList<>(List.of(first));
    if (second != null) {
      all.add(second);
    }
    return all;
  }

  @Override
  public int compareTo(Grouping other) {
    // What is kept apart comes last, so that what is added of it leaves the places of the others.
    int order = backfill.compareTo(other.backfill);
    if (order == 0) {
      order = history.compareTo(other.history);
    }
    if (order == 0) {
      order = first.compareTo(other.first);
    }
    if (order != 0) {
      return order;
    }
    return Integer.compare(
        second == null ? -1 : second.ordinal(), other.second == null ? -1 : other.second.ordinal());
  }
}
