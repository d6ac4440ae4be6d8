package io.vigil.console;

import static io.vigil.console.Alerts.alert;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpCookie;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What people with bad intentions try at the API: refused, and logged. */
class AttacksTest {

  private static TestConsole console;

  @BeforeAll
  static void start() throws Exception {
    console = new TestConsole(null);
    console.feed().alert(alert("1").account("secret-account-0001").build());
    console.feed().alert(alert("2").account("other-account-0002").build());
  }

  @AfterAll
  static void stop() {
    console.close();
  }

  private static List<String> logged() {
    return console
        .database()
        .read(
            handle ->
                handle
                    .createQuery("select action from access_log order by seq")
                    .mapTo(String.class)
                    .list());
  }

  private static String error(HttpResponse<String> answer) throws IOException {
    return TestConsole.json(answer).path("error").asText();
  }

  @Test
  void nothingIsToldToWhoIsNotSignedIn() throws Exception {
    TestConsole.Client nobody = console.client();
    for (String path :
        List.of(
            "/api/queue",
            "/api/cases/1",
            "/api/lead",
            "/api/people",
            "/api/access",
            "/api/events")) {
      assertThat(nobody.send("GET", path, null).statusCode()).as(path).isEqualTo(401);
    }
    assertThat(nobody.send("POST", "/api/verdicts", "{}").statusCode()).isEqualTo(401);
  }

  @Test
  void aOneTimePasswordIsGoodForChoosingOneAlone() throws Exception {
    TestConsole.Client eve = console.client();
    assertThat(eve.signIn("eve", TestConsole.oneTimePassword()).statusCode()).isEqualTo(200);
    assertThat(eve.send("GET", "/api/queue", null).statusCode()).isEqualTo(403);
    HttpResponse<String> weak = eve.send("POST", "/api/password", "{\"password\":\"short\"}");
    assertThat(error(weak)).isEqualTo("weak_password");
    eve.csrf(eve.send("POST", "/api/password", "{\"password\":\"" + TestConsole.PASSWORD + "\"}"));
    assertThat(eve.send("GET", "/api/queue", null).statusCode()).isEqualTo(200);
    assertThat(console.client().signIn("eve", TestConsole.oneTimePassword()).statusCode())
        .isEqualTo(401);
  }

  @Test
  void rolesCannotDoWhatIsNotTheirs() throws Exception {
    TestConsole.Client auditor = console.client("otto");
    String verdict = "{\"cases\":[{\"case_id\":1,\"version\":1}],\"verdict\":\"fraud\"}";
    assertThat(error(auditor.send("POST", "/api/verdicts", verdict))).isEqualTo("role");
    assertThat(error(auditor.send("POST", "/api/cases/1/claim", "{}"))).isEqualTo("role");
    assertThat(
            error(auditor.send("POST", "/api/people", "{\"name\":\"mallory\",\"role\":\"lead\"}")))
        .isEqualTo("role");
    TestConsole.Client analyst = console.client("bob");
    assertThat(error(analyst.send("PUT", "/api/people/bob", "{\"role\":\"lead\"}")))
        .isEqualTo("role");
    assertThat(error(analyst.send("GET", "/api/access", null))).isEqualTo("role");
    TestConsole.Client lead = console.client("lena");
    assertThat(error(lead.send("PUT", "/api/people/lena", "{\"role\":\"auditor\"}")))
        .isEqualTo("oneself");
    assertThat(logged()).contains("refused_role");
  }

