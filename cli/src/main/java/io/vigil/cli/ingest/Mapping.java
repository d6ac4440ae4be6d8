package io.vigil.cli.ingest;

import io.vigil.cli.ingest.Source.Tokenise;
import io.vigil.schema.LabelSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the columns of a file, or the fields of a topic's records, mean. Read from YAML
 * (docs/mapping.md); immutable.
 *
 * @param name the format's name
 * @param origin the mapping file's name, for messages
 * @param from the form of what is mapped
 * @param registry address of the registry that has the schemas of Avro records; null when the
 *     mapping does not say
 * @param separator between cells of CSV
 * @param fields where the transaction's fields come from; event_time, account, amount and currency
 *     are always there
 * @param attributes attribute keys and their columns, in the order of the file
 * @param label where labels come from; null when the file has none
 */
public record Mapping(
    String name,
    String origin,
    From from,
    @Nullable String registry,
    char separator,
    Map<Target, Source> fields,
    Map<String, Source> attributes,
    @Nullable LabelRule label)
    implements RecordMapping {

  /** The mappings that come with the program. */
  public static final List<String> BUILT_IN = List.of("handbook", "sparkov", "simulated");

  /** The form of what a mapping reads, and what its files call a place in it. */
  public enum From {
    /** A file with a header; a source is the name of a column. */
    CSV("columns", "column"),
    /** One object for each record; a source is a path. */
    JSON("fields", "path"),
    /** One Avro record each, its schema in a registry; a source is a path. */
    AVRO("fields", "path");

    private final String section;
    private final String source;

    From(String section, String source) {
      this.section = section;
      this.source = source;
    }

    /** What the part of a mapping file is called that names the sources. */
    String section() {
      return section;
    }

    /** What a source is called in full. */
    String source() {
      return source;
    }

    /** Keys of a mapping file that do not depend on what its records are; a list of one's own. */
    List<String> keys() {
      List<String> keys = new ArrayList<>(List.of("name", "record", "from", section));
      if (this == CSV) {
        keys.add("separator");
      } else if (this == AVRO) {
        keys.add("registry");
      }
      return keys;
    }
  }

  private static final List<Target> REQUIRED =
      List.of(Target.EVENT_TIME, Target.ACCOUNT, Target.AMOUNT, Target.CURRENCY);
  private static final Pattern DELAY = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

  /**
   * Which rows are fraud and when it becomes known.
   *
   * @param fraudValues cells that mean fraud; any other cell means that no label comes
   * @param delayMs from the transaction's event time to the label's; used when time is null
   * @param time the column of the label's time; null when the delay says it
   * @param scheme the column of the kind of fraud; null when there is none
   */
  record LabelRule(
      Source.Column column,
      List<String> fraudValues,
      long delayMs,
      Source.@Nullable Column time,
      LabelSource source,
      Source.@Nullable Column scheme) {}

  /**
   * A built-in mapping by its name, or a mapping file by its path.
   *
   * @throws IngestException when there is neither, or the file is wrong
   */
  public static Mapping load(String format) {
    try {
      if (BUILT_IN.contains(format)) {
        String resource = format + ".yaml";
        try (InputStream in = Mapping.class.getResourceAsStream(resource)) {
          if (in == null) {
            throw new IllegalStateException("Missing resource " + resource);
          }
          return parse(resource, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
      }
      return parse(format, Files.readString(Path.of(format)));
    } catch (NoSuchFileException e) {
      throw new IngestException(
          "format: expected %s or a mapping file, got '%s', which does not exist"
              .formatted(String.join(", ", BUILT_IN), format),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read the mapping " + format, e);
    }
  }

  /**
   * Reads a mapping.
   *
   * @param origin the file's name, for messages
   * @throws IngestException naming file, line, key and the legal values
   */
  public static Mapping parse(String origin, String yaml) {
    YamlKeys root = YamlKeys.parse(origin, yaml, "the mapping");
    From from = from(root);
    if (!root.text("record", "transaction").equals("transaction")) {
      throw root.error(
          "record",
          "expected transaction here, as events and profiles come beside them (--events,"
              + " --profiles), got '%s'".formatted(root.text("record")));
    }
    root.allow(keys(from));
    char separator = separator(root);
    YamlKeys columns = root.mapping(from.section).allow(Target.ids());
    Map<Target, Source> fields = new EnumMap<>(Target.class);
    for (String key : columns.keys()) {
      Target target = Target.byId(key);
      if (target != null) {
        fields.put(
            target,
            target == Target.EVENT_TIME
                ? time(from, columns, key)
                : any(from, columns, key, List.of(from.source, "constant", "tokenise")));
      }
    }
    for (Target required : REQUIRED) {
      if (!fields.containsKey(required)) {
        throw columns.error(required.id(), "missing in " + from.section);
      }
    }
    if (fields.containsKey(Target.BILLING_AMOUNT) != fields.containsKey(Target.BILLING_CURRENCY)) {
      throw columns.error(
          "billing_amount", "expected billing_amount and billing_currency together, or neither");
    }
    Map<String, Source> attributes = new LinkedHashMap<>();
    if (root.has("attributes")) {
      YamlKeys keys = root.mapping("attributes");
      for (String key : keys.keys()) {
        attributes.put(
            key, any(from, keys, key, List.of(from.source, "constant", "tokenise", "identifies")));
      }
    }
    @Nullable LabelRule label = root.has("label") ? label(from, root.mapping("label")) : null;
    return new Mapping(
        root.text("name"), origin, from, registry(root), separator, fields, attributes, label);
  }

  static @Nullable String registry(YamlKeys root) {
    return root.has("registry") ? root.text("registry") : null;
  }

  static char separator(YamlKeys root) {
    String separator = root.text("separator", ",");
    if (separator.length() != 1 || "\"\r\n".contains(separator)) {
      throw root.error("separator", "expected one character, got '" + separator + "'");
    }
    return separator.charAt(0);
  }

  @Override
  public boolean tokenises() {
    return sources().stream()
        .anyMatch(s -> s instanceof Source.Column c && c.tokenise() != Tokenise.NONE);
  }

  /** The attributes that identify people: they need a vault. */
  List<String> identifying() {
    return attributes.entrySet().stream()
        .filter(each -> each.getValue() instanceof Source.Column c && c.identifies())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Every source, in no particular order. */
  List<Source> sources() {
    List<Source> sources = new ArrayList<>(fields.values());
    sources.addAll(attributes.values());
    return sources;
  }

  static From from(YamlKeys root) {
    return switch (root.text("from", "csv")) {
      case "csv" -> From.CSV;
      case "json" -> From.JSON;
      case "avro" -> From.AVRO;
      default -> throw unexpected(root, "from", "csv, json, avro");
    };
  }

  private static List<String> keys(From from) {
    List<String> keys = from.keys();
    keys.addAll(List.of("attributes", "label"));
    return keys;
  }

  static Source any(From from, YamlKeys parent, String key, List<String> legal) {
    if (!parent.isMapping(key)) {
      return column(from, parent, key);
    }
    YamlKeys keys = parent.mapping(key).allow(legal);
    if (keys.has("constant")) {
      if (keys.has(from.source) || keys.has("tokenise") || keys.has("identifies")) {
        throw keys.error("constant", "expected alone, got other keys beside it");
      }
      return new Source.Constant(keys.text("constant"));
    }
    Tokenise tokenise =
        switch (keys.text("tokenise", "none")) {
          case "none" -> Tokenise.NONE;
          case "pan" -> Tokenise.PAN;
          case "ip" -> Tokenise.IP;
          default -> throw unexpected(keys, "tokenise", "none, pan, ip");
        };
    boolean identifies =
        switch (keys.text("identifies", "false")) {
          case "false" -> false;
          case "true" -> true;
          default -> throw unexpected(keys, "identifies", "true, false");
        };
    return source(from, keys, from.source, tokenise, identifies, TimeFormat.ISO);
  }

  static Source.Column time(From from, YamlKeys parent, String key) {
    if (!parent.isMapping(key)) {
      return column(from, parent, key);
    }
    YamlKeys keys = parent.mapping(key).allow(List.of(from.source, "format", "zone"));
    ZoneId zone;
    try {
      zone = ZoneId.of(keys.text("zone", "UTC"));
    } catch (DateTimeException e) {
      throw unexpected(keys, "zone", "a name such as UTC, Europe/Berlin, +02:00");
    }
    TimeFormat format;
    try {
      format = TimeFormat.of(keys.text("format", "iso"), zone);
    } catch (IllegalArgumentException e) {
      throw unexpected(
          keys,
          "format",
          "iso, epoch_ms, epoch_s, epoch_us, a pattern such as dd/MM/yyyy HH:mm:ss");
    }
    return source(from, keys, from.source, Tokenise.NONE, false, format);
  }

  private static Source.Column column(From from, YamlKeys parent, String key) {
    return source(from, parent, key, Tokenise.NONE, false, TimeFormat.ISO);
  }

  private static Source.Column source(
      From from,
      YamlKeys keys,
      String key,
      Tokenise tokenise,
      boolean identifies,
      TimeFormat format) {
    String name = keys.text(key);
    if (from != From.CSV) {
      try {
        var unused = RecordPath.parse(name);
      } catch (IllegalArgumentException e) {
        throw keys.error(key, String.valueOf(e.getMessage()));
      }
    }
    return new Source.Column(name, tokenise, identifies, format, keys.line(key));
  }

  private static LabelRule label(From from, YamlKeys keys) {
    keys.allow(List.of(from.source, "fraud_values", "delay", "time", "source", "scheme"));
    if (keys.has("delay") == keys.has("time")) {
      throw keys.error("delay", "expected either delay or time, got both or neither");
    }
    long delayMs = 0;
    if (keys.has("delay")) {
      Matcher delay = DELAY.matcher(keys.text("delay"));
      if (!delay.matches()) {
        throw unexpected(keys, "delay", "a number and one of ms, s, m, h, d, such as 7d");
      }
      delayMs =
          Long.parseLong(delay.group(1))
              * switch (delay.group(2)) {
                case "ms" -> 1L;
                case "s" -> 1_000L;
                case "m" -> 60_000L;
                case "h" -> 3_600_000L;
                default -> 86_400_000L;
              };
    }
    LabelSource source =
        switch (keys.text("source", "unknown").toLowerCase(Locale.ROOT)) {
          case "unknown" -> LabelSource.UNKNOWN;
          case "chargeback" -> LabelSource.CHARGEBACK;
          case "customer" -> LabelSource.CUSTOMER;
          case "analyst" -> LabelSource.ANALYST;
          default -> throw unexpected(keys, "source", "unknown, chargeback, customer, analyst");
        };
    return new LabelRule(
        column(from, keys, from.source),
        keys.texts("fraud_values"),
        delayMs,
        keys.has("time") ? time(from, keys, "time") : null,
        source,
        keys.has("scheme") ? column(from, keys, "scheme") : null);
  }

  private static IngestException unexpected(YamlKeys keys, String key, String legal) {
    return keys.error(key, "expected one of %s, got '%s'".formatted(legal, keys.text(key)));
  }
}
