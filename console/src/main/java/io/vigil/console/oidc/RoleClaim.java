package io.vigil.console.oidc;

import com.nimbusds.openid.connect.sdk.claims.ClaimsSet;
import io.vigil.console.access.Role;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a token says that somebody is. Stateless. */
final class RoleClaim {

  private RoleClaim() {}

  /** The role of the first mapping that fits; empty when none does. */
  static Optional<Role> of(ClaimsSet claims, String name, List<OidcSettings.RoleOf> roles) {
    Set<String> values = values(find(claims, name));
    return roles.stream()
        .filter(each -> values.contains(each.value()))
        .map(OidcSettings.RoleOf::role)
        .findFirst();
  }

  /** The claim of that very name, or what the dots lead to: {@code realm_access.roles}. */
  private static @Nullable Object find(ClaimsSet claims, String name) {
    Object whole = claims.getClaim(name);
    if (whole != null) {
      return whole;
    }
    String[] steps = name.split("\\.", -1);
    Object value = claims.getClaim(steps[0]);
    for (int i = 1; i < steps.length; i++) {
      value = value instanceof Map<?, ?> map ? map.get(steps[i]) : null;
    }
    return value;
  }

  private static Set<String> values(@Nullable Object claim) {
    if (claim instanceof String text) {
      return Set.of(text);
    }
    if (claim instanceof Collection<?> many) {
      return many.stream()
          .filter(String.class::isInstance)
          .map(String.class::cast)
          .collect(Collectors.toSet());
    }
    return Set.of();
  }
}
