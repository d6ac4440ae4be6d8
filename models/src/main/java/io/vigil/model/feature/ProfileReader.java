package io.vigil.model.feature;

import io.vigil.model.event.Entity;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the features that look at a profile. For one spec. */
final class ProfileReader {
  /** As many as fit into the budget of a hot value when each was set once or twice. */
  static final int FACTS_MAX = 32;

  private final SpecNames names;
  private final Map<Entity, Set<ProfileState.Column>> columns = new HashMap<>();

  ProfileReader(SpecNames names) {
    this.names = names;
  }

  Feature.FromProfile read(SpecMapping map, String name) {
    names.claim(map, name);
    String id = map.text("entity");
    Entity entity = Entity.byId(id);
    if (entity == null) {
      throw map.error(
          "entity",
          "expected one of %s, got '%s'"
              .formatted(
                  Arrays.stream(Entity.values())
                      .map(known -> known.field().id())
                      .collect(Collectors.joining(", ")),
                  id));
    }
    String fact = map.text("fact");
    if (!History.KIND.matcher(fact).matches()) {
      throw map.error(
          "fact", "expected a name in snake_case, such as credit_limit, got '" + fact + "'");
    }
    Feature.FromProfile feature =
        new Feature.FromProfile(
            name,
            Grouping.of(entity).by(History.PROFILE),
            fact,
            map.has("equals") ? map.text("equals") : null,
            map.has("default") ? map.number("default") : 0);
    Set<ProfileState.Column> known = columns.computeIfAbsent(entity, one -> new HashSet<>());
    if (known.add(ProfileState.Column.of(feature)) && known.size() > FACTS_MAX) {
      throw map.error(
          "fact",
          "expected at most %d facts of %s, got one more: %s".formatted(FACTS_MAX, id, fact));
    }
    return feature;
  }
}