  @Test
  void whoOnlyReadsChangesNothing() throws Exception {
    HttpResponse<String> added =
        console
            .client("lena")
            .send("POST", "/api/people", "{\"name\":\"edda\",\"role\":\"engineer\"}");
    TestConsole.Client engineer = console.client();
    engineer.signIn("edda", TestConsole.json(added).path("one_time_password").asText());
    engineer.csrf(
        engineer.send("POST", "/api/password", "{\"password\":\"" + TestConsole.PASSWORD + "\"}"));
    for (TestConsole.Client reader : List.of(console.client("otto"), engineer)) {
      for (String path :
          List.of(
              "/api/queue/next",
              "/api/verdicts",
              "/api/verdicts/preview",
              "/api/cases/1/claim",
              "/api/cases/1/approval",
              "/api/cases/1/wait",
              "/api/cases/1/snooze",
              "/api/cases/1/trust",
              "/api/cases/1/escalate",
              "/api/cases/1/reopen",
              "/api/cases/1/notes",
              "/api/cases/1/actions",
              "/api/reviews/1",
              "/api/people")) {
        assertThat(error(reader.send("POST", path, "{}"))).as(path).isEqualTo("role");
      }
      assertThat(error(reader.send("DELETE", "/api/cases/1/claim", null))).isEqualTo("role");
    }
    // A role in a request that has none is not taken for one.
    TestConsole.Client ada = console.client("ada");
    assertThat(
            ada.send("PUT", "/api/preferences", "{\"role\":\"lead\",\"name\":\"lena\"}")
                .statusCode())
        .isEqualTo(204);
    assertThat(ada.get("/api/session").path("role").asText()).isEqualTo("analyst");
    assertThat(
            ada.send("GET", "/api/people", null, "X-Role", "lead", "X-Forwarded-User", "lena")
                .statusCode())
        .isEqualTo(403);
  }

  @Test
  void anotherPersonsCaseIsTheirs() throws Exception {
    console.feed().alert(alert("theirs").amount(5_000).build());
    console.feed().alert(alert("big").amount(5_000_000).build());
    TestConsole.Client ada = console.client("ada");
    TestConsole.Client bob = console.client("bob");
    JsonNode cases = ada.get("/api/queue").path("cases");
    JsonNode theirs = null;
    JsonNode big = null;
    for (JsonNode each : cases) {
      theirs = each.path("merchant").asText().equals("merchant-theirs") ? each : theirs;
      big = each.path("merchant").asText().equals("merchant-big") ? each : big;
    }
    String path = "/api/cases/" + theirs.path("case_id").asLong();
    assertThat(bob.send("POST", path + "/claim", "{}").statusCode()).isEqualTo(200);
    assertThat(error(ada.send("POST", path + "/claim", "{}"))).isEqualTo("claimed");
    assertThat(ada.send("DELETE", path + "/claim", null).statusCode()).isEqualTo(204);
    assertThat(ada.get(path).path("claimed_by").asText()).isEqualTo("bob");
    String verdict = verdict(ada.get(path));
    assertThat(error(ada.send("POST", "/api/verdicts", verdict))).isEqualTo("claimed");
    for (String what : List.of("escalate", "snooze", "wait", "actions")) {
      assertThat(
              error(
                  ada.send(
                      "POST",
                      path + "/" + what,
                      "{\"until\":\"%s\",\"kind\":\"BLOCK\"}"
                          .formatted(java.time.Instant.now().plusSeconds(3_600)))))
          .as(what)
          .isEqualTo("claimed");
    }
    HttpResponse<String> decided = bob.send("POST", "/api/verdicts", verdict(bob.get(path)));
    assertThat(decided.statusCode()).as(decided.body()).isEqualTo(200);
    String id = TestConsole.json(decided).path("verdict_id").asText();
    assertThat(ada.send("DELETE", "/api/verdicts/" + id, null).statusCode()).isIn(403, 404, 409);
    assertThat(error(ada.send("POST", path + "/reopen", "{}"))).isEqualTo("lead_only");

    // Four eyes are not the same two eyes twice.
    path = "/api/cases/" + big.path("case_id").asLong();
    decided = bob.send("POST", "/api/verdicts", verdict(bob.get(path)));
    assertThat(TestConsole.json(decided).path("pending")).hasSize(1);
    assertThat(error(bob.send("POST", path + "/approval", "{\"approve\":true}")))
        .isEqualTo("maker");
    assertThat(logged()).contains("refused_maker", "refused_lead_only");
    assertThat(ada.send("POST", path + "/approval", "{\"approve\":true}").statusCode())
        .isEqualTo(200);
  }

  private static String verdict(JsonNode detail) {
    return "{\"cases\":[{\"case_id\":%d,\"version\":%d}],\"verdict\":\"fraud\",\"scheme\":\"other\"}"
        .formatted(detail.path("case_id").asLong(), detail.path("version").asLong());
  }

