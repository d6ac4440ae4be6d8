package io.vigil.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.console.oidc.OidcSettings;
import java.net.URI;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/** Single sign-on where there is none. */
class OidcAwayTest {

  @Test
  void aProviderThatIsAwayIsSaidAndBreaksNothing() throws Exception {
    int port = OidcTest.freePort();
    URI redirect = URI.create("http://127.0.0.1:" + port + OidcSettings.CALLBACK);
    String nobody = "http://127.0.0.1:" + OidcTest.freePort();
    try (TestConsole other = new TestConsole(null, port, OidcTest.settings(nobody, redirect))) {
      HttpResponse<String> answer = other.client().send("GET", "/api/oidc/start", null);
      assertThat(answer.headers().firstValue("Location")).hasValue("/sign-in?error=oidc_provider");
      assertThat(other.client("ada").send("GET", "/api/queue", null).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void withoutAProviderThereIsNoSingleSignOn() throws Exception {
    try (TestConsole without = new TestConsole(null)) {
      assertThat(
              without
                  .client()
                  .send("GET", "/api/oidc/callback?code=x&state=y", null)
                  .headers()
                  .firstValue("Location"))
          .hasValue("/sign-in?error=oidc_none");
    }
  }
}
