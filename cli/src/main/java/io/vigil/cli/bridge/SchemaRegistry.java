package io.vigil.cli.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.ingest.IngestException;
import io.vigil.cli.ingest.RegistryException;
import io.vigil.cli.ingest.SchemaSource;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.jspecify.annotations.Nullable;

/**
 * Schemas from a registry that speaks the Confluent protocol: {@code GET /schemas/ids/ID}, and for
 * what a schema refers to {@code GET /subjects/S/versions/V}. A schema never changes under its id,
 * so it is asked for once; that there is none is remembered for a while. Thread-confined.
 */
public final class SchemaRegistry implements SchemaSource {
  private static final String PREFIX = "schema.registry.";

  /** No such subject, version, schema. */
  private static final Set<Integer> NOT_FOUND = Set.of(40_401, 40_402, 40_403);

  private static final String ACCEPT = "application/vnd.schemaregistry.v1+json, application/json";
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final int ATTEMPTS = 3;
  private static final long PAUSE_MS = 200;
  private static final int ANSWER_BYTES_MAX = 4 << 20;
  private static final int KEPT_MAX = 1_000;
  private static final int REFERENCES_MAX = 200;
  private static final long UNKNOWN_NS = Duration.ofSeconds(30).toNanos();

  private record Unknown(String message, long untilNs) {}

  private final List<URI> addresses;
  private final HttpClient client;
  private final @Nullable String authorization;
  private final LongSupplier nanoTime;
  private final ObjectMapper json = new ObjectMapper();
  private final Map<Integer, Schema> known = kept();
  private final Map<Integer, Unknown> unknown = kept();

  /**
   * @param addresses http or https, one or more, separated by commas
   * @param properties from them {@code schema.registry.basic.auth.user.info}, {@code
   *     schema.registry.bearer.auth.token} (both also without the prefix) and {@code
   *     schema.registry.ssl.*} are taken
   * @param nanoTime a clock for how long something is remembered
   * @throws IngestException when an address or a key store cannot be used
   */
  public SchemaRegistry(String addresses, Map<String, String> properties, LongSupplier nanoTime) {
    this.addresses = addresses(addresses);
    this.nanoTime = nanoTime;
    this.authorization = authorization(properties);
    HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(CONNECT);
    Map<String, String> ssl = new TreeMap<>();
    properties.forEach(
        (key, value) -> {
          if (key.startsWith(PREFIX + "ssl.")) {
            ssl.put(key.substring(PREFIX.length()), value);
          }
        });
    if (!ssl.isEmpty()) {
      // Kafka's own reading of these keys: JKS, PKCS12 and PEM, as everywhere else in the file.
      ConfigDef keys = new ConfigDef().withClientSslSupport();
      try (DefaultSslEngineFactory factory = new DefaultSslEngineFactory()) {
        factory.configure(new AbstractConfig(keys, ssl, false).values());
        builder.sslContext(factory.sslContext());
      } catch (RuntimeException e) {
        throw new IngestException(PREFIX + "ssl: " + e.getMessage(), e);
      }
    }
    client = builder.build();
  }