  @Test
  void requestsOfOtherSitesAreRefused() throws Exception {
    TestConsole.Client ada = console.client("ada");
    String note = "{\"text\":\"mine\"}";
    assertThat(error(ada.send("POST", "/api/cases/1/notes", note, "X-CSRF-Token", "wrong")))
        .isEqualTo("csrf");
    assertThat(
            error(ada.send("POST", "/api/cases/1/notes", note, "Origin", "https://evil.example")))
        .isEqualTo("origin");
    assertThat(error(ada.send("POST", "/api/cases/1/notes", note, "Content-Type", "text/plain")))
        .isEqualTo("bad_request");
    HttpResponse<String> forged =
        console
            .client()
            .send(
                "POST",
                "/api/session",
                "{\"name\":\"ada\",\"password\":\"x\"}",
                "Origin",
                "https://evil.example");
    assertThat(error(forged)).isEqualTo("origin");
    assertThat(ada.get("/api/cases/1").path("history"))
        .noneMatch(each -> each.path("kind").asText().equals("noted"));
    HttpCookie cookie = ada.cookies().getCookieStore().getCookies().get(0);
    assertThat(cookie.isHttpOnly()).isTrue();
    HttpResponse<String> fresh = console.client().signIn("ada", TestConsole.PASSWORD);
    assertThat(fresh.headers().firstValue("Set-Cookie"))
        .hasValueSatisfying(
            text -> assertThat(text).contains("SameSite=Strict").contains("HttpOnly"));
    assertThat(fresh.headers().firstValue("Content-Security-Policy"))
        .hasValueSatisfying(
            text -> assertThat(text).contains("script-src 'self'").doesNotContain("unsafe"));
    assertThat(logged()).contains("refused_csrf", "refused_origin");
  }

  @Test
  void aSessionThatWasChosenByOthersIsNotTaken() throws Exception {
    TestConsole.Client ada = console.client("ada");
    TestConsole.Client victim = console.client();
    HttpCookie planted = (HttpCookie) ada.cookies().getCookieStore().getCookies().get(0).clone();
    victim.cookies().getCookieStore().add(java.net.URI.create(console.address()), planted);
    victim.signIn("ada", TestConsole.PASSWORD);
    String after = victim.cookies().getCookieStore().getCookies().get(0).getValue();
    assertThat(after).isNotEqualTo(planted.getValue());
    victim.send("DELETE", "/api/session", null);
    assertThat(victim.send("GET", "/api/queue", null).statusCode()).isEqualTo(401);
  }

  @Test
  void guessingGetsSlower() throws Exception {
    TestConsole.Client guesser = console.client();
    int refused = 0;
    for (int i = 0; i < 8; i++) {
      HttpResponse<String> answer = guesser.signIn("nobody.there", "guess number " + i);
      if (answer.statusCode() == 429) {
        refused++;
        assertThat(answer.headers().firstValueAsLong("Retry-After").orElse(0)).isPositive();
      } else {
        assertThat(answer.statusCode()).isEqualTo(401);
      }
    }
    assertThat(refused).isPositive();
    assertThat(logged()).contains("sign_in_failed", "sign_in_throttled");
  }

