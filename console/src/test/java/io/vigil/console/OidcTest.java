package io.vigil.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jwt.JWTClaimsSet;
import io.vigil.console.access.Role;
import io.vigil.console.oidc.OidcSettings;
import java.io.IOException;
import java.net.HttpCookie;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Single sign-on at a provider over HTTP, honest and not; what is refused is logged. */
class OidcTest {

  private static final HttpClient BROWSER = HttpClient.newHttpClient();

  private static TestProvider provider;
  private static TestConsole console;

  @BeforeAll
  static void start() throws Exception {
    int port = freePort();
    URI redirect = URI.create("http://127.0.0.1:" + port + OidcSettings.CALLBACK);
    provider = new TestProvider(redirect);
    console = new TestConsole(null, port, settings(provider.issuer(), redirect));
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  static OidcSettings settings(String issuer, URI redirect) {
    return new OidcSettings(
        issuer,
        TestProvider.CLIENT,
        "groups",
        List.of(
            new OidcSettings.RoleOf("fraud-leads", Role.LEAD),
            new OidcSettings.RoleOf("fraud-analysts", Role.ANALYST)),
        List.of("openid", "profile"),
        redirect);
  }

  @AfterAll
  static void stop() {
    console.close();
    provider.close();
  }

  @BeforeEach
  void forgetAttempts() {
    console.database().transact(handle -> handle.execute("delete from attempt"));
  }

  /** From the console to the provider and back: the address that the browser is sent to last. */
  private static String callback(TestConsole.Client client) throws Exception {
    HttpResponse<String> begun = client.send("GET", "/api/oidc/start", null);
    assertThat(begun.statusCode()).isEqualTo(303);
    URI to = URI.create(begun.headers().firstValue("Location").orElseThrow());
    HttpResponse<String> there =
        BROWSER.send(HttpRequest.newBuilder(to).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(there.statusCode()).as(there.body()).isEqualTo(302);
    String back = there.headers().firstValue("Location").orElseThrow();
    assertThat(back).startsWith(console.address());
    return back.substring(console.address().length());
  }

  private static HttpResponse<String> signIn(TestConsole.Client client) throws Exception {
    return client.send("GET", callback(client), null);
  }

  private static void refused(HttpResponse<String> answer, String code, TestConsole.Client client)
      throws Exception {
    assertThat(answer.statusCode()).as(lastLogged()).isEqualTo(303);
    assertThat(answer.headers().firstValue("Location")).hasValue("/sign-in?error=" + code);
    assertThat(client.send("GET", "/api/session", null).statusCode()).isEqualTo(401);
    assertThat(lastLogged()).startsWith("sign_on_refused " + code + ": ");
  }

  private static String lastLogged() {
    return console
        .database()
        .read(
            handle ->
                handle
                    .createQuery(
                        "select action || ' ' || coalesce(detail, '') from access_log"
                            + " order by seq desc limit 1")
                    .mapTo(String.class)
                    .one());
  }

  private static long people(String subject) {
    return console
        .database()
        .read(
            handle ->
                handle
                    .createQuery("select count(*) from person where subject = :key")
                    .bind("key", provider.issuer() + " " + subject)
                    .mapTo(Long.class)
                    .one());
  }

  @Test
  void aPersonOfTheProviderSignsInAndIsOneHere() throws Exception {
    provider.person("s-1", "Zoë.Müller@bank.example", "staff", "fraud-analysts");
    TestConsole.Client client = console.client();
    assertThat(TestConsole.json(client.send("GET", "/api/session", null)).path("oidc").asBoolean())
        .isTrue();
    HttpResponse<String> begun = client.send("GET", "/api/oidc/start", null);
    assertThat(begun.headers().firstValue("Set-Cookie"))
        .hasValueSatisfying(
            text -> assertThat(text).contains("HttpOnly", "SameSite=Lax", "Max-Age=600"));
    HttpResponse<String> answer = signIn(client);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("http-equiv=\"refresh\"").doesNotContain("script");
    assertThat(answer.headers().allValues("Set-Cookie"))
        .anySatisfy(
            text -> assertThat(text).contains("vigil_session=", "HttpOnly", "SameSite=Strict"));
    assertThat(client.cookies().getCookieStore().getCookies())
        .extracting(HttpCookie::getName)
        .containsExactly("vigil_session");
    JsonNode session = client.get("/api/session");
    assertThat(session.path("name").asText()).isEqualTo("zoe.muller");
    assertThat(session.path("role").asText()).isEqualTo("analyst");
    assertThat(session.path("oidc").asBoolean()).isTrue();
    assertThat(session.path("must_change_password").asBoolean()).isFalse();
    assertThat(client.send("GET", "/api/queue", null).statusCode()).isEqualTo(200);
    assertThat(lastLogged()).isEqualTo("signed_in by single sign-on");

    // The name stays what it was, the role becomes what the provider says now.
    provider.person("s-1", "zoe.married", "fraud-analysts", "fraud-leads");
    signIn(client);
    session = client.get("/api/session");
    assertThat(session.path("name").asText()).isEqualTo("zoe.muller");
    assertThat(session.path("role").asText()).isEqualTo("lead");
    assertThat(people("s-1")).isEqualTo(1);
  }

  @Test
  void aNewKeyOfTheProviderIsFetched() throws Exception {
    provider.person("s-2", "before", "fraud-analysts");
    assertThat(signIn(console.client()).statusCode()).isEqualTo(200);
    provider.rotate();
    assertThat(signIn(console.client()).statusCode()).isEqualTo(200);
  }

  static final Map<String, Consumer<JWTClaimsSet.Builder>> SPOILT =
      Map.of(
          "nonce of another sign-in", claims -> claims.claim("nonce", "another"),
          "no nonce", claims -> claims.claim("nonce", null),
          "for another client", claims -> claims.audience("another client"),
          "by another issuer", claims -> claims.issuer("https://evil.example"),
          "expired", claims -> claims.expirationTime(Date.from(Instant.now().minusSeconds(90))),
          "never expiring", claims -> claims.expirationTime(null),
          "not before tomorrow",
              claims -> claims.notBeforeTime(Date.from(Instant.now().plusSeconds(86_400))),
          "for two, obtained by the other",
              claims -> claims.audience(List.of(TestProvider.CLIENT, "b")).claim("azp", "b"),
          "for two, obtained by nobody knows whom",
              claims -> claims.audience(List.of(TestProvider.CLIENT, "b")),
          "of nobody", claims -> claims.subject(null));

  static List<String> spoilt() {
    return SPOILT.keySet().stream().sorted().toList();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("spoilt")
  void aTokenThatIsNotForThisSignInIsRefused(String what) throws Exception {
    provider.person(what, "mallory", "fraud-leads");
    provider.spoil(SPOILT.get(what));
    TestConsole.Client client = console.client();
    refused(signIn(client), "oidc_token", client);
    assertThat(people(what)).isZero();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"none", "foreign", "public key as secret", "garbage"})
  void aSignatureThatIsNotTheProvidersIsRefused(String what) throws Exception {
    provider.person(what, "mallory", "fraud-leads");
    provider.sign(
        switch (what) {
          case "none" -> TestProvider::signNot;
          case "foreign" -> provider::signForeign;
          case "public key as secret" -> provider::signByPublicKey;
          default -> claims -> "not.a.token";
        });
    TestConsole.Client client = console.client();
    refused(signIn(client), "oidc_token", client);
    assertThat(people(what)).isZero();
  }

  @Test
  void anExpiryWithinTheSkewIsLetThrough() throws Exception {
    provider.person("s-5", "late", "fraud-analysts");
    provider.spoil(claims -> claims.expirationTime(Date.from(Instant.now().minusSeconds(20))));
    assertThat(signIn(console.client()).statusCode()).isEqualTo(200);
  }

  @Test
  void aSignInOfAnotherBrowserIsRefused() throws Exception {
    provider.person("mallory", "mallory", "fraud-analysts");
    TestConsole.Client mallory = console.client();
    String forged = callback(mallory);

    // Login CSRF: the victim's browser is made to open the end of Mallory's sign-in.
    TestConsole.Client idle = console.client();
    refused(idle.send("GET", forged, null), "oidc_state", idle);
    TestConsole.Client busy = console.client();
    busy.send("GET", "/api/oidc/start", null);
    refused(busy.send("GET", forged, null), "oidc_state", busy);

    // With her state but his code: the provider holds the code to her challenge, not to his.
    provider.person("victim", "victim", "fraud-leads");
    TestConsole.Client victim = console.client();
    String stolen = callback(victim).replaceFirst(".*code=([^&]+).*", "$1");
    TestConsole.Client thief = console.client();
    String mixed = callback(thief).replaceFirst("code=[^&]+", "code=" + stolen);
    refused(thief.send("GET", mixed, null), "oidc_code", thief);

    TestConsole.Client changed = console.client();
    refused(
        changed.send("GET", callback(changed).replaceFirst("state=[^&]+", "state=x"), null),
        "oidc_state",
        changed);
    TestConsole.Client without = console.client();
    refused(
        without.send("GET", callback(without).replaceFirst("&state=[^&]+", ""), null),
        "oidc_state",
        without);
    TestConsole.Client elsewhere = console.client();
    refused(
        elsewhere.send(
            "GET", callback(elsewhere).replaceFirst("iss=[^&]+", "iss=https://evil.example"), null),
        "oidc_token",
        elsewhere);
  }

  @Test
  void aCodeIsGoodOnce() throws Exception {
    provider.person("s-6", "once", "fraud-analysts");
    TestConsole.Client client = console.client();
    client.send("GET", "/api/oidc/start", null);
    String back = callback(client);
    HttpCookie begun = (HttpCookie) client.cookies().getCookieStore().getCookies().get(0).clone();
    assertThat(client.send("GET", back, null).statusCode()).isEqualTo(200);

    TestConsole.Client again = console.client();
    refused(again.send("GET", back, null), "oidc_state", again);
    TestConsole.Client withCookie = console.client();
    withCookie.cookies().getCookieStore().add(URI.create(console.address()), begun);
    refused(withCookie.send("GET", back, null), "oidc_code", withCookie);
  }

  @Test
  void whoHasNoRoleHereStaysOutside() throws Exception {
    provider.person("s-7", "leaver", "fraud-analysts");
    TestConsole.Client before = console.client();
    signIn(before);
    assertThat(before.send("GET", "/api/queue", null).statusCode()).isEqualTo(200);

    provider.person("s-7", "leaver", "staff");
    TestConsole.Client after = console.client();
    refused(signIn(after), "oidc_role", after);
    assertThat(before.send("GET", "/api/queue", null).statusCode())
        .as("what was open before is closed")
        .isEqualTo(401);

    provider.person("s-8", "stranger");
    TestConsole.Client stranger = console.client();
    refused(signIn(stranger), "oidc_role", stranger);
    assertThat(people("s-8")).isZero();
  }

  @Test
  void aLocalAccountOfTheSameNameIsNotTakenOver() throws Exception {
    console.client("lena");
    provider.person("s-9", "LENA", "fraud-analysts");
    TestConsole.Client client = console.client();
    assertThat(signIn(client).statusCode()).isEqualTo(200);
    JsonNode session = client.get("/api/session");
    assertThat(session.path("name").asText()).isEqualTo("lena-2");
    assertThat(session.path("role").asText()).isEqualTo("analyst");
    provider.person("s-10", "lena@elsewhere", "fraud-analysts");
    signIn(client);
    assertThat(client.get("/api/session").path("name").asText()).isEqualTo("lena-3");
    // What the stream does stands in histories under this name.
    provider.person("s-11", "stream", "fraud-analysts");
    signIn(client);
    assertThat(client.get("/api/session").path("name").asText()).isEqualTo("stream-2");
    assertThat(console.client().signIn("lena", TestConsole.PASSWORD).statusCode()).isEqualTo(200);
  }

  @Test
  void aPersonOfTheProviderHasNoPasswordHereAndTheRoleIsTheProviders() throws Exception {
    provider.person("s-12", "paul", "fraud-analysts");
    TestConsole.Client paul = console.client();
    signIn(paul);
    paul.csrf(paul.send("GET", "/api/session", null));
    String password = "{\"password\":\"" + TestConsole.PASSWORD + "\"}";
    assertThat(paul.send("POST", "/api/password", password).body()).contains("oidc_person");
    TestConsole.Client lena = console.client("lena");
    assertThat(lena.send("POST", "/api/people", "{\"name\":\"paul\",\"role\":\"lead\"}").body())
        .contains("oidc_person");
    assertThat(lena.send("PUT", "/api/people/paul", "{\"role\":\"lead\"}").body())
        .contains("oidc_person");
    assertThat(lena.send("POST", "/api/people", "{\"name\":\"stream\",\"role\":\"lead\"}").body())
        .contains("bad_request");
    assertThat(console.client().signIn("paul", "").statusCode()).isEqualTo(401);

    // Locked here: out at once, and not let in again whatever the provider says.
    assertThat(lena.send("PUT", "/api/people/paul", "{\"active\":false}").statusCode())
        .isEqualTo(204);
    assertThat(paul.send("GET", "/api/queue", null).statusCode()).isEqualTo(401);
    provider.person("s-12", "paul", "fraud-leads");
    TestConsole.Client again = console.client();
    refused(signIn(again), "oidc_locked", again);
  }

  @Test
  void aSessionThatWasChosenByOthersIsNotTaken() throws Exception {
    TestConsole.Client mallory = console.client("bob");
    HttpCookie planted =
        (HttpCookie) mallory.cookies().getCookieStore().getCookies().get(0).clone();
    provider.person("s-13", "fixed", "fraud-analysts");
    TestConsole.Client victim = console.client();
    victim.cookies().getCookieStore().add(URI.create(console.address()), planted);
    assertThat(signIn(victim).statusCode()).isEqualTo(200);
    assertThat(victim.get("/api/session").path("name").asText()).isEqualTo("fixed");
    assertThat(mallory.get("/api/session").path("name").asText()).isEqualTo("bob");
    assertThat(victim.cookies().getCookieStore().getCookies())
        .extracting(HttpCookie::getValue)
        .doesNotContain(planted.getValue());
  }

  @Test
  void whatTheProviderRefusesLeadsBackToTheSignInPage() throws Exception {
    provider.person("s-14", "denied", "fraud-analysts");
    provider.deny();
    TestConsole.Client client = console.client();
    refused(signIn(client), "oidc_refused", client);
  }

  @Test
  void guessingGetsSlower() throws Exception {
    TestConsole.Client guesser = console.client();
    for (int i = 0; i < 30; i++) {
      refused(
          guesser.send("GET", "/api/oidc/callback?code=x&state=" + i, null), "oidc_state", guesser);
    }
    refused(
        guesser.send("GET", "/api/oidc/callback?code=x&state=y", null), "oidc_throttled", guesser);
  }
}
