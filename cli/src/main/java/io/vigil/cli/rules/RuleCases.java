package io.vigil.cli.rules;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.YamlMap;
import io.vigil.model.event.Field;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Outcome;
import io.vigil.model.rule.EntryList;
import io.vigil.model.rule.Lists;
import io.vigil.schema.Channel;
import io.vigil.schema.EntryMode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file of example transactions for a rule set: {@code defaults} that all of them share, {@code
 * lists} that stand in for those in force, and {@code cases}. The file is described in
 * docs/rules.md.
 *
 * @param lists by name, entries that stand in for those of the list in force
 */
public record RuleCases(List<RuleCase> cases, List<EntryList> lists) {
  private static final int CASES_MAX = 10_000;
  private static final int LIST_MAX = 10_000;
  private static final double NUMBER_MAX = 1e18;
  private static final double AMOUNT_MAX = 1e10;
  private static final double ROUNDING = 1e-6;
  private static final int POINTS_MAX = 500_000;
  private static final String ATTRIBUTES = "attributes";
  private static final String[] TRANSACTION_KEYS =
      Stream.concat(Arrays.stream(Field.values()).map(Field::id), Stream.of(ATTRIBUTES))
          .toArray(String[]::new);

  public RuleCases {
    cases = List.copyOf(cases);
    lists = List.copyOf(lists);
  }

  /**
   * Reads a file of cases.
   *
   * @param spec whose features cases may give; one that a case does not give has its default
   * @throws ArtefactException at the first thing that is wrong
   */
  public static RuleCases read(String yaml, String origin, FeatureSpec spec) {
    YamlMap file = YamlMap.read(yaml, origin, "defaults", "lists", "cases");
    String[] features = spec.features().stream().map(Feature::name).toArray(String[]::new);
    YamlMap defaults =
        file.has("defaults") ? file.map("defaults", "transaction", "features", "score") : null;
    List<RuleCase> cases = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    for (YamlMap entry :
        file.maps("cases", CASES_MAX, "name", "transaction", "features", "score", "at", "expect")) {
      List<YamlMap> layers =
          Stream.of(entry, defaults).filter(layer -> layer != null).map(each -> each).toList();
      RuleCase one = new Reader(entry, layers, spec, features).read();
      if (!names.add(one.name())) {
        throw entry.wrong("name", "a name that no other case has");
      }
      cases.add(one);
    }
    return new RuleCases(cases, lists(file));
  }

  /** The given lists, with those of this file in the place of the ones of their names. */
  public Lists over(Lists given) {
    Lists all = given;
    for (EntryList list : lists) {
      all = all.with(list);
    }
    return all;
  }

  private static List<EntryList> lists(YamlMap file) {
    List<EntryList> lists = new ArrayList<>();
    if (file.has("lists")) {
      YamlMap map = file.anyMap("lists", "a mapping of names to lists of texts");
      for (String name : map.keys()) {
        String text = "name: %s\nversion: 1\nof: any\n".formatted(name);
        String entries = String.join("\n", map.texts(name, LIST_MAX));
        try {
          lists.add(EntryList.read((text + entries).getBytes(StandardCharsets.UTF_8), name));
        } catch (ArtefactException e) {
          throw map.because(name, String.valueOf(e.getMessage()));
        }
      }
    }
    return lists;
  }

  /** Reads one case; what it does not say is what the defaults say. */
  private record Reader(YamlMap entry, List<YamlMap> layers, FeatureSpec spec, String[] features) {
    private static final Map<String, String> CHANNELS = legal(Channel.values());
    private static final Map<String, String> ENTRY_MODES = legal(EntryMode.values());

    RuleCase read() {
      CaseFacts facts = facts();
      YamlMap expect = entry.map("expect", "hits", "outcome", "points");
      if (expect.keys().isEmpty()) {
        throw entry.wrong("expect", "at least one of hits, outcome, points");
      }
      return new RuleCase(
          entry.text("name", "a name"),
          facts,
          vector(),
          score(),
          entry.has("at") ? instantMs(entry, "at") : facts.eventTimeMs(),
          expect.has("hits") ? expect.texts("hits", CASES_MAX) : null,
          expect.has("outcome") ? expect.choice("outcome", Outcome.byId(Outcome.APPROVE)) : null,
          expect.has("points") ? expect.integer("points", -POINTS_MAX, POINTS_MAX) : null);
    }

