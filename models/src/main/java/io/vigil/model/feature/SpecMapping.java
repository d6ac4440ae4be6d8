package io.vigil.model.feature;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A YAML mapping with text keys that knows where it stands. */
final class SpecMapping {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})([mhd])");
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?");

  private final String origin;
  private final int line;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Integer> lines = new LinkedHashMap<>();

  private SpecMapping(String origin, int line) {
    this.origin = origin;
    this.line = line;
  }

  /**
   * @param what names the node in messages
   * @throws SpecException when the node is no mapping, or a key comes twice
   */
  static SpecMapping of(String origin, Node node, String what) {
    int line = line(node);
    if (!(node instanceof MappingNode mapping)) {
      throw new SpecException(origin, line, what, "expected a mapping, got " + shown(node));
    }
    SpecMapping result = new SpecMapping(origin, line);
    for (NodeTuple tuple : mapping.getValue()) {
      String key = shown(tuple.getKeyNode());
      int keyLine = line(tuple.getKeyNode());
      if (result.values.put(key, tuple.getValueNode()) != null) {
        throw new SpecException(origin, keyLine, key, "expected once, got a second time");
      }
      result.lines.put(key, keyLine);
    }
    return result;
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  /** Throws for a key that is not among {@code keys}. */
  void allow(List<String> keys) {
    for (String key : values.keySet()) {
      if (!keys.contains(key)) {
        throw error(key, "unknown key, expected one of " + String.join(", ", keys));
      }
    }
  }

  /** Throws when the key is there. */
  void refuse(String key, String why) {
    if (has(key)) {
      throw error(key, "expected no such key here, " + why);
    }
  }

  String text(String key) {
    Node node = required(key);
    if (node instanceof ScalarNode scalar && !scalar.getValue().isBlank()) {
      return scalar.getValue();
    }
    throw error(key, "expected a value, got " + shown(node));
  }

  SpecMapping mapping(String key) {
    return of(origin, required(key), key);
  }

  List<Node> list(String key) {
    Node node = required(key);
    if (node instanceof SequenceNode sequence) {
      return sequence.getValue();
    }
    throw error(key, "expected a list, got " + shown(node));
  }

  List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (Node node : list(key)) {
      if (!(node instanceof ScalarNode scalar) || scalar.getValue().isBlank()) {
        throw error(key, "expected a list of names or texts, got " + shown(node) + " in it");
      }
      texts.add(scalar.getValue());
    }
    return texts;
  }

  /** Whether the key's value is one text and no list. */
  boolean isText(String key) {
    return values.get(key) instanceof ScalarNode;
  }

  /** The texts of a list, or the one that stands without a list. */
  List<String> textOrTexts(String key) {
    return required(key) instanceof SequenceNode ? texts(key) : List.of(text(key));
  }

  /**
   * @param min at least 0
   */
  int wholeNumber(String key, int min, int max) {
    String text = text(key);
    int value = text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
    if (value < min || value > max) {
      throw error(key, "expected a whole number from %d to %d, got '%s'".formatted(min, max, text));
    }
    return value;
  }

  /** A number in the range of float32. */
  double number(String key) {
    String text = text(key);
    double value = NUMBER.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
    if (!(Math.abs(value) <= Float.MAX_VALUE)) {
      throw error(key, "expected a number within +-3.4e38, got '" + text + "'");
    }
    // Adding 0.0 turns -0.0 into 0.0, so that equal definitions are equal records.
    return value + 0.0;
  }

  /** Whether a value is true or false, {@code otherwise} when the key is missing. */
  boolean flag(String key, boolean otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    return switch (text(key)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw unexpected(key, List.of("true", "false"));
    };
  }

  /** A whole number of minutes, hours or days, milliseconds; -1 for any other text. */
  long durationMs(String key) {
    Matcher matcher = DURATION.matcher(text(key));
    if (!matcher.matches()) {
      return -1;
    }
    long unitMs =
        switch (matcher.group(2)) {
          case "m" -> Window.MINUTE_MS;
          case "h" -> 60 * Window.MINUTE_MS;
          default -> Window.DAY_MS;
        };
    return Long.parseLong(matcher.group(1)) * unitMs;
  }

  /** One of the list of a key, as a mapping. */
  SpecMapping inner(String key, Node node) {
    return of(origin, node, key);
  }

  private Node required(String key) {
    Node node = values.get(key);
    if (node == null) {
      throw error(key, "missing");
    }
    return node;
  }

  SpecException unexpected(String key, List<String> legal) {
    return error(
        key, "expected one of %s, got '%s'".formatted(String.join(", ", legal), text(key)));
  }

  /** The line of a key, or the mapping's when the key is missing; the first is 1. */
  int line(String key) {
    @Nullable Integer keyLine = lines.get(key);
    return keyLine == null ? line : keyLine;
  }

  /** At the key's line, or at the mapping's when the key is missing. */
  SpecException error(String key, String problem) {
    return new SpecException(origin, line(key), key, problem);
  }

  /** At the line of one of the list of a key. */
  SpecException error(String key, Node node, String problem) {
    return new SpecException(origin, line(node), key, problem);
  }

  private static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
  }

  static String shown(Node node) {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue().isBlank() ? "nothing" : scalar.getValue();
    }
    return node instanceof SequenceNode ? "a list" : "a mapping";
  }
}
