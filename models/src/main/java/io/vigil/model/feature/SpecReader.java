package io.vigil.model.feature;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads a feature spec and says where it is wrong. For one spec. */
final class SpecReader {
  private static final int FEATURES_MAX = 512;
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})([mhd])");

  /** Words that mean something else in an expression. */
  private static final Set<String> RESERVED = Set.of("and", "or", "not", "in", "attributes");

  private static final String LABEL = "fraud_label";

  private static final List<String> SPEC_KEYS = List.of("name", "version", "features");
  private static final List<String> AGGREGATE_KEYS =
      List.of(
          "name",
          "entity",
          "aggregate",
          "of",
          "window",
          "delay",
          "include_current",
          "label_by",
          "default");
  private static final List<String> RATIO_KEYS = List.of("name", "ratio", "default");
  private static final List<String> EXPRESSION_KEYS = List.of("name", "expression", "default");

  private final String origin;
  private final List<String> names = new ArrayList<>();

  SpecReader(String origin) {
    this.origin = origin;
  }

  FeatureSpec read(String yaml) {
    SpecMapping spec = SpecMapping.of(origin, compose(yaml), "spec");
    spec.allow(SPEC_KEYS);
    String name = spec.text("name");
    int version = version(spec);
    List<Node> items = spec.list("features");
    if (items.isEmpty() || items.size() > FEATURES_MAX) {
      throw spec.error(
          "features", "expected 1 to " + FEATURES_MAX + " features, got " + items.size());
    }
    List<Feature> features = new ArrayList<>();
    for (Node item : items) {
      Feature feature = feature(SpecMapping.of(origin, item, "features"));
      features.add(feature);
      names.add(feature.name());
    }
    return new FeatureSpec(name, version, features);
  }

  private Node compose(String yaml) {
    LoadSettings settings = LoadSettings.builder().setLabel(origin).setUseMarks(true).build();
    try {
      Optional<Node> root = new Compose(settings).composeString(yaml);
      return root.orElseThrow(
          () -> new SpecException(origin, 1, "spec", "expected a mapping, got an empty document"));
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

  private Feature feature(SpecMapping map) {
    String name = name(map);
    double defaultValue = defaultValue(map);
    boolean aggregate = map.has("aggregate");
    boolean ratio = map.has("ratio");
    boolean expression = map.has("expression");
    if ((aggregate ? 1 : 0) + (ratio ? 1 : 0) + (expression ? 1 : 0) != 1) {
      throw map.error("name", "expected exactly one of aggregate, ratio, expression in " + name);
    }
    if (aggregate) {
      map.allow(AGGREGATE_KEYS);
      return aggregated(map, name, defaultValue);
    }
    if (ratio) {
      map.allow(RATIO_KEYS);
      return ratio(map, name, defaultValue);
    }
    map.allow(EXPRESSION_KEYS);
    return computed(map, name, defaultValue);
  }

  private String name(SpecMapping map) {
    String name = map.text("name");
    if (!NAME.matcher(name).matches()) {
      throw map.error(
          "name",
          "expected up to 128 letters, digits and underscores, no digit first, got '" + name + "'");
    }
    if (names.contains(name)) {
      throw map.error("name", "expected a new name, got '" + name + "' a second time");
    }
    if (Field.byId(name) != null || RESERVED.contains(name)) {
      throw map.error(
          "name",
          "expected a name of its own, got '" + name + "', which is a word of" + " expressions");
    }
    return name;
  }

  private static double defaultValue(SpecMapping map) {
    if (!map.has("default")) {
      return 0;
    }
    String text = map.text("default");
    double value = Double.NaN;
    if (text.matches("[-+]?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?")) {
      value = Double.parseDouble(text);
    }
    if (!(Math.abs(value) <= Float.MAX_VALUE)) {
      throw map.error("default", "expected a number within +-3.4e38, got '" + text + "'");
    }
    return value;
  }

  private Feature.Aggregated aggregated(SpecMapping map, String name, double defaultValue) {
    Entity entity = Entity.byId(map.text("entity"));
    if (entity == null) {
      throw map.unexpected(
          "entity", Arrays.stream(Entity.values()).map(known -> known.field().id()).toList());
    }
    Aggregate aggregate = Aggregate.byId(map.text("aggregate"));
    if (aggregate == null) {
      throw map.unexpected(
          "aggregate", Arrays.stream(Aggregate.values()).map(Aggregate::id).toList());
    }
    return new Feature.Aggregated(
        name, entity, aggregate, of(map, aggregate), window(map, aggregate), defaultValue);
  }

  private static @Nullable Field of(SpecMapping map, Aggregate aggregate) {
    if (aggregate != Aggregate.RATE) {
      map.refuse("label_by", "only a rate has");
    } else if (map.has("label_by") && !map.text("label_by").equals("transaction")) {
      throw map.unexpected("label_by", List.of("transaction"));
    }
    switch (aggregate.of()) {
      case NOTHING -> {
        map.refuse("of", "which " + aggregate.id() + " has not");
        return null;
      }
      case FRAUD_LABEL -> {
        if (!map.text("of").equals(LABEL)) {
          throw map.unexpected("of", List.of(LABEL));
        }
        return null;
      }
      case AMOUNT -> {
        if (!map.text("of").equals(Field.AMOUNT.id())) {
          throw map.unexpected("of", List.of(Field.AMOUNT.id()));
        }
        return Field.AMOUNT;
      }
      case TEXT -> {
        Field field = Field.byId(map.text("of"));
        if (field == null || !isCategory(field)) {
          throw map.unexpected(
              "of",
              Arrays.stream(Field.values()).filter(SpecReader::isCategory).map(Field::id).toList());
        }
        return field;
      }
    }
    throw new AssertionError(aggregate);
  }

  /** An id that never comes twice says nothing in a window. */
  private static boolean isCategory(Field field) {
    return field.type() == Field.Type.TEXT && field != Field.TRANSACTION_ID;
  }

  private static @Nullable Window window(SpecMapping map, Aggregate aggregate) {
    if (!aggregate.windowed()) {
      for (String key : List.of("window", "delay", "include_current")) {
        map.refuse(key, "which " + aggregate.id() + " has not");
      }
      return null;
    }
    long lengthMs = durationMs(map, "window", Window.MINUTE_MS);
    long delayMs = map.has("delay") ? durationMs(map, "delay", 0) : 0;
    if (aggregate == Aggregate.SEEN) {
      map.refuse("include_current", "as seen counts earlier events only");
      return new Window(lengthMs, delayMs, false);
    }
    if (delayMs > 0) {
      map.refuse("include_current", "as the delay leaves the current event out");
      return new Window(lengthMs, delayMs, false);
    }
    boolean includesCurrent = true;
    if (map.has("include_current")) {
      String text = map.text("include_current");
      if (!text.equals("true") && !text.equals("false")) {
        throw map.unexpected("include_current", List.of("true", "false"));
      }
      includesCurrent = text.equals("true");
    }
    return new Window(lengthMs, delayMs, includesCurrent);
  }

  private static long durationMs(SpecMapping map, String key, long minMs) {
    String text = map.text(key);
    Matcher matcher = DURATION.matcher(text);
    long ms = -1;
    if (matcher.matches()) {
      long unitMs =
          switch (matcher.group(2)) {
            case "m" -> Window.MINUTE_MS;
            case "h" -> 60 * Window.MINUTE_MS;
            default -> Window.DAY_MS;
          };
      ms = Long.parseLong(matcher.group(1)) * unitMs;
    }
    if (ms < minMs || ms > Window.MAX_MS) {
      throw map.error(
          key,
          "expected a whole number and one of m, h, d, from %s to 90d, got '%s'"
              .formatted(minMs == 0 ? "0d" : "1m", text));
    }
    return ms;
  }

  private Feature.Ratio ratio(SpecMapping map, String name, double defaultValue) {
    List<String> operands = map.texts("ratio");
    if (operands.size() != 2) {
      throw map.error("ratio", "expected [dividend, divisor], got " + operands.size() + " names");
    }
    for (String operand : operands) {
      Field field = Field.byId(operand);
      boolean known = field == null ? names.contains(operand) : field.type() == Field.Type.NUMBER;
      if (!known) {
        throw map.error(
            "ratio",
            "expected an earlier feature or one of %s, got '%s'"
                .formatted(
                    Arrays.stream(Field.values())
                        .filter(candidate -> candidate.type() == Field.Type.NUMBER)
                        .map(Field::id)
                        .collect(Collectors.joining(", ")),
                    operand));
      }
    }
    return new Feature.Ratio(name, operands.get(0), operands.get(1), defaultValue);
  }

  private Feature.Computed computed(SpecMapping map, String name, double defaultValue) {
    String source = map.text("expression").strip();
    try {
      if (Expression.parse(source, List.copyOf(names)).type() == Expression.Type.TEXT) {
        throw map.error("expression", "expected a number or a condition, got a text: " + source);
      }
    } catch (ExpressionException e) {
      throw map.error("expression", e.getMessage() + " in: " + source);
    }
    return new Feature.Computed(name, source, defaultValue);
  }
}
