package io.vigil.cli.bridge;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Speaks the part of the registry's protocol that readers need. */
public final class RegistryServer implements AutoCloseable {
  private static final String UNKNOWN = "{\"error_code\":40403,\"message\":\"Schema not found\"}";

  /** What it says of what it lacks, in place of a registry's answer. */
  @Nullable String page;

  private final HttpServer server;
  private final Map<String, String> answers = new ConcurrentHashMap<>();
  public final List<String> asked = new ArrayList<>();
  private @Nullable String authorization;
  private volatile int refusals;

  /**
   * @param tls null to speak in clear
   */
  public RegistryServer(@Nullable SSLContext tls) throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    if (tls == null) {
      server = HttpServer.create(address, 0);
    } else {
      HttpsServer https = HttpsServer.create(address, 0);
      https.setHttpsConfigurator(new HttpsConfigurator(tls));
      server = https;
    }
    server.createContext("/", this::answer);
    server.start();
  }

  public String address() {
    String scheme = server instanceof HttpsServer ? "https" : "http";
    return scheme + "://localhost:" + server.getAddress().getPort();
  }

  /** From now on asks for a name and a password. */
  public RegistryServer guarded(String userInfo) {
    authorization =
        "Basic " + Base64.getEncoder().encodeToString(userInfo.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** Answers so many times with 503. */
  public void unavailable(int times) {
    refusals = times;
  }

  public void put(String path, String json) {
    answers.put(path, json);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      asked.add(path);
      int status = 200;
      String body = answers.get(path);
      if (refusals > 0) {
        refusals--;
        status = 503;
        body = "{\"error_code\":50302,\"message\":\"Not now\"}";
      } else if (authorization != null
          && !authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        status = 401;
        body = "{\"error_code\":401,\"message\":\"Unauthorized\"}";
      } else if (body == null) {
        status = 404;
        body = page != null ? page : UNKNOWN;
      }
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().add("Content-Type", "application/vnd.schemaregistry.v1+json");
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
