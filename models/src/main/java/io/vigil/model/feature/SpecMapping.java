package io.vigil.model.feature;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A YAML mapping with text keys that knows where it stands. */
final class SpecMapping {
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
      texts.add(shown(node));
    }
    return texts;
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

  /** At the key's line, or at the mapping's when the key is missing. */
  SpecException error(String key, String problem) {
    @Nullable Integer keyLine = lines.get(key);
    return new SpecException(origin, keyLine == null ? line : keyLine, key, problem);
  }

  private static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
  }

  private static String shown(Node node) {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue().isBlank() ? "nothing" : scalar.getValue();
    }
    return node instanceof SequenceNode ? "a list" : "a mapping";
  }
}
