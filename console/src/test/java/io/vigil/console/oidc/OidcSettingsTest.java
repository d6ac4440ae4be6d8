package io.vigil.console.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.openid.connect.sdk.claims.ClaimsSet;
import io.vigil.console.access.Role;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OidcSettingsTest {

  private static final URI PUBLIC = URI.create("https://vigil.bank.example");

  private static OidcSettings of(String issuer, String roles, URI publicUrl) {
    return OidcSettings.of(issuer, "vigil", "groups", roles, "openid profile", publicUrl);
  }

  @Test
  void readsRolesInTheirOrder() {
    OidcSettings settings =
        of("https://id.bank.example/realms/staff", "urn:x:leads:lead, fraud:analyst", PUBLIC);
    assertThat(settings.roles())
        .containsExactly(
            new OidcSettings.RoleOf("urn:x:leads", Role.LEAD),
            new OidcSettings.RoleOf("fraud", Role.ANALYST));
    assertThat(settings.redirect())
        .isEqualTo(URI.create("https://vigil.bank.example/api/oidc/callback"));
  }

  @Test
  void saysWhatIsMissingOrWrong() {
    assertThatThrownBy(() -> of("http://id.bank.example", "a:lead", PUBLIC))
        .hasMessageContaining("oidc.issuer: expected an https address");
    assertThatThrownBy(() -> of(null, "a:lead", PUBLIC)).hasMessageContaining("oidc.issuer");
    assertThatThrownBy(() -> of("https://id", "a:lead", null)).hasMessageContaining("public.url");
    assertThatThrownBy(() -> of("https://id", null, PUBLIC)).hasMessageContaining("oidc.roles");
    assertThatThrownBy(() -> of("https://id", "a:boss", PUBLIC)).hasMessageContaining("got a:boss");
    assertThatThrownBy(() -> of("https://id", "lead", PUBLIC)).hasMessageContaining("got lead");
  }

  @Test
  void findsTheRoleByNameOrThroughObjects() {
    List<OidcSettings.RoleOf> roles = of("https://id", "l:lead,a:analyst", PUBLIC).roles();
    ClaimsSet claims = new ClaimsSet();
    claims.setClaim("groups", List.of("x", "a", "l"));
    claims.setClaim("https://bank.example/role", "a");
    claims.setClaim("realm_access", Map.of("roles", List.of("a")));
    assertThat(RoleClaim.of(claims, "groups", roles)).hasValue(Role.LEAD);
    assertThat(RoleClaim.of(claims, "https://bank.example/role", roles)).hasValue(Role.ANALYST);
    assertThat(RoleClaim.of(claims, "realm_access.roles", roles)).hasValue(Role.ANALYST);
    assertThat(RoleClaim.of(claims, "realm_access.roles.a", roles)).isEmpty();
    assertThat(RoleClaim.of(claims, "none", roles)).isEmpty();
  }
}