  private static <K, V> Map<K, V> kept() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > KEPT_MAX;
      }
    };
  }

  private static List<URI> addresses(String text) {
    List<URI> addresses = new ArrayList<>();
    for (String each : text.split(",", -1)) {
      URI uri;
      try {
        uri = URI.create(each.strip().replaceAll("/+$", ""));
      } catch (IllegalArgumentException e) {
        uri = URI.create("");
      }
      if (uri.getHost() == null
          || uri.getUserInfo() != null
          || !List.of("http", "https").contains(uri.getScheme())) {
        throw new IngestException(
            "registry: expected http or https addresses without a password, which belongs into the properties file ("
                + PREFIX
                + "basic.auth.user.info); got another one");
      }
      addresses.add(uri);
    }
    return addresses;
  }

  private static @Nullable String authorization(Map<String, String> properties) {
    @Nullable String user = either(properties, "basic.auth.user.info");
    @Nullable String token = either(properties, "bearer.auth.token");
    if (user != null) {
      return "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
    }
    return token == null ? null : "Bearer " + token;
  }

  private static @Nullable String either(Map<String, String> properties, String key) {
    @Nullable String value = properties.get(PREFIX + key);
    return value == null ? properties.get(key) : value;
  }

  @Override
  public Schema schema(int id) throws UnknownSchemaException {
    @Nullable Schema schema = known.get(id);
    if (schema != null) {
      return schema;
    }
    @Nullable Unknown before = unknown.get(id);
    if (before != null && nanoTime.getAsLong() - before.untilNs() < 0) {
      throw new UnknownSchemaException(before.message());
    }
    try {
      schema = fetch(id);
      known.put(id, schema);
      return schema;
    } catch (UnknownSchemaException e) {
      unknown.put(
          id, new Unknown(String.valueOf(e.getMessage()), nanoTime.getAsLong() + UNKNOWN_NS));
      throw e;
    }
  }

  private Schema fetch(int id) throws UnknownSchemaException {
    JsonNode answer = get("/schemas/ids/" + id, "schema " + id);
    String type = answer.path("schemaType").asText("AVRO");
    if (!type.equals("AVRO")) {
      throw new UnknownSchemaException("schema %d: expected AVRO, got %s".formatted(id, type));
    }
    try {
      Schema.Parser parser = new Schema.Parser();
      refer(answer, parser, new HashSet<>());
      return parser.parse(answer.path("schema").asText());
    } catch (AvroRuntimeException e) {
      throw new UnknownSchemaException(
          "schema %d: expected an Avro schema, got %s".formatted(id, e.getMessage()));
    }
  }

  /** Reads what a schema refers to before the schema itself, each once. */
  private void refer(JsonNode answer, Schema.Parser parser, Set<String> seen)
      throws UnknownSchemaException {
    for (JsonNode reference : answer.path("references")) {
      String subject = reference.path("subject").asText();
      int version = reference.path("version").asInt();
      String name = "subject " + subject + " version " + version;
      if (seen.add(name)) {
        if (seen.size() > REFERENCES_MAX) {
          throw new UnknownSchemaException(
              name + ": expected at most " + REFERENCES_MAX + " references");
        }
        String path = URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20");
        JsonNode referred = get("/subjects/" + path + "/versions/" + version, name);
        refer(referred, parser, seen);
        var unused = parser.parse(referred.path("schema").asText());
      }
    }
  }

  private JsonNode get(String path, String what) throws UnknownSchemaException {
    String trouble = "";
    boolean noSuch = false;
    for (int attempt = 0; attempt < Math.max(ATTEMPTS, addresses.size()); attempt++) {
      URI address = addresses.get(attempt % addresses.size());
      try {
        if (attempt > 0) {
          Thread.sleep(PAUSE_MS << (attempt - 1));
        }
        HttpRequest.Builder request =
            HttpRequest.newBuilder(URI.create(address + path))
                .timeout(ANSWER)
                .header("Accept", ACCEPT);
        if (authorization != null) {
          request.header("Authorization", authorization);
        }
        HttpResponse<InputStream> response =
            client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        byte[] body;
        try (InputStream in = response.body()) {
          body = in.readNBytes(ANSWER_BYTES_MAX + 1);
        }
        switch (response.statusCode()) {
          case 200 -> {
            return answer(body, what);
          }
          case 404 -> {
            noSuch = NOT_FOUND.contains(errorCode(body));
            trouble = "status 404" + (noSuch ? "" : ", and no registry's answer");
          }
          case 401, 403 ->
              throw new RegistryException(
                  "registry %s: refused us with status %d; credentials are %s in the properties file"
                      .formatted(address, response.statusCode(), PREFIX + "basic.auth.user.info"),
                  true);
          default -> trouble = "status " + response.statusCode();
        }
      } catch (IOException e) {
        trouble = e.getClass().getSimpleName() + ": " + e.getMessage();
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
    if (noSuch) {
      throw new UnknownSchemaException(
          "%s: expected one in the registry, which has none".formatted(what));
    }
    throw new RegistryException(
        "registry %s: expected %s, got %s".formatted(addresses, what, trouble), false);
  }

  /** Of a registry's own answer; 0 for a page of whoever else answers at a wrong address. */
  private int errorCode(byte[] body) {
    try {
      return json.readTree(body).path("error_code").asInt();
    } catch (IOException e) {
      return 0;
    }
  }

  private JsonNode answer(byte[] body, String what) throws UnknownSchemaException, IOException {
    if (body.length > ANSWER_BYTES_MAX) {
      throw new UnknownSchemaException(
          "%s: expected at most %d bytes".formatted(what, ANSWER_BYTES_MAX));
    }
    JsonNode answer = json.readTree(body);
    if (!answer.path("schema").isTextual()) {
      throw new IOException("an answer without a schema");
    }
    return answer;
  }
}
