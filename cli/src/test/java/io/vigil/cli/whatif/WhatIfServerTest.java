package io.vigil.cli.whatif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vigil.schema.Decision;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Questions about simulated decisions, asked within the process and over HTTP. */
class WhatIfServerTest {
  private static final String SECRET = "a secret of this test";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static RecordedDecisions recorded;
  private static WhatIfService service;
  private static WhatIfServer server;

  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeAll
  static void start() throws Exception {
    recorded = new RecordedDecisions();
    service = new WhatIfService(recorded.artefacts, 30_000);
    server = WhatIfServer.start(service, 0, SECRET);
  }

  @AfterAll
  static void stop() {
    server.close();
    service.close();
  }

  @Test
  void anUnchangedDecisionComesOutAsItWasRecorded() throws Exception {
    int alerts = 0;
    for (Decision decision : recorded.decisions) {
      WhatIfService.Answer answer = service.ask(recorded.encoded(decision), Map.of(), null);

      for (WhatIfService.Side side : List.of(answer.before(), answer.after())) {
        assertThat(side.model()).isEqualTo(service.models().get(0));
        assertThat(Float.floatToRawIntBits(side.decided().logit()))
            .isEqualTo(decision.getLogitBits());
        assertThat(side.decided().score()).isEqualTo(decision.getScore());
        assertThat(side.decided().outcome()).isEqualTo(decision.getOutcome());
        assertThat(side.decided().reasons()).isEqualTo(decision.getReasons());
      }
      assertThat(answer.changed()).isEmpty();
      assertThat(answer.held()).isEmpty();
      alerts += decision.getReasons().isEmpty() ? 0 : 1;
    }
    assertThat(alerts).isGreaterThan(10);
  }

  @Test
  void anotherAmountIsFollowedWhereNoHistoryIsNeeded() throws Exception {
    List<String> names = service.featureNames();
    boolean differs = false;
    Set<String> followed = new TreeSet<>();
    for (int number = 0; number < RecordedDecisions.TRANSACTIONS; number += 20) {
      Decision decision = recorded.decisions.get(number);
      Transaction other =
          Transaction.newBuilder(decision.getTransaction())
              .setAmountMinor(777_777)
              .setBillingAmountMinor(777_777)
              .build();
      float[] truth = recorded.truth(number, other);

      WhatIfService.Answer answer =
          service.ask(recorded.encoded(decision), Map.of("amount", "7777.77"), null);

      assertThat(answer.held()).containsExactly("account_sum_24h", "account_min_1h");
      float[] vector = RecordedDecisions.vector(decision);
      for (WhatIfService.Change change : answer.changed()) {
        followed.add(change.feature());
        int index = names.indexOf(change.feature());
        assertThat(change.before()).isEqualTo(vector[index]);
        assertThat(change.after()).isCloseTo(truth[index], within(1e-6f * truth[index]));
        vector[index] = change.after();
      }
      // All that was not held is what the engine would have said.
      for (String held : answer.held()) {
        truth[names.indexOf(held)] = vector[names.indexOf(held)];
      }
      for (int i = 0; i < vector.length; i++) {
        assertThat(vector[i])
            .as(names.get(i))
            .isCloseTo(truth[i], within(1e-6f * Math.abs(truth[i])));
      }
      differs |= answer.after().decided().score() != answer.before().decided().score();
    }
    assertThat(differs).isTrue();
    assertThat(followed)
        .containsExactly("amount_vs_account_mean", "amount_vs_merchant_mean", "tx_amount");
  }

  @Test
  void aDecisionOfOtherArtefactsIsRefused() throws Exception {
    Decision alert = recorded.alert();
    String other = "ab".repeat(32);
    refused(
        "other_artefacts",
        "rule set: expected a decision of",
        Decision.newBuilder(alert).setRuleSet(RecordedDecisions.digest(other)).build());
    refused(
        "other_artefacts",
        "feature spec: expected a decision of",
        Decision.newBuilder(alert).setFeatureSpec(RecordedDecisions.digest(other)).build());
    refused(
        "other_artefacts",
        "model: expected a decision of one of",
        Decision.newBuilder(alert).setModel(RecordedDecisions.digest(other)).build());
    refused(
        "other_engine",
        "got one of elsewhere",
        Decision.newBuilder(alert).setEngineClass("elsewhere").build());
  }

  @Test
  void aDecisionThatDoesNotComeOutAgainIsRefused() {
    Decision alert = recorded.alert();
    refused(
        "not_reproduced",
        "logit: expected that of the decision",
        Decision.newBuilder(alert).setLogitBits(alert.getLogitBits() + 1).build());
    refused(
        "not_reproduced",
        "score: expected that of the decision",
        Decision.newBuilder(alert).setScore(Math.nextUp(alert.getScore())).build());
    refused(
        "not_reproduced",
        "reasons: expected that of the decision",
        Decision.newBuilder(alert).setReasons(List.of()).build());
  }

  private static void refused(String error, String message, Decision decision) {
    assertThatThrownBy(() -> service.ask(recorded.encoded(decision), Map.of(), null))
        .isInstanceOfSatisfying(
            WhatIfException.class,
            e -> {
              assertThat(e.status()).isEqualTo(409);
              assertThat(e.error()).isEqualTo(error);
            })
        .hasMessageContaining(message);
  }

