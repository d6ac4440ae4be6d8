package io.vigil.console;

import io.vigil.console.oidc.OidcSettings;
import io.vigil.schema.client.ClientProperties;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the console is told, a properties file. Secrets are not in it: the environment has them.
 *
 * @param kafka options of every Kafka client, {@code bootstrap.servers} among them; from the file
 *     that {@code kafka.properties-file} names, and from {@code kafka.*}
 * @param databaseUrl of a PostgreSQL 14 or newer; null for one of its own in {@code databaseDir}
 * @param databaseDir of the embedded PostgreSQL; null when there is a URL
 * @param host address to listen at
 * @param port 0 for any free one
 * @param publicUrl how browsers reach the console, if not by the address it listens at
 * @param kept how long decisions without an alert are kept, by event time
 * @param webhook where actions are delivered; null when another program reads the topic
 * @param scoring of the scoring service that answers "what if"; null when there is none
 * @param oidc the provider at which people sign in; null when all have local accounts
 * @param vault where what people write is sealed; null when there is none
 * @param metrics where machines ask for metrics and health, apart from people; null for nowhere
 */
public record ConsoleSettings(
    Map<String, Object> kafka,
    @Nullable String databaseUrl,
    String databaseUser,
    @Nullable Path databaseDir,
    String host,
    int port,
    @Nullable URI publicUrl,
    String baseCurrency,
    long fourEyesAmountMinor,
    int fourEyesAlerts,
    Duration sla,
    Duration kept,
    @Nullable URI webhook,
    @Nullable URI scoring,
    @Nullable OidcSettings oidc,
    @Nullable Path vault,
    @Nullable InetSocketAddress metrics) {

  private static final Logger LOG = LoggerFactory.getLogger(ConsoleSettings.class);
  private static final String KAFKA = "kafka.";
  private static final String KAFKA_FILE = "kafka.properties-file";

  private static final Set<String> KEYS =
      Set.of(
          "database.url",
          "database.user",
          "database.dir",
          "host",
          "port",
          "public.url",
          "base.currency",
          "four-eyes.amount-minor",
          "four-eyes.alerts",
          "sla.hours",
          "history.days",
          "webhook.url",
          "scoring.url",
          "oidc.issuer",
          "oidc.client-id",
          "oidc.role-claim",
          "oidc.roles",
          "oidc.scopes",
          "vault.dir",
          "metrics.host",
          "metrics.port");

  public ConsoleSettings {
    kafka = Map.copyOf(kafka);
  }

  /**
   * Reads a file.
   *
   * @param environment has what {@code ${env:NAME}} names, and may name the database, {@code
   *     VIGIL_DATABASE_URL} and {@code VIGIL_DATABASE_USER}, where the file does not
   * @throws IllegalArgumentException naming the key, what was expected and what came
   */
  public static ConsoleSettings read(Path file, Map<String, String> environment)
      throws IOException {
    Properties given = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      given.load(reader);
    }
    Map<String, Object> kafka = kafka(given, file, environment);
    for (String key : given.stringPropertyNames()) {
      if (!key.startsWith(KAFKA) && !KEYS.contains(key)) {
        throw new IllegalArgumentException(
            "%s: unknown key %s; expected kafka.* or one of %s"
                .formatted(file, key, new TreeSet<>(KEYS)));
      }
    }
    if (!kafka.containsKey("bootstrap.servers")) {
      throw new IllegalArgumentException(file + ": kafka.bootstrap.servers is missing");
    }
    String url = given.getProperty("database.url", environment.get("VIGIL_DATABASE_URL"));
    String directory = given.getProperty("database.dir");
    if ((url == null) == (directory == null)) {
      throw new IllegalArgumentException(
          file + ": expected either database.url or database.dir, a database of one's own");
    }
    return new ConsoleSettings(
        kafka,
        url,
        given.getProperty(
            "database.user", environment.getOrDefault("VIGIL_DATABASE_USER", "postgres")),
        directory == null ? null : Path.of(directory),
        given.getProperty("host", "127.0.0.1"),
        (int) number(given, "port", 8080, 0, 65_535),
        uri(given, "public.url"),
        given.getProperty("base.currency", "EUR"),
        number(given, "four-eyes.amount-minor", 1_000_000, 1, Long.MAX_VALUE),
        (int) number(given, "four-eyes.alerts", 25, 2, 1_000_000),
        Duration.ofHours(number(given, "sla.hours", 8, 1, 1_000)),
        Duration.ofDays(number(given, "history.days", 90, 1, 10_000)),
        uri(given, "webhook.url"),
        uri(given, "scoring.url"),
        oidc(given),
        vault(given, file),
        metrics(given));
  }

  /** What {@code kafka.properties-file} has, and over it the keys of the settings themselves. */
  private static Map<String, Object> kafka(
      Properties given, Path file, Map<String, String> environment) throws IOException {
    Map<String, Object> kafka = new HashMap<>();
    String shared = given.getProperty(KAFKA_FILE);
    if (shared != null) {
      ClientProperties properties = ClientProperties.read(Path.of(shared.strip()));
      String warning = properties.warning();
      if (warning != null) {
        LOG.warn(warning);
      }
      kafka.putAll(properties.resolve(environment));
    }
    for (String key : given.stringPropertyNames()) {
      if (key.startsWith(KAFKA) && !key.equals(KAFKA_FILE)) {
        String value = given.getProperty(key);
        kafka.put(
            key.substring(KAFKA.length()),
            ClientProperties.resolve(file + ": " + key, value, environment));
      }
    }
    return kafka;
  }

  private static @Nullable Path vault(Properties given, Path file) {
    String directory = given.getProperty("vault.dir");
    if (directory == null) {
      return null;
    }
    Path vault = Path.of(directory.strip());
    if (!Vault.exists(vault)) {
      // A new one would know nobody, and keep everything as it is.
      throw new IllegalArgumentException(
          "%s: vault.dir: expected the directory of a vault, got %s, which is none"
              .formatted(file, vault));
    }
    return vault;
  }

  private static @Nullable InetSocketAddress metrics(Properties given) {
    int none = -1;
    int port = (int) number(given, "metrics.port", none, 0, 65_535);
    return port == none
        ? null
        : new InetSocketAddress(given.getProperty("metrics.host", "127.0.0.1"), port);
  }

  private static @Nullable OidcSettings oidc(Properties given) {
    if (given.stringPropertyNames().stream().noneMatch(key -> key.startsWith("oidc."))) {
      return null;
    }
    return OidcSettings.of(
        given.getProperty("oidc.issuer"),
        given.getProperty("oidc.client-id"),
        given.getProperty("oidc.role-claim", "roles"),
        given.getProperty("oidc.roles"),
        given.getProperty("oidc.scopes", "openid profile"),
        uri(given, "public.url"));
  }

  private static long number(Properties given, String key, long otherwise, long least, long most) {
    String text = given.getProperty(key);
    if (text == null) {
      return otherwise;
    }
    try {
      long value = Long.parseLong(text.strip());
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new IllegalArgumentException(
        "%s: expected a number from %d to %d, got %s".formatted(key, least, most, text));
  }

  private static @Nullable URI uri(Properties given, String key) {
    String text = given.getProperty(key);
    if (text == null) {
      return null;
    }
    URI uri = URI.create(text.strip());
    if (!"http".equals(uri.getScheme()) && !"https".equals(uri.getScheme())) {
      throw new IllegalArgumentException(key + ": expected an http or https address, got " + text);
    }
    return uri;
  }
}
