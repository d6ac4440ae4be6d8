package io.vigil.model.rule;

import io.vigil.model.expression.ListLookup;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The lists in force, by name. Immutable and thread-safe: a change of one list makes another
 * instance that shares all others, so readers swap one reference and never wait.
 */
public final class Lists implements ListLookup {
  public static final Lists NONE = new Lists(Map.of());

  private final Map<String, EntryList> byName;

  private Lists(Map<String, EntryList> byName) {
    this.byName = byName;
  }

  /**
   * @throws IllegalArgumentException when two have the same name
   */
  public static Lists of(Collection<EntryList> lists) {
    Map<String, EntryList> byName = new HashMap<>();
    for (EntryList list : lists) {
      if (byName.put(list.name(), list) != null) {
        throw new IllegalArgumentException(
            "lists: expected each name once, got '" + list.name() + "' twice");
      }
    }
    return new Lists(byName);
  }

  /** These with the given list, in the place of one of its name if there is one. */
  public Lists with(EntryList list) {
    Map<String, EntryList> changed = new HashMap<>(byName);
    changed.put(list.name(), list);
    return new Lists(changed);
  }

  /** The list of that name, or null. */
  public @Nullable EntryList get(String name) {
    return byName.get(name);
  }

  /** Their names, sorted. */
  public List<String> names() {
    return byName.keySet().stream().sorted().toList();
  }

  @Override
  public boolean contains(String list, String text) {
    EntryList entries = byName.get(list);
    if (entries == null) {
      throw new IllegalArgumentException("expected a list in force, got " + list);
    }
    return entries.contains(text);
  }
}
