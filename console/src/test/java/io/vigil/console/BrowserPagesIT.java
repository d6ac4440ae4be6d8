package io.vigil.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.vigil.console.Alerts.alert;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.BoundingBox;
import com.microsoft.playwright.options.ColorScheme;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vigil.console.cases.CaseEvents;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an analyst's day seldom needs: what if, search, every dialog, text of strangers. */
class BrowserPagesIT extends InBrowser {

  private static final List<ColorScheme> SCHEMES = List.of(ColorScheme.LIGHT, ColorScheme.DARK);

  private final BlockingQueue<JsonNode> questions = new LinkedBlockingQueue<>();
  private HttpServer scoring;

  @Override
  TestConsole newConsole() throws Exception {
    scoring = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    scoring.createContext("/what-if", this::score);
    scoring.start();
    return new TestConsole(URI.create("http://127.0.0.1:" + scoring.getAddress().getPort()));
  }

  @AfterEach
  void stopScoring() {
    scoring.stop(0);
  }

  /** As the scoring service of the stack speaks. */
  private void score(HttpExchange exchange) throws IOException {
    String answer;
    int status = 200;
    if (!"Bearer secret".equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      status = 401;
      answer = "{\"error\":\"secret\",\"message\":\"who asks?\"}";
    } else if (exchange.getRequestMethod().equals("GET")) {
      answer =
          """
          {"fields":["amount","merchant"],"models":[{"name":"default"},{"name":"next"}],
           "spec":{"sha256":"%s","features":["count_1h","amount"]}}"""
              .formatted("0".repeat(64));
    } else {
      JsonNode question = CaseEvents.JSON.readTree(exchange.getRequestBody());
      questions.add(question);
      if (question.path("changes").path("amount").asText().equals("much")) {
        status = 400;
        answer = "{\"error\":\"bad_request\",\"message\":\"amount: expected a number, got much\"}";
      } else {
        answer =
            """
            {"before":{"score":0.8,"outcome":"REVIEW","model":"default","reasons":[{"code":"VELOCITY","text":"9 payments"}]},
             "after":{"score":0.1234,"outcome":"APPROVE","model":"next","reasons":[]},
             "changed":[{"feature":"amount","before":120,"after":5}],"held":["amount_vs_mean_30d"]}""";
      }
    }
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Test
  void whatIfIsAskedOfTheScoringService() throws Exception {
    cases(1);
    Page page = open("ada");
    page.keyboard().press("n");
    page.getByTestId("case-1").waitFor();
    page.keyboard().press("w");
    Locator dialog = page.getByTestId("dialog-what-if");
    dialog.waitFor();
    dialog.locator("[name=field-amount]").fill("much");
    page.keyboard().press("Enter");
    assertThat(dialog.locator(".bad")).hasText("amount: expected a number, got much");
    dialog.locator("[name=field-amount]").fill("5.00");
    dialog.locator("select").selectOption("next");
    dialog.getByTestId("score-anew").click();
    Locator answer = dialog.getByTestId("what-if-answer");
    assertThat(answer).containsText("0.800");
    assertThat(answer).containsText("0.123");
    assertThat(answer).containsText("approve");
    assertThat(answer).containsText("120.000 → 5.000");
    assertThat(answer).containsText("amount_vs_mean_30d");
    noViolations(page, "what if");
    questions.take();
    JsonNode question = questions.take();
    assertThat(question.path("changes").toString()).isEqualTo("{\"amount\":\"5.00\"}");
    assertThat(question.path("model").asText()).isEqualTo("next");
    Decision decision =
        Codec.of(Decision.class)
            .decode(Base64.getDecoder().decode(question.path("decision").asText()));
    assertThat(decision.getTransaction().getTransactionId()).isEqualTo("t-q1");
    page.keyboard().press("Escape");
    assertThat(page.locator(".history")).containsText("asked what if: amount");
    // The feature's name comes from the service as well.
    page.keyboard().press("r");
    page.getByTestId("dialog-record").locator("summary").first().click();
    assertThat(page.getByTestId("dialog-record")).containsText("count_1h");
  }

  @Test
  void whatComesWhileTheCursorRestsMovesNothing() throws Exception {
    cases(6);
    Page page = open("ada");
    page.getByTestId("queue").waitFor();
    Locator third = page.locator("a[data-case='3']");
    third.hover();
    for (int i = 0; i < 3; i++) {
      page.keyboard().press("j");
    }
    assertThat(third).isFocused();
    BoundingBox before = third.boundingBox();
    for (int i = 0; i < 3; i++) {
      console.feed().alert(alert("n" + i).amount(900_000 + i).at(Instant.now()).build());
    }
    assertThat(page.getByTestId("new-bar")).containsText("3 new");
    assertThat(third.boundingBox()).usingRecursiveComparison().isEqualTo(before);
    assertThat(third).isFocused();
    assertThat(page.locator("[data-testid=queue] > li")).hasCount(6);
    page.keyboard().press("Enter");
    page.getByTestId("case-3").waitFor();
  }

  @Test
  void afterALostConnectionNewCasesAreToldAgain() throws Exception {
    cases(1);
    Page page = open("ada");
    page.getByTestId("queue").waitFor();
    page.context().setOffline(true);
    page.keyboard().press("n");
    page.getByTestId("offline").waitFor();
    noViolations(page, "offline");
    console.feed().alert(alert("missed").amount(900_000).at(Instant.now()).build());
    page.context().setOffline(false);
    assertThat(page.getByTestId("offline")).hasCount(0);
    assertThat(page.getByTestId("new-bar")).containsText("1 new");
    console.feed().alert(alert("later").amount(900_000).at(Instant.now()).build());
    assertThat(page.getByTestId("new-bar")).containsText("2 new");
  }

  @Test
  void whatAnEmergencyPutInForceStandsOnEveryPageUntilItIsReviewed() throws Exception {
    cases(1);
    Deployment answer =
        Deployment.newBuilder()
            .setDeploymentId("answer-a")
            .setRequestId("night-7")
            .setStatus(DeploymentStatus.ACTIVATED)
            .setKind(ArtefactKind.RULE_SET)
            .setAlias(Alias.CHAMPION)
            .setName("stop-gap")
            .setVersion("3")
            .setDigest("0".repeat(64))
            .setEffectiveAt(0)
            .setBreakGlass(true)
            .setEndsAt(Instant.parse("2026-03-01T16:30:00Z").toEpochMilli())
            .setPersons(List.of("olga"))
            .build();
    console.feed().control(answer);
    console
        .feed()
        .control(
            Deployment.newBuilder(answer)
                .setDeploymentId("answer-b")
                .setRequestId("usual")
                .setBreakGlass(false)
                .build());

    Page page = open("ada");
    Locator banner = page.getByTestId("emergencies");
    assertThat(banner).containsText("rule set stop-gap 3, put in force by olga");
    assertThat(banner).containsText("2026");
    assertThat(banner.locator("p")).hasCount(1);
    noViolations(page, "an emergency");
    page.keyboard().press("n");
    page.getByTestId("case-1").waitFor();
    assertThat(banner).isVisible();

    console
        .feed()
        .control(
            Deployment.newBuilder(answer)
                .setDeploymentId("answer-c")
                .setRequestId("review-1")
                .setReviews("night-7")
                .setPersons(List.of("bob"))
                .build());
    page.reload();
    page.getByTestId("case-1").waitFor();
    assertThat(banner).hasCount(0);
  }

  @Test
  void searchFindsByWhatAnalystsKnow() throws Exception {
    cases(3);
    TestConsole.Client bob = console.client("bob");
    bob.send("POST", "/api/cases/2/notes", "{\"text\":\"customer travels to Ulaanbaatar\"}");
    Page page = open("ada");
    page.getByTestId("queue").waitFor();
    Map<String, Integer> found =
        Map.of("merchant-q1", 1, "C-3", 3, "ulaan", 2, "account-q2 ulaanbaatar", 2, "t-q3", 3);
    for (Map.Entry<String, Integer> each : found.entrySet()) {
      page.keyboard().press("/");
      page.getByTestId("search").fill(each.getKey());
      assertThat(page.locator("[data-testid=queue] > li")).hasCount(1);
      assertThat(page.getByTestId("row-" + each.getValue())).isVisible();
      noViolations(page, "search");
      page.getByTestId("search").fill("");
      assertThat(page.locator("[data-testid=queue] > li")).hasCount(3);
      page.getByTestId("search").blur();
    }
    page.getByTestId("search").fill("nobody-has-this");
    assertThat(page.locator(".empty")).containsText("No case has all of these words.");
    noViolations(page, "nothing found");
  }

  @Test
  void everyDialogAndStateIsAccessibleInBothThemes() throws Exception {
    cases(2);
    console.feed().alert(alert("big").amount(2_000_000).at(Instant.now()).build());
    Page page = page();
    for (ColorScheme scheme : SCHEMES) {
      page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
      noViolations(page, "sign-in " + scheme);
    }
    page.getByTestId("name").fill("lena");
    page.getByTestId("password").fill(TestConsole.oneTimePassword());
    page.getByTestId("submit").click();
    page.getByTestId("again").waitFor();
    for (ColorScheme scheme : SCHEMES) {
      page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
      noViolations(page, "password " + scheme);
    }
    page.getByTestId("password").fill(TestConsole.PASSWORD);
    page.getByTestId("again").fill(TestConsole.PASSWORD);
    page.getByTestId("submit").click();
    page.getByTestId("queue").waitFor();
    Map<String, String> dialogs =
        Map.of(
            "f",
            "fraud",
            "s",
            "snooze",
            "c",
            "wait",
            "e",
            "escalate",
            "m",
            "note",
            "p",
            "trust",
            "a",
            "action",
            "y",
            "reveal",
            "w",
            "what-if",
            "r",
            "record");
    for (ColorScheme scheme : SCHEMES) {
      page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
      page.navigate(console.address() + "/case/1");
      page.getByTestId("case-1").waitFor();
      for (Map.Entry<String, String> each : dialogs.entrySet()) {
        dialog(page, each.getKey(), each.getValue(), scheme);
      }
      dialog(page, "?", "help", scheme);
      dialog(page, "Control+k", "palette", scheme);
    }
    // Pending, decided, snoozed, and the dialogs that they have.
    String verdict =
        "{\"cases\":[{\"case_id\":%d,\"version\":%d}],\"verdict\":\"fraud\",\"scheme\":\"other\","
            + "\"actions\":[\"BLOCK\"],\"note\":\"a note\"}";
    TestConsole.Client ada = console.client("ada");
    TestConsole.Client lena = console.client("lena");
    lena.send("DELETE", "/api/cases/1/claim", null);
    for (int id : new int[] {1, 3}) {
      long version = ada.get("/api/cases/" + id).path("version").asLong();
      assertThat(ada.send("POST", "/api/verdicts", verdict.formatted(id, version)).statusCode())
          .isEqualTo(200);
    }
    String until = "{\"until\":\"" + Instant.now().plusSeconds(3_600) + "\"}";
    ada.send("POST", "/api/cases/2/snooze", until);
    for (ColorScheme scheme : SCHEMES) {
      page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
      for (int id = 1; id <= 3; id++) {
        page.navigate(console.address() + "/case/" + id);
        page.getByTestId("case-" + id).waitFor();
        noViolations(page, "case " + id + " " + scheme);
        if (id == 1) {
          dialog(page, "o", "reopen", scheme);
        } else if (id == 3) {
          dialog(page, "V", "refuse", scheme);
        }
      }
      page.navigate(console.address() + "/?status=all");
      page.getByTestId("queue").waitFor();
      noViolations(page, "queue of all " + scheme);
      page.navigate(console.address() + "/case/99");
      page.locator(".empty").waitFor();
      noViolations(page, "no case " + scheme);
    }
  }

  private static void dialog(Page page, String key, String name, ColorScheme scheme) {
    page.keyboard().press(key);
    Locator dialog = page.getByTestId("dialog-" + name);
    dialog.waitFor();
    noViolations(page, name + " " + scheme);
    page.keyboard().press("Escape");
    assertThat(dialog).hasCount(0);
  }

  @Test
  void textOfStrangersInEveryFieldStaysText() throws Exception {
    for (String text :
        List.of(Hostile.MARKUP, Hostile.TURNED, Hostile.STATEMENT, "word ".repeat(2_000))) {
      console
          .feed()
          .alert(Hostile.everywhere(alert("h" + text.length()).at(Instant.now()).build(), text));
    }
    Page page = open("lena");
    page.getByTestId("queue").waitFor();
    assertThat(page.locator("[data-testid=queue] > li")).hasCount(4);
    harmless(page, "queue");
    for (int id = 1; id <= 4; id++) {
      page.navigate(console.address() + "/case/" + id);
      page.getByTestId("case-" + id).waitFor();
      page.locator("vigil-timeline canvas, vigil-timeline table, vigil-timeline p")
          .first()
          .waitFor();
      page.keyboard().press("b");
      page.keyboard().press("r");
      page.getByTestId("dialog-record").waitFor();
      harmless(page, "record " + id);
      page.keyboard().press("Escape");
      page.keyboard().press("p");
      page.getByTestId("dialog-trust").waitFor();
      page.keyboard().press("Escape");
      harmless(page, "case " + id);
    }
    // What would turn the sentence around it is not in the headline.
    page.navigate(console.address() + "/case/2");
    page.getByTestId("case-2").waitFor();
    assertThat(page.locator("main h1").textContent()).contains("evil").doesNotContain("\u202E");
    for (String path : List.of("/lead", "/access")) {
      page.navigate(console.address() + path);
      page.locator("main h1").waitFor();
      harmless(page, path);
    }
  }

  private static void harmless(Page page, String where) {
    assertThat(page.evaluate("() => window.pwned ?? 'safe'")).as(where).isEqualTo("safe");
    assertThat((Integer) page.evaluate("() => document.documentElement.scrollWidth - innerWidth"))
        .as("nothing sticks out of " + where)
        .isLessThanOrEqualTo(0);
  }
}
