package io.vigil.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers "what if" as the local stack's service does, but always the same. */
final class StandInScoring implements AutoCloseable {

  private static final String OFFER =
      """
      {"fields": ["amount", "merchant"], "models": [{"name": "default 2"}, {"name": "other 1"}],
       "spec": {"sha256": "00", "features": ["tx_amount"]}}""";

  private static final String ANSWER =
      """
      {"before": {"model": "default 2", "score": 0.9, "outcome": "REVIEW",
         "reasons": [{"code": "VELOCITY", "text": "9 payments of this account in 10 min"}]},
       "after": {"model": "other 1", "score": 0.125, "outcome": "APPROVE", "reasons": []},
       "changed": [{"feature": "tx_amount", "before": 400.0, "after": 12.5}],
       "held": ["account_sum_24h"]}""";

  private static final String REFUSAL =
      """
      {"error": "bad_value", "message": "amount: expected a decimal such as 57.16, got 'much'"}""";

  private final ObjectMapper mapper = new ObjectMapper();
  private final HttpServer server;

  /** What it was asked. */
  final List<JsonNode> questions = new CopyOnWriteArrayList<>();

  StandInScoring() throws IOException {
    server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), 0);
    server.createContext("/what-if", this::answer);
    server.start();
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      int status = 200;
      String said = OFFER;
      if (!"Bearer secret".equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        status = 401;
        said = "{}";
      } else if (exchange.getRequestMethod().equals("POST")) {
        JsonNode question = mapper.readTree(exchange.getRequestBody());
        questions.add(question);
        boolean bad = question.path("changes").path("amount").asText().equals("much");
        status = bad ? 400 : 200;
        said = bad ? REFUSAL : ANSWER;
      }
      byte[] bytes = said.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
