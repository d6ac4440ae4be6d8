package io.vigil.model.feature;

import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * The names of a spec while it is read: which are taken, and what a feature may refer to. A feature
 * that comes later is known only to tell it from one that does not exist.
 */
final class SpecNames {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");

  /** Words that mean something else in an expression. */
  private static final Set<String> RESERVED = Set.of("and", "or", "not", "in", "attributes");

  private final String origin;
  private final List<Node> items;
  private final List<String> earlier = new ArrayList<>();
  private final List<String> current = new ArrayList<>();
  private int index;

  /** A feature that is not read yet. */
  private record Later(int line, List<String> reads) {}

  SpecNames(String origin, List<Node> items) {
    this.origin = origin;
    this.items = items;
  }

  /** The item at hand was read: later ones may refer to it. */
  void end() {
    earlier.addAll(current);
    current.clear();
    index++;
  }

  /** The name that an item gives, from which the names of its features are made. */
  String base(SpecMapping map) {
    String name = map.text("name");
    requireLegal(map, name);
    return name;
  }

  /** Takes a name for a feature of the item at hand; refuses one that is no name or is taken. */
  String claim(SpecMapping map, String name) {
    requireLegal(map, name);
    if (earlier.contains(name) || current.contains(name)) {
      throw map.error("name", "expected a new name, got '" + name + "' a second time");
    }
    if (Field.byId(name) != null || RESERVED.contains(name)) {
      throw map.error(
          "name", "expected a name of its own, got '" + name + "', which is a word of expressions");
    }
    current.add(name);
    return name;
  }

  private static void requireLegal(SpecMapping map, String name) {
    if (!NAME.matcher(name).matches()) {
      throw map.error(
          "name",
          "expected up to 128 letters, digits and underscores, no digit first, got '" + name + "'");
    }
  }

  /** Refuses what is neither an earlier feature nor a number field. */
  String operand(SpecMapping map, String key, String name) {
    Field field = Field.byId(name);
    boolean known = field == null ? earlier.contains(name) : field.type() == Field.Type.NUMBER;
    if (!known) {
      refuseLater(map, key, name);
      throw map.error(
          key,
          "expected an earlier feature or one of %s, got '%s'"
              .formatted(
                  Arrays.stream(Field.values())
                      .filter(candidate -> candidate.type() == Field.Type.NUMBER)
                      .map(Field::id)
                      .collect(Collectors.joining(", ")),
                  name));
    }
    return name;
  }

  /** A number or a condition over fields and earlier features. */
  String expression(SpecMapping map, String key) {
    String source = map.text(key).strip();
    try {
      if (Expression.parse(source, earlier).type() == Expression.Type.TEXT) {
        throw map.error(key, "expected a number or a condition, got a text: " + source);
      }
    } catch (ExpressionException e) {
      for (String read : reads(source)) {
        refuseLater(map, key, read);
      }
      throw map.error(key, e.getMessage() + " in: " + source);
    }
    return source;
  }

  /** A condition over what an event says of itself. */
  String condition(SpecMapping map, String key) {
    String source = map.text(key).strip();
    try {
      Expression.Type type = Expression.parse(source, List.of()).type();
      if (type != Expression.Type.BOOLEAN) {
        throw map.error(
            key,
            "expected a condition, got a %s: %s"
                .formatted(type == Expression.Type.TEXT ? "text" : "number", source));
      }
    } catch (ExpressionException e) {
      List<String> read = reads(source);
      if (!read.isEmpty()) {
        throw map.error(
            key,
            "expected fields and attributes of the event alone, got the feature '%s' in: %s"
                .formatted(read.get(0), source));
      }
      throw map.error(key, e.getMessage() + " in: " + source);
    }
    return source;
  }

  /** A text field other than the id of the transaction, or an attribute. */
  String text(SpecMapping map, String key) {
    return source(map, key, categories());
  }

  /** What {@link #text} takes, or the mcc. */
  String code(SpecMapping map, String key) {
    return source(map, key, Codes.ids());
  }

  private static String source(SpecMapping map, String key, List<String> fields) {
    String source = map.text(key).strip();
    if (!fields.contains(source) && !isAttribute(source)) {
      List<String> legal = new ArrayList<>(fields);
      legal.add("attributes.KEY");
      throw map.unexpected(key, legal);
    }
    return source;
  }

  private static boolean isAttribute(String source) {
    try {
      return source.startsWith("attributes")
          && Expression.parse(source, List.of()).type() == Expression.Type.TEXT;
    } catch (ExpressionException e) {
      return false;
    }
  }

