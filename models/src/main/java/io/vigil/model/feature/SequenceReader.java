package io.vigil.model.feature;

import io.vigil.model.event.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads what the events before the current one were. For one spec. */
final class SequenceReader {
  private static final int EVENTS_MAX = 64;
  private static final String LEGAL =
      "amount, elapsed, {name, where} or {name, of, buckets}, each of a name of its own";

  private final SpecNames names;
  private final AggregateReader aggregates;

  SequenceReader(SpecNames names, AggregateReader aggregates) {
    this.names = names;
    this.aggregates = aggregates;
  }

  /** What a sequence holds of each event. */
  private record Part(
      String name, Aggregate aggregate, @Nullable Field of, @Nullable String where, int buckets) {}

  /** The oldest event first, and of each event the steps in their order. */
  List<Feature.Aggregated> read(SpecMapping map, String name) {
    Grouping grouping = AggregateReader.grouping(map, "sequence");
    int last = map.wholeNumber("last", 1, EVENTS_MAX);
    List<Part> parts = parts(map, grouping);
    double otherwise = map.has("default") ? map.number("default") : 0;
    List<Feature.Aggregated> features = new ArrayList<>();
    for (int back = last; back >= 1; back--) {
      for (Part part : parts) {
        features.add(
            new Feature.Aggregated(
                names.claim(map, name + "_" + back + "_" + part.name),
                grouping,
                part.aggregate,
                part.of,
                null,
                part.where,
                back,
                part.buckets,
                null,
                otherwise));
      }
    }
    return features;
  }

  private List<Part> parts(SpecMapping map, Grouping grouping) {
    List<Part> parts = new ArrayList<>();
    Set<String> known = new HashSet<>();
    for (Node node : map.list("steps")) {
      Part part =
          node instanceof ScalarNode ? plain(map, node) : part(map.inner("steps", node), grouping);
      if (!known.add(part.name)) {
        throw map.error(
            "steps", node, "expected %s, got '%s' a second time".formatted(LEGAL, part.name));
      }
      parts.add(part);
    }
    if (parts.isEmpty()) {
      throw map.error("steps", "expected " + LEGAL + ", got none");
    }
    return parts;
  }

  private static Part plain(SpecMapping map, Node node) {
    String name = SpecMapping.shown(node);
    return switch (name) {
      case "amount" -> new Part(name, Aggregate.LAST, Field.AMOUNT, null, 0);
      case "elapsed" -> new Part(name, Aggregate.ELAPSED, null, null, 0);
      default -> throw map.error("steps", node, "expected %s, got '%s'".formatted(LEGAL, name));
    };
  }

  private Part part(SpecMapping step, Grouping grouping) {
    step.allow(List.of("name", "where", "of", "buckets"));
    String name = step.text("name");
    if (!name.matches("[A-Za-z0-9_]+")) {
      throw step.error("name", "expected letters, digits and underscores, got '" + name + "'");
    }
    if (step.has("where") == step.has("of")) {
      throw step.error(
          "steps",
          "expected either where or of in %s, got %s"
              .formatted(name, step.has("of") ? "both" : "none"));
    }
    if (step.has("where")) {
      step.refuse("buckets", "which a condition has not");
      return new Part(name, Aggregate.LAST, null, aggregates.condition(step, grouping), 0);
    }
    Field of = AggregateReader.code(step, Codes.ids());
    return new Part(name, Aggregate.LAST, of, null, DerivedReader.buckets(step));
  }
}
