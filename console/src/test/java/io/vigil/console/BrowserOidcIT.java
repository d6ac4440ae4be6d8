package io.vigil.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import io.vigil.console.access.Role;
import io.vigil.console.oidc.OidcSettings;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.OAuth2Config;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Single sign-on in a browser, at a provider that others wrote and at another site than the
 * console's: what the browser does with cookies on the way counts.
 */
class BrowserOidcIT extends InBrowser {

  private MockOAuth2Server provider;

  @Override
  TestConsole newConsole() throws Exception {
    provider = new MockOAuth2Server(new OAuth2Config(true));
    provider.start(InetAddress.getByName("localhost"), 0);
    int port = OidcTest.freePort();
    return new TestConsole(
        null,
        port,
        new OidcSettings(
            provider.issuerUrl("staff").toString(),
            "vigil",
            "realm_access.roles",
            List.of(new OidcSettings.RoleOf("fraud-analyst", Role.ANALYST)),
            List.of("openid", "profile"),
            URI.create("http://127.0.0.1:" + port + OidcSettings.CALLBACK)));
  }

  @AfterEach
  void stopProvider() {
    provider.shutdown();
  }

  private void signIn(Page page, String claims) {
    page.getByTestId("sso").click();
    page.locator("input[name=username]").fill("subject-1");
    page.locator("textarea[name=claims]").fill(claims);
    page.locator("input[type=submit]").click();
  }

  @Test
  void aPersonOfTheProviderWorksOnCasesAndStaysSignedIn() throws Exception {
    cases(1);
    assertThat(provider.issuerUrl("staff").host()).isEqualTo("localhost");
    Page page = page();
    noViolations(page, "sign-in with single sign-on");
    signIn(
        page, "{\"preferred_username\":\"Zoe\",\"realm_access\":{\"roles\":[\"fraud-analyst\"]}}");
    page.getByTestId("queue").waitFor();
    assertThat(page.locator(".who")).containsText("zoe");
    // The code is neither in the address nor a step back away.
    assertThat(page.url()).isEqualTo(console.address() + "/");
    page.reload();
    page.getByTestId("queue").waitFor();
    page.keyboard().press("n");
    page.getByTestId("case-1").waitFor();
    page.navigate(console.address() + "/settings");
    page.locator("main h1").waitFor();
    assertThat(page.locator("input[type=password]")).hasCount(0);
    noViolations(page, "settings without a password");
  }

  @Test
  void whoHasNoRoleReadsWhy() {
    Page page = page();
    signIn(page, "{\"preferred_username\":\"Zoe\",\"realm_access\":{\"roles\":[\"staff\"]}}");
    assertThat(page.getByTestId("refused")).containsText("You have no role in this console.");
    noViolations(page, "refused");
    // Words of an address are not shown as the console's own.
    page.navigate(console.address() + "/sign-in?error=Call%20555-1234");
    assertThat(page.getByTestId("refused")).hasText("Single sign-on did not work. Try again.");
  }
}