  @Test
  void aFallbackWithoutScoreIsAnsweredAsItWasMade() throws Exception {
    Decision alone =
        recorded.decisions.stream()
            .filter(each -> each.getReasons().isEmpty())
            .findFirst()
            .orElseThrow();
    Decision fallback =
        Decision.newBuilder(alone)
            .setScore(Double.NaN)
            .setLogitBits(null)
            .setFallbackCause("deadline")
            .build();

    JsonNode answer = ask(question(fallback), 200);

    assertThat(answer.path("before").path("score").isNull()).isTrue();
    assertThat(answer.path("after").path("score").doubleValue()).isEqualTo(alone.getScore());
  }

  @Test
  void answersOverHttp() throws Exception {
    Decision alert = recorded.alert();
    ObjectNode question = question(alert);
    question.putObject("changes").put("amount", "1.00").put("merchant", "another");
    question.put("model", service.models().get(0));

    JsonNode answer = ask(question, 200);

    assertThat(answer.path("before").path("score").doubleValue()).isEqualTo(alert.getScore());
    assertThat(answer.path("before").path("outcome").asText()).isEqualTo(alert.getOutcome().name());
    assertThat(answer.path("before").path("reasons")).hasSameSizeAs(alert.getReasons());
    assertThat(answer.path("before").path("reasons").get(0).path("text").asText())
        .isEqualTo(alert.getReasons().get(0).getText());
    assertThat(answer.path("after").path("score").doubleValue()).isNotEqualTo(alert.getScore());
    assertThat(answer.path("changed").get(0).path("feature").asText()).isEqualTo("tx_amount");
    assertThat(answer.path("changed").get(0).path("after").doubleValue()).isEqualTo(1);
    assertThat(answer.path("held"))
        .extracting(JsonNode::asText)
        .contains("account_sum_24h", "account_merchant_seen_30d", "merchant_count_30d");
  }

  @Test
  void saysWhatCanBeAsked() throws Exception {
    HttpResponse<String> response =
        http.send(request("/what-if", SECRET).GET().build(), HttpResponse.BodyHandlers.ofString());

    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode offer = MAPPER.readTree(response.body());
    assertThat(offer.path("fields").get(0).asText()).isEqualTo("amount");
    assertThat(offer.path("models").get(0).path("name").asText()).startsWith("default ");
    assertThat(offer.path("spec").path("sha256").asText()).isEqualTo(service.fingerprint());
    assertThat(offer.path("spec").path("features"))
        .extracting(JsonNode::asText)
        .isEqualTo(service.featureNames());
  }

  @Test
  void onlyThoseWhoKnowTheSecretAreAnswered() throws Exception {
    for (String secret : List.of("", "another", SECRET + "x", SECRET.substring(1))) {
      HttpResponse<String> response =
          http.send(
              request("/what-if", secret).GET().build(), HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(401);
      assertThat(response.body()).doesNotContain("tx_amount");
    }
    assertThatThrownBy(() -> WhatIfServer.start(service, 0, ""))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesWhatIsNoQuestion() throws Exception {
    ObjectNode unknownField = question(recorded.alert());
    unknownField.putObject("changes").put("colour", "red");
    assertThat(ask(unknownField, 400).path("error").asText()).isEqualTo("unknown_field");

    ObjectNode unknownModel = question(recorded.alert());
    unknownModel.put("model", "nobody's");
    assertThat(ask(unknownModel, 400).path("error").asText()).isEqualTo("unknown_model");

    ObjectNode noRate = question(recorded.alert());
    noRate.putObject("changes").put("billing_currency", "BTN");
    assertThat(ask(noRate, 400).path("message").asText()).contains("expected one with a rate");

    ObjectNode number = question(recorded.alert());
    number.putObject("changes").put("amount", 5);
    assertThat(ask(number, 400).path("error").asText()).isEqualTo("bad_body");

    for (String body :
        List.of("", "no JSON", "[]", "{} {}", "{\"decision\":\"%%\"}", "{\"other\":1}")) {
      assertThat(post(body).statusCode()).as(body).isEqualTo(400);
    }
    ObjectNode garbage = MAPPER.createObjectNode();
    garbage.put("decision", Base64.getEncoder().encodeToString(new byte[200]));
    assertThat(ask(garbage, 400).path("error").asText()).isEqualTo("bad_decision");

    char[] large = new char[WhatIfServer.BODY_BYTES_MAX + 1];
    Arrays.fill(large, ' ');
    assertThat(post(new String(large)).statusCode()).isEqualTo(413);

    assertThat(
            http.send(
                    request("/elsewhere", SECRET).GET().build(),
                    HttpResponse.BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(404);
    assertThat(
            http.send(
                    request("/what-if", SECRET).DELETE().build(),
                    HttpResponse.BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(405);
  }

  private static ObjectNode question(Decision decision) {
    ObjectNode question = MAPPER.createObjectNode();
    question.put("decision", Base64.getEncoder().encodeToString(recorded.encoded(decision)));
    return question;
  }

  private JsonNode ask(ObjectNode question, int status) throws IOException, InterruptedException {
    HttpResponse<String> response = post(question.toString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return MAPPER.readTree(response.body());
  }

  private HttpResponse<String> post(String body) throws IOException, InterruptedException {
    return http.send(
        request("/what-if", SECRET).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(String path, String secret) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .header("Authorization", "Bearer " + secret);
  }
}