    private double score() {
      for (YamlMap layer : layers) {
        if (layer.has("score")) {
          return layer.decimal("score", 0, 1);
        }
      }
      return Double.NaN;
    }

    private double[] vector() {
      double[] vector =
          spec.features().stream().mapToDouble(each -> (float) each.defaultValue()).toArray();
      List<YamlMap> given = maps("features", features);
      for (int i = 0; i < features.length; i++) {
        YamlMap layer = first(given, features[i]);
        if (layer != null) {
          vector[i] = (float) layer.decimal(features[i], -NUMBER_MAX, NUMBER_MAX);
        }
      }
      return vector;
    }

    private CaseFacts facts() {
      List<YamlMap> given = maps("transaction", TRANSACTION_KEYS);
      Map<Field, String> texts = new EnumMap<>(Field.class);
      Map<Field, Double> numbers = new EnumMap<>(Field.class);
      for (Field field : Field.values()) {
        YamlMap layer = first(given, field.id());
        if (layer == null || field == Field.EVENT_TIME || field == Field.AMOUNT) {
          continue;
        }
        switch (field) {
          case CHANNEL -> texts.put(field, layer.choice(field.id(), CHANNELS));
          case ENTRY_MODE -> texts.put(field, layer.choice(field.id(), ENTRY_MODES));
          default -> {
            if (field.type() == Field.Type.TEXT) {
              texts.put(field, layer.text(field.id(), "a text"));
            } else {
              numbers.put(field, layer.decimal(field.id(), -NUMBER_MAX, NUMBER_MAX));
            }
          }
        }
      }
      return new CaseFacts(
          instantMs(having(given, Field.EVENT_TIME.id()), Field.EVENT_TIME.id()),
          amountMinor(having(given, Field.AMOUNT.id())),
          texts,
          numbers,
          attributes(given));
    }

    private static long amountMinor(YamlMap map) {
      double minor = 100 * map.decimal(Field.AMOUNT.id(), 0, AMOUNT_MAX);
      if (Math.abs(minor - Math.rint(minor)) > ROUNDING) {
        throw map.wrong(Field.AMOUNT.id(), "an amount with at most two decimals");
      }
      return Math.round(minor);
    }

    private static Map<String, String> attributes(List<YamlMap> given) {
      Map<String, String> attributes = new HashMap<>();
      for (YamlMap layer : given) {
        if (layer.has(ATTRIBUTES)) {
          YamlMap map = layer.anyMap(ATTRIBUTES, "a mapping of keys to texts");
          map.keys().forEach(key -> attributes.putIfAbsent(key, map.text(key, "a text")));
        }
      }
      return attributes;
    }

    private static long instantMs(YamlMap map, String key) {
      String expected = "an instant such as 2026-01-31T14:30:00Z";
      try {
        return Instant.parse(map.text(key, expected)).toEpochMilli();
      } catch (DateTimeException e) {
        throw map.wrong(key, expected);
      }
    }

    /** The key's mapping in each layer that has it. */
    private List<YamlMap> maps(String key, String... keys) {
      return layers.stream()
          .filter(layer -> layer.has(key))
          .map(layer -> layer.map(key, keys))
          .toList();
    }

    private static @Nullable YamlMap first(List<YamlMap> layers, String key) {
      for (YamlMap layer : layers) {
        if (layer.has(key)) {
          return layer;
        }
      }
      return null;
    }

    /** The first with that key, or one that will say that it is missing. */
    private YamlMap having(List<YamlMap> given, String key) {
      YamlMap layer = first(given, key);
      if (layer != null) {
        return layer;
      }
      return given.isEmpty() ? entry.map("transaction", TRANSACTION_KEYS) : given.get(0);
    }

    private static Map<String, String> legal(Enum<?>[] symbols) {
      return Arrays.stream(symbols)
          .map(symbol -> symbol.name().toLowerCase(Locale.ROOT))
          .collect(Collectors.toMap(id -> id, id -> id, (one, same) -> one, LinkedHashMap::new));
    }
  }
}
