package io.vigil.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.vigil.console.access.Role;
import io.vigil.console.cases.CaseEvents;
import io.vigil.console.cases.CaseRules;
import io.vigil.console.ingest.Feed;
import io.vigil.console.oidc.OidcSettings;
import io.vigil.console.store.Database;
import java.io.IOException;
import java.net.CookieManager;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A console on a real PostgreSQL, fed by the test in place of topics. */
public final class TestConsole implements AutoCloseable {

  static final String PASSWORD = "a sentence nobody guesses";
  private static final String ONE_TIME = "abcd-efgh-jkmn-pqrs";

  private final Console console;
  private final Database database;
  private final Feed feed;

  TestConsole(@Nullable URI scoring) throws IOException {
    this(scoring, 0, null);
  }

  /** Which seals what people write in a vault. */
  static TestConsole sealing(Path vault) throws IOException {
    return new TestConsole(null, 0, null, vault);
  }

  /** At which people sign in at a provider, which must know the port beforehand. */
  TestConsole(@Nullable URI scoring, int port, @Nullable OidcSettings oidc) throws IOException {
    this(scoring, port, oidc, null);
  }

  private TestConsole(
      @Nullable URI scoring, int port, @Nullable OidcSettings oidc, @Nullable Path vault)
      throws IOException {
    String url = TestDatabase.url();
    console =
        new Console(
            new ConsoleSettings(
                Map.of(),
                url,
                "postgres",
                null,
                "127.0.0.1",
                port,
                null,
                "EUR",
                1_000_000,
                25,
                Duration.ofHours(8),
                Duration.ofDays(90),
                null,
                scoring,
                oidc,
                vault,
                new InetSocketAddress("127.0.0.1", 0)),
            new Console.Secrets(null, null, "secret", "oidc secret"),
            List.of(
                new Console.Newcomer("ada", Role.ANALYST, ONE_TIME),
                new Console.Newcomer("bob", Role.ANALYST, ONE_TIME),
                new Console.Newcomer("lena", Role.LEAD, ONE_TIME),
                new Console.Newcomer("eve", Role.ENGINEER, ONE_TIME),
                new Console.Newcomer("otto", Role.AUDITOR, ONE_TIME)),
            Clock.systemUTC(),
            false);
    database = Database.open(url, "postgres", null);
    feed = new Feed(database, CaseRules.standard("EUR"));
  }

  String address() {
    return "http://127.0.0.1:" + console.port();
  }

  /** Where its metrics are. */
  String metrics() {
    return "http://127.0.0.1:" + console.metricsPort();
  }

  Database database() {
    return database;
  }

  Feed feed() {
    return feed;
  }

  static String oneTimePassword() {
    return ONE_TIME;
  }

  /** Somebody at the API, with cookies of their own. */
  Client client() {
    return new Client(address());
  }

  /** Signed in, with a password chosen. */
  Client client(String name) throws IOException, InterruptedException {
    Client client = client();
    if (client.signIn(name, PASSWORD).statusCode() != 200) {
      client.signIn(name, ONE_TIME);
      client.csrf(client.send("POST", "/api/password", "{\"password\":\"" + PASSWORD + "\"}"));
    }
    return client;
  }

  /** An HTTP client that keeps its cookie and its CSRF token. */
  static final class Client {
    private final CookieManager cookies = new CookieManager();
    private final HttpClient http = HttpClient.newBuilder().cookieHandler(cookies).build();
    private final String address;
    private String csrf = "";

    private Client(String address) {
      this.address = address;
    }

    CookieManager cookies() {
      return cookies;
    }

    HttpResponse<String> signIn(String name, String password)
        throws IOException, InterruptedException {
      HttpResponse<String> answer =
          send(
              "POST",
              "/api/session",
              CaseEvents.JSON.writeValueAsString(Map.of("name", name, "password", password)));
      csrf(answer);
      return answer;
    }

    void csrf(HttpResponse<String> answer) throws IOException {
      if (answer.statusCode() == 200) {
        csrf = json(answer).path("csrf").asText();
      }
    }

    HttpResponse<String> send(String method, String path, @Nullable String body, String... headers)
        throws IOException, InterruptedException {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(address + path))
              .method(
                  method,
                  body == null
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofString(body))
              .header("X-CSRF-Token", csrf);
      if (body != null) {
        request.header("Content-Type", "application/json");
      }
      for (int i = 0; i < headers.length; i += 2) {
        request.setHeader(headers[i], headers[i + 1]);
      }
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    JsonNode get(String path) throws IOException, InterruptedException {
      HttpResponse<String> answer = send("GET", path, null);
      if (answer.statusCode() != 200) {
        throw new IllegalStateException(path + ": " + answer.statusCode() + " " + answer.body());
      }
      return json(answer);
    }
  }

  static JsonNode json(HttpResponse<String> answer) throws IOException {
    return CaseEvents.JSON.readTree(answer.body());
  }

  @Override
  public void close() {
    database.close();
    console.close();
  }
}