  @Test
  void pathsLeadNowhereElse() throws Exception {
    int port = java.net.URI.create(console.address()).getPort();
    for (String path :
        List.of(
            "/assets/../migrations/V1__console.sql",
            "/assets/%2e%2e/migrations/V1__console.sql",
            "/assets/..%2fmigrations/V1__console.sql",
            "/assets//etc/passwd",
            "/lib/lit/../../../../log4j2.xml",
            "/lib/postgresql/index.js",
            "/lib/echarts/..%2f..%2f..%2fmaven/pom.xml",
            "/api/cases/1/../../people")) {
      try (Socket socket = new Socket("127.0.0.1", port)) {
        socket
            .getOutputStream()
            .write(
                ("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        assertThat(answer)
            .as(path)
            .matches("(?s)HTTP/1.1 4\\d\\d .*")
            .doesNotContain("create table")
            .doesNotContain("root:");
      }
    }
  }

  @Test
  void anotherNameForThisAddressOpensNothing() throws Exception {
    int port = java.net.URI.create(console.address()).getPort();
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 403");
    }
  }

  @Test
  void statementsInParametersStayText() throws Exception {
    TestConsole.Client ada = console.client("ada");
    for (String bad :
        List.of("'", "';drop table alert;--", "\\", "%27%20or%201=1", "&|!()<->:*", "a'b''c:*")) {
      String encoded = java.net.URLEncoder.encode(bad, StandardCharsets.UTF_8);
      for (String path :
          List.of(
              "/api/queue?q=",
              "/api/queue?kind=",
              "/api/cases/1/rows?reason=X&alert=",
              "/api/access?user=")) {
        int status = ada.send("GET", path + encoded, null).statusCode();
        assertThat(status).as(path + bad).isIn(200, 400, 403, 404);
      }
      assertThat(ada.send("GET", "/api/queue?team=" + encoded, null).statusCode()).isEqualTo(400);
      assertThat(ada.send("GET", "/api/queue?after=" + encoded, null).statusCode()).isEqualTo(400);
      assertThat(ada.send("GET", "/api/cases/" + encoded.replace("+", "%20"), null).statusCode())
          .isIn(400, 404);
    }
    assertThat(ada.get("/api/queue").path("total").asInt()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void whatIsMaskedStaysMaskedUntilSomebodyAsksAndIsLogged() throws Exception {
    TestConsole.Client ada = console.client("ada");
    for (String path :
        List.of(
            "",
            "/timeline",
            "/links",
            "/similar",
            "/rows?alert=alert-1&reason=VELOCITY",
            "/records/t-1")) {
      assertThat(ada.send("GET", "/api/cases/1" + path, null).body())
          .as(path)
          .doesNotContain("secret-account", "secret-customer");
    }
    assertThat(ada.send("GET", "/api/queue", null).body()).doesNotContain("secret-account");
    // A record of another case's account is not this case's.
    assertThat(ada.send("GET", "/api/cases/1/records/t-2", null).statusCode()).isEqualTo(404);
    assertThat(
            ada.send("GET", "/api/cases/1/rows?alert=alert-2&reason=VELOCITY", null).statusCode())
        .isEqualTo(404);

    assertThat(
            ada.send("POST", "/api/cases/1/reveal", "{\"why\":\"customer on the phone\"}")
                .statusCode())
        .isEqualTo(204);
    assertThat(ada.send("GET", "/api/cases/1", null).body())
        .contains("secret-account-0001", "secret-customer-1");
    assertThat(ada.send("GET", "/api/cases/2", null).body()).doesNotContain("other-account");
    JsonNode log = console.client("otto").get("/api/access?case=1");
    assertThat(log.path("entries"))
        .anyMatch(
            each ->
                each.path("action").asText().equals("revealed")
                    && each.path("detail").asText().equals("customer on the phone"))
        .anyMatch(
            each ->
                each.path("action").asText().equals("read_case")
                    && each.path("user").asText().equals("ada"));
  }

  @Test
  void theLogsCannotBeChanged() {
    for (String statement :
        List.of(
            "delete from access_log",
            "update case_event set actor = 'x'",
            "truncate case_event cascade")) {
      assertThat(
              Stream.of(statement)
                  .map(
                      each -> {
                        try {
                          console.database().transact(handle -> handle.execute(each));
                          return "done";
                        } catch (RuntimeException e) {
                          return e.getMessage();
                        }
                      })
                  .findFirst())
          .hasValueSatisfying(message -> assertThat(message).contains("append-only"));
    }
  }

  @Test
  void largeBodiesAndWrongOnesAreRefused() throws Exception {
    TestConsole.Client ada = console.client("ada");
    assertThat(
            ada.send("POST", "/api/cases/1/notes", "{\"text\":\"" + "x".repeat(300_000) + "\"}")
                .statusCode())
        .isEqualTo(413);
    assertThat(
            ada.send("POST", "/api/cases/1/notes", "{\"text\":\"" + "x".repeat(10_001) + "\"}")
                .statusCode())
        .isEqualTo(400);
    assertThat(ada.send("POST", "/api/verdicts", "[1,2").statusCode()).isEqualTo(400);
    assertThat(ada.send("POST", "/api/verdicts", "null").statusCode()).isEqualTo(400);
    assertThat(
            ada.send("POST", "/api/verdicts", "{\"cases\":null,\"verdict\":\"fraud\"}")
                .statusCode())
        .isEqualTo(400);
    assertThat(
            ada.send("POST", "/api/cases/1/notes", "{\"text\":\"nul \\u0000 here\"}").statusCode())
        .isEqualTo(200);
    assertThat(ada.send("PUT", "/api/preferences", "{\"theme\":\"dark\\u0000\"}").statusCode())
        .isEqualTo(204);
  }
}
