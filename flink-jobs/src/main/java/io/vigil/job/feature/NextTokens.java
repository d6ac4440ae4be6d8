package io.vigil.job.feature;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A record as it will read once the next key of tokens is the one in use: what it says of its
 * entities under that key in place of what it says now. As thread-safe as what it looks at.
 */
public final class NextTokens {
  private NextTokens() {}

  /**
   * The facts under the next key, or null when the record says nothing of it: no key changes.
   *
   * @param tokens of the record, by the name of an entity's field
   */
  public static @Nullable Facts of(Facts facts, @Nullable Map<String, String> tokens) {
    return tokens == null || tokens.isEmpty() ? null : new Renamed(facts, tokens);
  }

  /**
   * The ids of entities under the next key, or null when the record says nothing of it.
   *
   * @param ids those of now, null where there is none
   * @param tokens of the record, by the name of an entity's field
   */
  public static @Nullable Function<Entity, @Nullable String> of(
      Function<Entity, @Nullable String> ids, @Nullable Map<String, String> tokens) {
    if (tokens == null || tokens.isEmpty()) {
      return null;
    }
    return entity -> {
      String next = tokens.get(entity.field().id());
      return next == null ? ids.apply(entity) : next;
    };
  }

  private record Renamed(Facts now, Map<String, String> tokens) implements Facts {
    @Override
    public long eventTimeMs() {
      return now.eventTimeMs();
    }

    @Override
    public long amountMinor() {
      return now.amountMinor();
    }

    @Override
    public @Nullable String text(Field field) {
      String next = tokens.get(field.id());
      return next == null ? now.text(field) : next;
    }

    @Override
    public double number(Field field) {
      return now.number(field);
    }

    @Override
    public @Nullable String attribute(String key) {
      return now.attribute(key);
    }
  }
}
