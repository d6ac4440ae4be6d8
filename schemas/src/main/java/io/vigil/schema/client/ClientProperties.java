package io.vigil.schema.client;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Options of Kafka clients from a Java properties file, the one that Kafka's own tools take. A
 * value may say {@code ${env:NAME}}, a variable of the environment, or {@code ${file:PATH}}, the
 * text of a file without the line's end, so that no secret stands in the file. Immutable.
 */
public final class ClientProperties {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{(env|file):([^}]+)}");
  private static final List<String> SECRET_NAMES =
      List.of("password", "secret", "jaas.config", "keystore.key", "user.info", "token");

  private final Path file;
  private final Map<String, String> raw;

  private ClientProperties(Path file, Map<String, String> raw) {
    this.file = file;
    this.raw = raw;
  }

  /**
   * Reads a file; nothing is replaced yet.
   *
   * @throws IllegalArgumentException when it is missing or no properties file
   */
  public static ClientProperties read(Path file) throws IOException {
    Properties given = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      given.load(reader);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException(
          "Kafka properties: expected a file, got " + file + ", which is missing", e);
    }
    Map<String, String> raw = new TreeMap<>();
    given.stringPropertyNames().forEach(key -> raw.put(key, given.getProperty(key).strip()));
    return new ClientProperties(file, raw);
  }

  /** As the file has them, placeholders and all. */
  public Map<String, String> raw() {
    return Map.copyOf(raw);
  }

  /** Keys of secrets that stand in the file itself. */
  public Set<String> plainSecrets() {
    Set<String> keys = new TreeSet<>();
    raw.forEach(
        (key, value) -> {
          String name = key.toLowerCase(Locale.ROOT);
          // What a truststore's password guards is public.
          boolean secret =
              SECRET_NAMES.stream().anyMatch(name::contains)
                  && !name.contains("truststore.password");
          boolean nothing = name.contains("jaas.config") && !value.contains("password");
          if (secret && !nothing && !PLACEHOLDER.matcher(value).find()) {
            keys.add(key);
          }
        });
    return keys;
  }

  /**
   * What to tell the person who wrote the file: that others can read secrets in it. Null when there
   * is nothing to say.
   */
  public @Nullable String warning() throws IOException {
    Set<String> secrets = plainSecrets();
    if (secrets.isEmpty() || !Files.getFileStore(file).supportsFileAttributeView("posix")) {
      return null;
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
    return permissions.contains(PosixFilePermission.OTHERS_READ)
            || permissions.contains(PosixFilePermission.GROUP_READ)
        ? "%s: others can read %s in it; chmod 600, or write ${env:NAME} or ${file:PATH}"
            .formatted(file, String.join(", ", secrets))
        : null;
  }

  /**
   * The options, each placeholder replaced.
   *
   * @throws IllegalArgumentException naming the file, the key, and the variable or file that is
   *     missing; never a value
   */
  public Map<String, String> resolve(Map<String, String> environment) {
    Map<String, String> resolved = new TreeMap<>();
    raw.forEach((key, value) -> resolved.put(key, resolve(file + ": " + key, value, environment)));
    return resolved;
  }

  /**
   * A text, each placeholder in it replaced.
   *
   * @param origin the key and where it stands, for messages
   */
  public static String resolve(String origin, String text, Map<String, String> environment) {
    return PLACEHOLDER
        .matcher(text)
        .replaceAll(found -> Matcher.quoteReplacement(value(origin, found, environment)));
  }

  private static String value(String origin, MatchResult found, Map<String, String> environment) {
    String name = found.group(2);
    if (found.group(1).equals("file")) {
      try {
        return secret(Path.of(name));
      } catch (IOException e) {
        throw new IllegalArgumentException(
            "%s: expected a file at %s, which cannot be read".formatted(origin, name), e);
      }
    }
    @Nullable String value = environment.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "%s: expected the variable %s in the environment, got none".formatted(origin, name));
    }
    return value;
  }

  /** The text of a file that holds one secret, without the end of its line. */
  public static String secret(Path file) throws IOException {
    return Files.readString(file).stripTrailing();
  }
}
