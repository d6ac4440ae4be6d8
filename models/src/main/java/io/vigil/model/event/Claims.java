package io.vigil.model.event;

import org.jspecify.annotations.Nullable;

/**
 * What one profile record says of its entity, as plans read it. Implementations need not be
 * thread-safe.
 */
public interface Claims {
  /** What kind of entity it speaks of. */
  Entity entity();

  /** Which one. */
  String entityId();

  /** What it says of a fact; null when it says nothing of it. */
  @Nullable Fact fact(String name);
}
