package io.vigil.cli.ingest;

import io.vigil.cli.ingest.Source.Tokenise;
import io.vigil.model.feature.History;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the columns of a file of events or profiles mean. Read from YAML (docs/mapping.md);
 * immutable.
 *
 * @param name the format's name
 * @param origin the mapping file's name, for messages
 * @param record what a row is
 * @param from the form of what is mapped
 * @param registry of Avro records; null when the mapping does not say
 * @param separator between cells
 * @param fields where the record's fields come from, by name; those that every record has are
 *     always there
 * @param named attributes of an event, facts of a profile, and their columns
 */
public record OtherMapping(
    String name,
    String origin,
    Kind record,
    Mapping.From from,
    @Nullable String registry,
    char separator,
    Map<String, Source> fields,
    Map<String, Source> named)
    implements RecordMapping {

  /** What a row is. */
  public enum Kind {
    EVENT(
        "attributes",
        "event_time account kind",
        "event_id card merchant terminal device ip counterparty customer"),
    PROFILE("facts", "event_time entity entity_id", "profile_id");

    private final String named;
    private final String required;
    private final String optional;

    /**
     * @param required fields, as a list with spaces, for an enum holds nothing mutable
     */
    Kind(String named, String required, String optional) {
      this.named = named;
      this.required = required;
      this.optional = optional;
    }

    /** What a mapping calls what is mapped by names of its own. */
    String named() {
      return named;
    }

    private List<String> required() {
      return List.of(required.split(" "));
    }

    /** The name that mappings use. */
    String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Reads a mapping file.
   *
   * @param kind what its rows are expected to be
   * @throws IngestException when there is no such file, or it is wrong
   */
  public static OtherMapping load(String file, Kind kind) {
    try {
      return parse(file, Files.readString(Path.of(file)), kind);
    } catch (NoSuchFileException e) {
      throw new IngestException(
          "format: expected a mapping file of %ss, got '%s', which does not exist"
              .formatted(kind.id(), file),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read the mapping " + file, e);
    }
  }

  static OtherMapping parse(String origin, String yaml, Kind kind) {
    YamlKeys root = YamlKeys.parse(origin, yaml, "the mapping");
    if (!root.text("record", "transaction").equals(kind.id())) {
      throw root.error(
          "record",
          "expected %s here, got '%s'".formatted(kind.id(), root.text("record", "transaction")));
    }
    Mapping.From from = Mapping.from(root);
    List<String> keys = from.keys();
    keys.add(kind.named);
    root.allow(keys);
    List<String> legal = new ArrayList<>(kind.required());
    legal.addAll(List.of(kind.optional.split(" ")));
    YamlKeys columns = root.mapping(from.section()).allow(legal);
    Map<String, Source> fields = new LinkedHashMap<>();
    for (String key : columns.keys()) {
      fields.put(
          key,
          key.equals("event_time")
              ? Mapping.time(from, columns, key)
              : Mapping.any(from, columns, key, sourceKeys(from)));
    }
    for (String required : kind.required()) {
      if (!fields.containsKey(required)) {
        throw columns.error(required, "missing in " + from.section());
      }
    }
    return new OtherMapping(
        root.text("name", kind.id()),
        origin,
        kind,
        from,
        Mapping.registry(root),
        Mapping.separator(root),
        fields,
        named(from, root, kind));
  }

  private static List<String> sourceKeys(Mapping.From from) {
    return List.of(from.source(), "constant", "tokenise");
  }

  private static Map<String, Source> named(Mapping.From from, YamlKeys root, Kind kind) {
    Map<String, Source> named = new LinkedHashMap<>();
    if (root.has(kind.named()) || kind == Kind.PROFILE) {
      YamlKeys keys = root.mapping(kind.named());
      for (String key : keys.keys()) {
        if (kind == Kind.PROFILE && !History.KIND.matcher(key).matches()) {
          throw keys.error(key, "expected a name in snake_case, such as credit_limit");
        }
        named.put(key, Mapping.any(from, keys, key, sourceKeys(from)));
      }
    }
    return named;
  }

  @Override
  public boolean tokenises() {
    List<Source> all = new ArrayList<>(fields.values());
    all.addAll(named.values());
    return all.stream()
        .anyMatch(s -> s instanceof Source.Column c && c.tokenise() != Tokenise.NONE);
  }
}
