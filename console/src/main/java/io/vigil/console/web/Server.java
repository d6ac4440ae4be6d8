package io.vigil.console.web;

import io.javalin.Javalin;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.router.Endpoint;
import io.vigil.console.Refusal;
import io.vigil.console.access.People;
import io.vigil.console.store.Database;
import java.util.Map;
import java.util.Set;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server: pages, the API, and what every answer has in common. */
public final class Server implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Server.class);
  private static final int THREADS = 400;
  private static final long BODY_MOST = 200_000;

  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self';"
          + " frame-ancestors 'none'";

  private final Javalin javalin;

  /** Learns how requests were answered. */
  @FunctionalInterface
  public interface Observer {
    /**
     * A request was answered.
     *
     * @param route as it is declared, so that no id is in it; empty for none
     */
    void answered(String method, String route, int status, double seconds);
  }

  /**
   * Starts to serve.
   *
   * @param host address to listen at
   * @param port 0 for any free one
   * @param publicHosts further names, with the port if it is not the default one, under which
   *     browsers reach the console
   * @param observer is told of every answer
   */
  public Server(String host, int port, Set<String> publicHosts, Api api, Observer observer) {
    this.javalin =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.http.maxRequestSize = BODY_MOST;
              config.http.generateEtags = false;
              config.jetty.threadPool = new QueuedThreadPool(THREADS, 8);
              config.requestLogger.http(
                  (context, ms) ->
                      observer.answered(
                          context.method().name(), route(context), context.statusCode(), ms / 1e3));
              RoutesConfig routes = config.routes;
              routes.before(context -> begin(context, publicHosts));
              new Pages().register(routes);
              api.register(routes);
              failures(routes);
            });
    javalin.start(host, port);
  }

  /** Where it listens. */
  public int port() {
    return javalin.port();
  }

  private static String route(Context context) {
    Endpoint matched = context.endpoints().matchedHttpEndpoint();
    return matched == null ? "" : matched.path;
  }

  private static void begin(Context context, Set<String> publicHosts) {
    context
        .header("Content-Security-Policy", POLICY)
        .header("X-Content-Type-Options", "nosniff")
        .header("Referrer-Policy", "no-referrer")
        .header("Cross-Origin-Opener-Policy", "same-origin")
        .header("Cross-Origin-Resource-Policy", "same-origin")
        .header("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    if (context.path().startsWith("/api")) {
      context.header("Cache-Control", "no-store");
    }
    // A name that somebody else let lead to this address must not open it (DNS rebinding).
    String host = context.header("Host");
    String name = host == null ? "" : host.replaceFirst(":\\d+$", "");
    if (!name.equals("127.0.0.1")
        && !name.equals("localhost")
        && !name.equals("[::1]")
        && (host == null || !publicHosts.contains(host))) {
      throw new Refusal(
          Refusal.Kind.FORBIDDEN, "host", "this console is not reached by the name that was used");
    }
  }

  private static void failures(RoutesConfig routes) {
    routes.exception(
        Refusal.class, (e, context) -> fail(context, e.kind().status(), e.code(), e.getMessage()));
    routes.exception(
        Guard.NotSignedIn.class,
        (e, context) -> fail(context, 401, "not_signed_in", e.getMessage()));
    routes.exception(
        People.Throttled.class,
        (e, context) -> {
          context.header("Retry-After", Long.toString(e.seconds()));
          fail(context, 429, "throttled", "too many attempts: wait " + e.seconds() + " s");
        });
    routes.exception(
        HttpResponseException.class,
        (e, context) -> fail(context, e.getStatus(), "http_" + e.getStatus(), e.getMessage()));
    routes.exception(
        Exception.class,
        (e, context) -> {
          if (isDatabaseAway(e)) {
            LOG.warn("a request failed for want of the database; path {}", context.path(), e);
            fail(context, 503, "no_database", "the database does not answer: try again");
          } else {
            LOG.error("a request failed; path {}", context.path(), e);
            fail(context, 500, "internal", "this failed for a reason of the console's own");
          }
        });
    routes.error(
        404,
        context -> {
          if (isEmpty(context)) {
            fail(context, 404, "no_such_page", "there is nothing at this address");
          }
        });
  }

  private static boolean isEmpty(Context context) {
    String result = context.result();
    return result == null || !result.startsWith("{");
  }

  private static boolean isDatabaseAway(Throwable e) {
    return Database.hasState(e, "08") || Database.hasState(e, "57") || Database.isUnreachable(e);
  }

  static void fail(Context context, int status, String code, @Nullable String message) {
    context.status(status);
    Json.answer(context, Map.of("error", code, "message", message == null ? code : message));
  }

  @Override
  public void close() {
    javalin.stop();
  }
}
