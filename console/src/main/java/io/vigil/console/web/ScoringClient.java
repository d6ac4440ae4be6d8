package io.vigil.console.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vigil.console.Refusal;
import io.vigil.console.cases.CaseEvents;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Asks the scoring service of the stack "what if". Thread-safe. */
public final class ScoringClient {

  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration ANSWER = Duration.ofSeconds(20);

  private final @Nullable URI service;
  private final String secret;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(CONNECT).version(HttpClient.Version.HTTP_1_1).build();
  private volatile @Nullable JsonNode offer;

  /**
   * @param service its address; null when there is none
   * @param secret what it wants to hear
   */
  public ScoringClient(@Nullable URI service, String secret) {
    this.service = service;
    this.secret = secret;
  }

  /** What the service can do; {@code available} is false when there is none. */
  ObjectNode offer() {
    ObjectNode answer = CaseEvents.JSON.createObjectNode();
    JsonNode known = known();
    answer.put("available", known != null);
    List<String> models = new ArrayList<>();
    if (known != null) {
      known.path("models").forEach(model -> models.add(model.path("name").asText()));
      answer.set("fields", known.path("fields"));
    } else {
      answer.putArray("fields");
    }
    models.forEach(answer.putArray("models")::add);
    return answer;
  }

  /** Names of a spec's features in order, when the service has that spec. */
  @Nullable JsonNode featureNames(String specDigest) {
    JsonNode known = known();
    return known != null && known.path("spec").path("sha256").asText().equals(specDigest)
        ? known.path("spec").path("features")
        : null;
  }

  private @Nullable JsonNode known() {
    JsonNode known = offer;
    if (known == null && service != null) {
      try {
        known = send(HttpRequest.newBuilder(service.resolve("/what-if")).GET());
        offer = known;
      } catch (Refusal e) {
        return null;
      }
    }
    return known;
  }

  /** The service's answer. */
  JsonNode ask(byte[] decision, Map<String, String> changes, @Nullable String model) {
    ObjectNode body = CaseEvents.JSON.createObjectNode();
    body.put("decision", Base64.getEncoder().encodeToString(decision));
    ObjectNode fields = body.putObject("changes");
    changes.forEach(fields::put);
    if (model != null) {
      body.put("model", model);
    }
    if (service == null) {
      throw unavailable("no scoring service is configured");
    }
    return send(
        HttpRequest.newBuilder(service.resolve("/what-if"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
  }

  private JsonNode send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          http.send(
              request.timeout(ANSWER).header("Authorization", "Bearer " + secret).build(),
              HttpResponse.BodyHandlers.ofString());
      JsonNode body = CaseEvents.JSON.readTree(response.body());
      if (response.statusCode() == 200) {
        return body;
      }
      String message = body.path("message").asText("the scoring service refused");
      throw response.statusCode() >= 500
          ? unavailable(message)
          : new Refusal(Refusal.Kind.BAD_REQUEST, body.path("error").asText("refused"), message);
    } catch (JsonProcessingException e) {
      throw unavailable("the scoring service answered with something else than JSON");
    } catch (IOException e) {
      throw unavailable("the scoring service does not answer");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unavailable("interrupted");
    }
  }

  private static Refusal unavailable(String message) {
    return new Refusal(Refusal.Kind.UNAVAILABLE, "no_scoring", message);
  }
}
