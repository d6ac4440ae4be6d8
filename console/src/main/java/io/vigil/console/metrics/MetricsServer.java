package io.vigil.console.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * An address of its own for machines: {@code /metrics}, {@code /live} and {@code /ready}. Nobody
 * signs in here and nothing of a person is told; who may reach it is the network's business.
 */
public final class MetricsServer implements AutoCloseable {

  private static final int OK = 200;
  private static final int NOT_ALLOWED = 405;
  private static final int UNAVAILABLE = 503;
  private static final int THREADS = 2;

  private final HttpServer server;
  private final ExecutorService threads;

  /**
   * Starts to serve.
   *
   * @param ready whether the console can do its work
   */
  public MetricsServer(InetSocketAddress address, ConsoleMetrics metrics, BooleanSupplier ready)
      throws IOException {
    server = HttpServer.create(address, 0);
    threads = Executors.newFixedThreadPool(THREADS, task -> new Thread(task, "metrics"));
    server.setExecutor(threads);
    PrometheusTextFormatWriter text = PrometheusTextFormatWriter.create();
    server.createContext(
        "/metrics",
        exchange -> {
          ByteArrayOutputStream body = new ByteArrayOutputStream();
          text.write(body, metrics.scrape(), EscapingScheme.DEFAULT);
          answer(exchange, OK, text.getContentType(), body.toByteArray());
        });
    server.createContext("/live", exchange -> answer(exchange, OK, "alive"));
    server.createContext(
        "/ready",
        exchange -> {
          boolean is = ready.getAsBoolean();
          answer(exchange, is ? OK : UNAVAILABLE, is ? "ready" : "the database does not answer");
        });
    server.start();
  }

  /** Where it listens. */
  public int port() {
    return server.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    answer(exchange, status, "text/plain", text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void answer(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    try (exchange) {
      boolean reads = exchange.getRequestMethod().equals("GET");
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(reads ? status : NOT_ALLOWED, reads ? body.length : -1);
      if (reads) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
