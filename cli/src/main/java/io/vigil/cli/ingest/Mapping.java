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
 * What the columns of a file mean. Read from YAML (docs/mapping.md); immutable.
 *
 * @param name the format's name
 * @param origin the mapping file's name, for messages
 * @param separator between cells
 * @param fields where the transaction's fields come from; event_time, account, amount and currency
 *     are always there
 * @param attributes attribute keys and their columns, in the order of the file
 * @param label where labels come from; null when the file has none
 */
public record Mapping(
    String name,
    String origin,
    char separator,
    Map<Target, Source> fields,
    Map<String, Source> attributes,
    @Nullable LabelRule label) {

  /** The mappings that come with the program. */
  public static final List<String> BUILT_IN = List.of("handbook", "sparkov", "simulated");

  private static final List<String> KEYS =
      List.of("name", "record", "separator", "columns", "attributes", "label");
  private static final List<String> SOURCE_KEYS = List.of("column", "constant", "tokenise");
  private static final List<String> ATTRIBUTE_KEYS =
      List.of("column", "constant", "tokenise", "identifies");
  private static final List<String> TIME_KEYS = List.of("column", "format", "zone");
  private static final List<String> LABEL_KEYS =
      List.of("column", "fraud_values", "delay", "time", "source", "scheme");
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
    if (!root.text("record", "transaction").equals("transaction")) {
      throw root.error(
          "record",
          "expected transaction here, as events and profiles come beside them (--events,"
              + " --profiles), got '%s'".formatted(root.text("record")));
    }
    root.allow(KEYS);
    char separator = separator(root);
    YamlKeys columns = root.mapping("columns").allow(Target.ids());
    Map<Target, Source> fields = new EnumMap<>(Target.class);
    for (String key : columns.keys()) {
      Target target = Target.byId(key);
      if (target != null) {
        fields.put(
            target,
            target == Target.EVENT_TIME ? time(columns, key) : any(columns, key, SOURCE_KEYS));
      }
    }
    for (Target required : REQUIRED) {
      if (!fields.containsKey(required)) {
        throw columns.error(required.id(), "missing in columns");
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
        attributes.put(key, any(keys, key, ATTRIBUTE_KEYS));
      }
    }
    @Nullable LabelRule label = root.has("label") ? label(root.mapping("label")) : null;
    return new Mapping(root.text("name"), origin, separator, fields, attributes, label);
  }

  static char separator(YamlKeys root) {
    String separator = root.text("separator", ",");
    if (separator.length() != 1 || "\"\r\n".contains(separator)) {
      throw root.error("separator", "expected one character, got '" + separator + "'");
    }
    return separator.charAt(0);
  }

  /** Whether reading a file needs the key for card numbers and addresses. */
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

  static Source any(YamlKeys parent, String key, List<String> legal) {
    if (!parent.isMapping(key)) {
      return column(parent, key);
    }
    YamlKeys keys = parent.mapping(key).allow(legal);
    if (keys.has("constant")) {
      if (keys.has("column") || keys.has("tokenise") || keys.has("identifies")) {
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
    return new Source.Column(
        keys.text("column"), tokenise, identifies, TimeFormat.ISO, keys.line("column"));
  }

  static Source.Column time(YamlKeys parent, String key) {
    if (!parent.isMapping(key)) {
      return column(parent, key);
    }
    YamlKeys keys = parent.mapping(key).allow(TIME_KEYS);
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
          keys, "format", "iso, epoch_ms, epoch_s, a pattern such as dd/MM/yyyy HH:mm:ss");
    }
    return new Source.Column(
        keys.text("column"), Tokenise.NONE, false, format, keys.line("column"));
  }

  private static Source.Column column(YamlKeys parent, String key) {
    return new Source.Column(
        parent.text(key), Tokenise.NONE, false, TimeFormat.ISO, parent.line(key));
  }

  private static LabelRule label(YamlKeys keys) {
    keys.allow(LABEL_KEYS);
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
        column(keys, "column"),
        keys.texts("fraud_values"),
        delayMs,
        keys.has("time") ? time(keys, "time") : null,
        source,
        keys.has("scheme") ? column(keys, "scheme") : null);
  }

  private static IngestException unexpected(YamlKeys keys, String key, String legal) {
    return keys.error(key, "expected one of %s, got '%s'".formatted(legal, keys.text(key)));
  }
}
