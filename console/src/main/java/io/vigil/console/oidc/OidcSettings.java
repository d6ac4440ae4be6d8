package io.vigil.console.oidc;

import io.vigil.console.access.Role;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How people sign in at an OpenID provider. Immutable.
 *
 * @param issuer the provider, exactly as its tokens name it
 * @param roleClaim claim of the ID token that says what a person is; dots lead into objects
 * @param roles which values make which role; the first that a person has counts
 * @param scopes what is asked for, {@code openid} among it
 * @param redirect where the provider sends browsers back to, as registered there
 */
public record OidcSettings(
    String issuer,
    String clientId,
    String roleClaim,
    List<RoleOf> roles,
    List<String> scopes,
    URI redirect) {

  /** Path of the redirect address. */
  public static final String CALLBACK = "/api/oidc/callback";

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  /** A claim's value and what it makes of a person. */
  public record RoleOf(String value, Role role) {}

  public OidcSettings {
    roles = List.copyOf(roles);
    scopes = List.copyOf(scopes);
  }

  /**
   * From what a settings file says.
   *
   * @param roles {@code value:role}, separated by commas
   * @param scopes separated by spaces
   * @param publicUrl how browsers reach the console
   * @throws IllegalArgumentException naming the key, what was expected and what came
   */
  public static OidcSettings of(
      @Nullable String issuer,
      @Nullable String clientId,
      String roleClaim,
      @Nullable String roles,
      String scopes,
      @Nullable URI publicUrl) {
    URI address = URI.create(given("oidc.issuer", issuer));
    boolean local = address.getHost() != null && LOOPBACK.contains(address.getHost());
    if (!"https".equals(address.getScheme()) && !(local && "http".equals(address.getScheme()))) {
      throw new IllegalArgumentException("oidc.issuer: expected an https address, got " + address);
    }
    if (publicUrl == null) {
      throw new IllegalArgumentException(
          "public.url: expected with oidc.issuer, which sends browsers back there; got none");
    }
    List<String> wanted = List.of(scopes.strip().split("\\s+"));
    if (!wanted.contains("openid")) {
      throw new IllegalArgumentException("oidc.scopes: expected openid among them, got " + scopes);
    }
    return new OidcSettings(
        address.toString(),
        given("oidc.client-id", clientId),
        roleClaim.strip(),
        roles(given("oidc.roles", roles)),
        wanted,
        publicUrl.resolve(CALLBACK));
  }

  private static String given(String key, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException(key + ": expected with the other oidc keys, got none");
    }
    return value.strip();
  }

  private static List<RoleOf> roles(String text) {
    List<RoleOf> roles = new ArrayList<>();
    for (String each : text.split(",", -1)) {
      int colon = each.lastIndexOf(':');
      if (colon < 1) {
        throw wrongRole(each);
      }
      try {
        roles.add(
            new RoleOf(
                each.substring(0, colon).strip(), Role.of(each.substring(colon + 1).strip())));
      } catch (IllegalArgumentException e) {
        throw wrongRole(each);
      }
    }
    return roles;
  }

  private static IllegalArgumentException wrongRole(String each) {
    return new IllegalArgumentException(
        "oidc.roles: expected VALUE:ROLE with analyst, lead, engineer or auditor, got " + each);
  }
}