  /** An id that never comes twice is no category. */
  static boolean isCategory(Field field) {
    return field.type() == Field.Type.TEXT && field != Field.TRANSACTION_ID;
  }

  static List<String> categories() {
    return Arrays.stream(Field.values()).filter(SpecNames::isCategory).map(Field::id).toList();
  }

  /** Throws when the name is that of the item at hand or of a later one. */
  private void refuseLater(SpecMapping map, String key, String name) {
    Map<String, Later> later = later();
    Later target = later.get(name);
    if (target == null || earlier.contains(name)) {
      return;
    }
    String from = map.text("name");
    List<String> way = new ArrayList<>(List.of(from));
    if (leads(name, from, later, new HashSet<>(), way)) {
      throw map.error(key, "expected no cycle, got " + String.join(" -> ", way));
    }
    throw map.error(
        key,
        "expected an earlier feature, got %s which comes later (line %d)"
            .formatted(name, target.line));
  }

  /**
   * Whether references lead from a name to another; appends the names on the way, both included.
   */
  private static boolean leads(
      String from, String to, Map<String, Later> later, Set<String> visited, List<String> way) {
    Later feature = later.get(from);
    if (feature == null || !visited.add(from)) {
      return false;
    }
    way.add(from);
    if (from.equals(to)) {
      return true;
    }
    for (String read : feature.reads) {
      if (leads(read, to, later, visited, way)) {
        return true;
      }
    }
    way.remove(way.size() - 1);
    return false;
  }

  /** The value names in a source, whether or not they come later; none if it cannot be read. */
  private List<String> reads(String source) {
    List<String> all = new ArrayList<>(earlier);
    for (SpecMapping map : unread()) {
      all.addAll(names(map));
    }
    return reads(source, all);
  }

  private static List<String> reads(String source, List<String> all) {
    try {
      return Expression.parse(source, all).reads();
    } catch (ExpressionException e) {
      return List.of();
    }
  }

  /** By name, the features of the item at hand and of those after it. */
  private Map<String, Later> later() {
    List<SpecMapping> unread = unread();
    List<String> all = new ArrayList<>(earlier);
    for (SpecMapping map : unread) {
      all.addAll(names(map));
    }
    Map<String, Later> later = new LinkedHashMap<>();
    for (SpecMapping map : unread) {
      for (String name : names(map)) {
        later.putIfAbsent(name, new Later(map.line("name"), references(map, all)));
      }
    }
    return later;
  }

  /** The items not read yet, so far as they are mappings with a name. */
  private List<SpecMapping> unread() {
    List<SpecMapping> maps = new ArrayList<>();
    for (Node item : items.subList(index, items.size())) {
      try {
        SpecMapping map = SpecMapping.of(origin, item, "features");
        map.text("name");
        maps.add(map);
      } catch (SpecException e) {
        // It is refused when its turn comes, if all before it is right.
      }
    }
    return maps;
  }

  /** The names that an item would take, just its own if it is broken. */
  private List<String> names(SpecMapping map) {
    String name = map.text("name");
    SpecNames scratch = new SpecNames(origin, List.of());
    try {
      List<? extends Feature> features = List.of();
      if (map.has(FeatureKind.SEQUENCE.key())) {
        features = new SequenceReader(scratch, new AggregateReader(scratch)).read(map, name);
      }
      for (FeatureKind kind : List.of(FeatureKind.ONE_HOT, FeatureKind.CYCLIC)) {
        if (map.has(kind.key())) {
          features = DerivedReader.read(kind, map, name, scratch);
        }
      }
      if (!features.isEmpty()) {
        return features.stream().map(Feature::name).toList();
      }
    } catch (SpecException e) {
      // It is refused when its turn comes.
      return List.of(name);
    }
    return List.of(name);
  }

  /** What an item refers to, as far as that can be read. */
  private static List<String> references(SpecMapping map, List<String> all) {
    List<String> references = new ArrayList<>();
    try {
      for (FeatureKind kind : FeatureKind.values()) {
        if (map.has(kind.key())) {
          references.addAll(
              switch (kind) {
                case RATIO, DIFFERENCE, ZSCORE, LOG1P, CLIP -> map.textOrTexts(kind.key());
                case EXPRESSION -> reads(map.text(kind.key()).strip(), all);
                case AGGREGATE, FACT, ONE_HOT, HASH_BUCKET, CYCLIC, SEQUENCE -> List.of();
              });
        }
      }
    } catch (SpecException e) {
      // It is refused when its turn comes.
      return references;
    }
    return references;
  }
}
