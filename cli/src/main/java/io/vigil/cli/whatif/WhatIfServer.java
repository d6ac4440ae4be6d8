package io.vigil.cli.whatif;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vigil.job.decide.Rescoring;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@link WhatIfService} over HTTP and JSON, on 127.0.0.1 alone and for those who know the secret.
 * {@code GET /what-if} says what can be asked, {@code POST /what-if} asks. Thread-safe.
 */
final class WhatIfServer implements AutoCloseable {
  /** A decision with all attributes that a transaction may have, in base64, and some room. */
  static final int BODY_BYTES_MAX = 1 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(WhatIfServer.class);
  private static final String PATH = "/what-if";
  private static final byte[] HOST = {127, 0, 0, 1};
  private static final int THREADS = 2;
  private static final int WAITING_MAX = 16;
  private static final Set<String> KEYS = Set.of("decision", "changes", "model");

  private final ObjectMapper mapper =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private final WhatIfService service;
  private final byte[] authorization;
  private final HttpServer server;
  private final ThreadPoolExecutor threads;

  private record Question(byte[] decision, Map<String, String> changes, @Nullable String model) {}

  private WhatIfServer(WhatIfService service, String secret, HttpServer server) {
    this.service = service;
    this.authorization = ("Bearer " + secret).getBytes(StandardCharsets.UTF_8);
    this.server = server;
    // Who comes while all of these are busy is turned away at once.
    this.threads =
        new ThreadPoolExecutor(
            THREADS, THREADS, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING_MAX));
  }

  /**
   * Starts to answer.
   *
   * @param port on 127.0.0.1; 0 for any free one
   * @param secret what callers must say, not empty
   * @throws IOException when the port is taken
   */
  static WhatIfServer start(WhatIfService service, int port, String secret) throws IOException {
    if (secret.isEmpty()) {
      throw new IllegalArgumentException("secret: expected some characters, got none");
    }
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(HOST), port), WAITING_MAX);
    WhatIfServer server = new WhatIfServer(service, secret, http);
    http.setExecutor(server.threads);
    http.createContext("/", server::handle);
    http.start();
    return server;
  }

  /** Its port. */
  int port() {
    return server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) {
    try (exchange) {
      int status = 200;
      ObjectNode answer;
      try {
        answer = answer(exchange);
      } catch (WhatIfException e) {
        status = e.status();
        answer = refusal(e.error(), String.valueOf(e.getMessage()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        status = 503;
        answer = refusal("stopping", "the scoring service stops");
      } catch (RuntimeException e) {
        LOG.error("a question was not answered", e);
        status = 500;
        answer = refusal("internal", "the scoring service failed; its log says why");
      }
      byte[] body = mapper.writeValueAsBytes(answer);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      if (status == 413) {
        exchange.getResponseHeaders().set("Connection", "close");
      }
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException e) {
      LOG.debug("a caller went away", e);
    }
  }

  private ObjectNode refusal(String error, String message) {
    return mapper.createObjectNode().put("error", error).put("message", message);
  }

  private ObjectNode answer(HttpExchange exchange)
      throws WhatIfException, IOException, InterruptedException {
    String said = exchange.getRequestHeaders().getFirst("Authorization");
    byte[] given = (said == null ? "" : said).getBytes(StandardCharsets.UTF_8);
    if (!MessageDigest.isEqual(authorization, given)) {
      throw new WhatIfException(
          401, "unauthorized", "Authorization: expected the stack's secret, got another or none");
    }
    if (!exchange.getRequestURI().getPath().equals(PATH)) {
      throw new WhatIfException(404, "not_found", "path: expected " + PATH + ", got another");
    }
    return switch (exchange.getRequestMethod()) {
      case "GET" -> offer();
      case "POST" -> {
        Question question = question(body(exchange));
        yield json(service.ask(question.decision, question.changes, question.model));
      }
      default ->
          throw new WhatIfException(405, "bad_method", "method: expected GET or POST, got another");
    };
  }

  private static byte[] body(HttpExchange exchange) throws IOException, WhatIfException {
    byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX + 1);
    if (body.length > BODY_BYTES_MAX) {
      throw new WhatIfException(
          413, "too_large", "body: expected at most " + BODY_BYTES_MAX + " bytes, got more");
    }
    return body;
  }

  private Question question(byte[] body) throws WhatIfException {
    JsonNode json;
    try {
      json = mapper.readTree(body);
    } catch (JsonProcessingException e) {
      throw WhatIfException.bad("bad_body", "body: expected JSON, got something else");
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory failed", e);
    }
    if (json == null || !json.isObject()) {
      throw WhatIfException.bad("bad_body", "body: expected a JSON object, got something else");
    }
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      if (!KEYS.contains(entry.getKey())) {
        throw WhatIfException.bad(
            "bad_body", "body: expected decision, changes and model, got another key beside them");
      }
    }
    JsonNode model = json.path("model");
    if (!model.isMissingNode() && !model.isNull() && !model.isTextual()) {
      throw WhatIfException.bad("bad_body", "model: expected a text, got something else");
    }
    return new Question(
        decision(json.path("decision")),
        changes(json.path("changes")),
        model.isTextual() ? model.textValue() : null);
  }

  private static byte[] decision(JsonNode node) throws WhatIfException {
    try {
      if (node.isTextual()) {
        return Base64.getDecoder().decode(node.textValue());
      }
    } catch (IllegalArgumentException e) {
      // Not base64: said below.
    }
    throw WhatIfException.bad("bad_body", "decision: expected base64, got something else");
  }

  private static Map<String, String> changes(JsonNode node) throws WhatIfException {
    Map<String, String> changes = new TreeMap<>();
    if (node.isMissingNode() || node.isNull()) {
      return changes;
    }
    for (Map.Entry<String, JsonNode> change : node.properties()) {
      if (!change.getValue().isTextual()) {
        throw WhatIfException.bad("bad_body", "changes: expected a text for each field");
      }
      changes.put(change.getKey(), change.getValue().textValue());
    }
    if (!node.isObject()) {
      throw WhatIfException.bad("bad_body", "changes: expected a JSON object, got something else");
    }
    return changes;
  }

  private ObjectNode offer() {
    ObjectNode json = mapper.createObjectNode();
    Changes.FIELDS.forEach(json.putArray("fields")::add);
    ArrayNode models = json.putArray("models");
    service.models().forEach(name -> models.addObject().put("name", name));
    ObjectNode spec = json.putObject("spec");
    spec.put("sha256", service.fingerprint());
    service.featureNames().forEach(spec.putArray("features")::add);
    return json;
  }

  private ObjectNode json(WhatIfService.Answer answer) {
    ObjectNode json = mapper.createObjectNode();
    json.set("before", side(answer.before()));
    json.set("after", side(answer.after()));
    ArrayNode changed = json.putArray("changed");
    for (WhatIfService.Change change : answer.changed()) {
      changed
          .addObject()
          .put("feature", change.feature())
          .put("before", change.before())
          .put("after", change.after());
    }
    answer.held().forEach(json.putArray("held")::add);
    return json;
  }

  private ObjectNode side(WhatIfService.Side side) {
    Rescoring.Rescored decided = side.decided();
    ObjectNode json = mapper.createObjectNode();
    json.put("model", side.model());
    if (Double.isNaN(decided.score())) {
      json.putNull("score");
    } else {
      json.put("score", decided.score());
    }
    json.put("outcome", decided.outcome().name());
    ArrayNode reasons = json.putArray("reasons");
    decided
        .reasons()
        .forEach(
            reason ->
                reasons
                    .addObject()
                    .put("code", reason.getCode())
                    .put("text", reason.getText())
                    .put("contribution", reason.getContribution()));
    return json;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
