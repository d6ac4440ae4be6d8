package io.vigil.model.feature;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Facts;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Whose history a feature looks at: one entity, or a pair of them, such as an account at a
 * merchant.
 *
 * @param first the entity, or the first of the pair
 * @param second null for one entity; comes after the first in the order of {@link Entity}
 */
public record Grouping(Entity first, @Nullable Entity second) implements Comparable<Grouping> {

  public Grouping {
    if (second != null && second.compareTo(first) <= 0) {
      throw new IllegalArgumentException(
          "pair: expected two entities in the order of Entity, got " + first + ", " + second);
    }
  }

  public static Grouping of(Entity entity) {
    return new Grouping(entity, null);
  }

  /** The pair, in whichever order it is named. */
  public static Grouping of(Entity one, Entity other) {
    return one.compareTo(other) < 0 ? new Grouping(one, other) : new Grouping(other, one);
  }

  /** The entities' names, {@code account} or {@code account x merchant}. */
  public String id() {
    return second == null ? first.field().id() : first.field().id() + " x " + second.field().id();
  }

  /** The key of the state that a transaction's event goes to, null when it lacks an entity. */
  public @Nullable String key(Facts facts) {
    return key(entity -> facts.text(entity.field()));
  }

  /**
   * The key of the state. Keys of different groupings never meet: a pair begins with a capital
   * letter, an entity with a small one; and the length of a pair's first id says where it ends.
   *
   * @param ids the id of an entity, or null when there is none
   * @return null when an id is missing
   */
  public @Nullable String key(Function<Entity, @Nullable String> ids) {
    String one = ids.apply(first);
    if (one == null) {
      return null;
    }
    if (second == null) {
      return first.code() + one;
    }
    String other = ids.apply(second);
    return other == null
        ? null
        : Character.toUpperCase(first.code())
            + ""
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
    int order = first.compareTo(other.first);
    if (order != 0) {
      return order;
    }
    return Integer.compare(
        second == null ? -1 : second.ordinal(), other.second == null ? -1 : other.second.ordinal());
  }
}
