package io.vigil.model.feature;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads a feature spec and says where it is wrong. For one spec. */
final class SpecReader {
  static final int FEATURES_MAX = 512;

  /** Their numbers travel as a byte. */
  static final int HISTORIES_MAX = 64;

  private static final List<String> SPEC_KEYS = List.of("name", "version", "features");
  private static final List<String> BACKFILL_KEYS = List.of("id", "since", "features");

  private final String origin;

  SpecReader(String origin) {
    this.origin = origin;
  }

  FeatureSpec read(String yaml) {
    FeatureSpec spec = null;
    List<Node> backfills = new ArrayList<>();
    for (Node document : compose(yaml)) {
      if (document instanceof MappingNode
          && SpecMapping.of(origin, document, "spec").has(Backfill.KEY)) {
        backfills.add(document);
        continue;
      }
      FeatureSpec next = read(document);
      try {
        spec = spec == null ? next : spec.with(next);
      } catch (IllegalArgumentException e) {
        throw new SpecException(origin, line(document), "features", String.valueOf(e.getMessage()));
      }
    }
    if (spec == null) {
      throw new SpecException(origin, 1, "spec", "expected a mapping, got an empty document");
    }
    for (Node document : backfills) {
      spec = apart(spec, document);
    }
    return spec;
  }

  private FeatureSpec apart(FeatureSpec spec, Node document) {
    SpecMapping outer = SpecMapping.of(origin, document, "spec");
    outer.allow(List.of(Backfill.KEY));
    SpecMapping mark = outer.mapping(Backfill.KEY);
    mark.allow(BACKFILL_KEYS);
    try {
      Backfill backfill =
          new Backfill(mark.text("id"), mark.has("since") ? since(mark) : Backfill.NONE.sinceMs());
      return spec.apart(backfill, Set.copyOf(mark.texts("features")));
    } catch (IllegalArgumentException e) {
      throw new SpecException(origin, line(document), Backfill.KEY, String.valueOf(e.getMessage()));
    }
  }

  private static long since(SpecMapping mark) {
    String text = mark.text("since");
    if (!text.matches("[0-9]{1,15}")) {
      throw mark.error("since", "expected milliseconds since the epoch, got '" + text + "'");
    }
    return Long.parseLong(text);
  }

  private static int line(Node document) {
    return document.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
  }

  private FeatureSpec read(Node document) {
    SpecMapping spec = SpecMapping.of(origin, document, "spec");
    spec.allow(SPEC_KEYS);
    String name = spec.text("name");
    int version = version(spec);
    List<Node> items = spec.list("features");
    // Before anything is read, as what comes later is looked at for the message of a wrong
    // reference.
    if (items.isEmpty() || items.size() > FEATURES_MAX) {
      throw spec.error(
          "features", "expected 1 to " + FEATURES_MAX + " features, got " + items.size());
    }
    SpecNames names = new SpecNames(origin, items);
    AggregateReader aggregates = new AggregateReader(names);
    ProfileReader profiles = new ProfileReader(names);
    SequenceReader sequences = new SequenceReader(names, aggregates);
    List<Feature> features = new ArrayList<>();
    for (Node item : items) {
      SpecMapping map = SpecMapping.of(origin, item, "features");
      features.addAll(features(map, names, aggregates, profiles, sequences));
      names.end();
      if (features.size() > FEATURES_MAX) {
        throw spec.error("features", "expected 1 to " + FEATURES_MAX + " features, got more");
      }
    }
    requireFewHistories(spec, features);
    return new FeatureSpec(name, version, features);
  }

  /** Each is one more record of every transaction, and one more answer to wait for. */
  private static void requireFewHistories(SpecMapping spec, List<Feature> features) {
    long histories = FeatureSpec.histories(features);
    if (histories > HISTORIES_MAX) {
      throw spec.error(
          "features",
          "expected features of at most %d histories, which are entities, and kinds of events and profiles of entities, got %d"
              .formatted(HISTORIES_MAX, histories));
    }
  }

  private List<Node> compose(String yaml) {
    LoadSettings settings = LoadSettings.builder().setLabel(origin).setUseMarks(true).build();
    try {
      List<Node> documents = new ArrayList<>();
      new Compose(settings).composeAllFromString(yaml).forEach(documents::add);
      return documents;
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
      throw new SpecException(origin, line, "spec", "expected YAML, " + e.getProblem());
    } catch (YamlEngineException e) {
      throw new SpecException(origin, 1, "spec", "expected YAML, " + e.getMessage());
    }
  }

  private static int version(SpecMapping spec) {
    String text = spec.text("version");
    if (!text.matches("[1-9][0-9]{0,8}")) {
      throw spec.error("version", "expected a whole number from 1, got '" + text + "'");
    }
    return Integer.parseInt(text);
  }

  private static List<? extends Feature> features(
      SpecMapping map,
      SpecNames names,
      AggregateReader aggregates,
      ProfileReader profiles,
      SequenceReader sequences) {
    String name = names.base(map);
    List<FeatureKind> kinds = new ArrayList<>();
    for (FeatureKind kind : FeatureKind.values()) {
      if (map.has(kind.key())) {
        kinds.add(kind);
      }
    }
    if (kinds.size() != 1) {
      throw map.error(
          "name",
          "expected exactly one of %s in %s, got %s"
              .formatted(
                  FeatureKind.keys(List.of(FeatureKind.values())),
                  name,
                  kinds.isEmpty() ? "none" : FeatureKind.keys(kinds)));
    }
    FeatureKind kind = kinds.get(0);
    if (kind == FeatureKind.AGGREGATE) {
      return List.of(aggregates.aggregated(map, name));
    }
    map.allow(kind.legal());
    if (kind == FeatureKind.FACT) {
      return List.of(profiles.read(map, name));
    }
    return kind == FeatureKind.SEQUENCE
        ? sequences.read(map, name)
        : DerivedReader.read(kind, map, name, names);
  }
}
