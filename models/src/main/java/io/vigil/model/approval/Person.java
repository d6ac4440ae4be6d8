package io.vigil.model.approval;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A person who may sign. However many keys, one person counts once.
 *
 * @param name unlike all others
 * @param roles at least one, in the order of the type
 * @param revoked none of the keys signs anything
 */
public record Person(String name, Set<Role> roles, List<EnrolledKey> keys, boolean revoked) {
  public Person {
    roles = Collections.unmodifiableSet(EnumSet.copyOf(roles));
    keys = List.copyOf(keys);
  }
}
