package io.vigil.cli.ingest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A YAML mapping that knows the line of each key; its errors read file:line: key: problem. */
final class YamlKeys {
  private final String origin;
  private final String what;
  private final int line;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Integer> lines = new LinkedHashMap<>();

  private YamlKeys(String origin, String what, Node node) {
    this.origin = origin;
    this.what = what;
    this.line = line(node);
    if (!(node instanceof MappingNode mapping)) {
      throw problem(line, what, "expected a mapping of keys, got " + shown(node));
    }
    for (NodeTuple tuple : mapping.getValue()) {
      String key = shown(tuple.getKeyNode());
      lines.put(key, line(tuple.getKeyNode()));
      if (values.put(key, tuple.getValueNode()) != null) {
        throw error(key, "expected once, got a second time");
      }
    }
  }

  static YamlKeys parse(String origin, String yaml, String what) {
    LoadSettings settings = LoadSettings.builder().setLabel(origin).setUseMarks(true).build();
    try {
      Optional<Node> root = new Compose(settings).composeString(yaml);
      return new YamlKeys(
          origin,
          what,
          root.orElseThrow(() -> new IngestException(origin + ":1: expected a mapping, got none")));
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
      throw new IngestException(origin + ":" + line + ": expected YAML, " + e.getProblem(), e);
    } catch (YamlEngineException e) {
      throw new IngestException(origin + ":1: expected YAML, " + e.getMessage(), e);
    }
  }

  Set<String> keys() {
    return values.keySet();
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  int line(String key) {
    @Nullable Integer keyLine = lines.get(key);
    return keyLine == null ? line : keyLine;
  }

  /** Throws for a key that is not among the legal ones. */
  YamlKeys allow(List<String> legal) {
    for (String key : values.keySet()) {
      if (!legal.contains(key)) {
        throw error(key, "unknown key, expected one of " + String.join(", ", legal));
      }
    }
    return this;
  }

  boolean isMapping(String key) {
    return required(key) instanceof MappingNode;
  }

  YamlKeys mapping(String key) {
    return new YamlKeys(origin, key, required(key));
  }

  String text(String key) {
    Node node = required(key);
    if (node instanceof ScalarNode scalar && !scalar.getValue().isEmpty()) {
      return scalar.getValue();
    }
    throw error(key, "expected a value, got " + shown(node));
  }

  String text(String key, String defaultValue) {
    return has(key) ? text(key) : defaultValue;
  }

  /** A list of values, or a single one. */
  List<String> texts(String key) {
    if (!(required(key) instanceof SequenceNode sequence)) {
      return List.of(text(key));
    }
    List<String> texts = new ArrayList<>();
    for (Node node : sequence.getValue()) {
      if (!(node instanceof ScalarNode scalar)) {
        throw error(key, "expected a list of values, got " + shown(node) + " in it");
      }
      texts.add(scalar.getValue());
    }
    return texts;
  }

  IngestException error(String key, String problem) {
    return problem(line(key), key, problem);
  }

  private IngestException problem(int at, String key, String problem) {
    return new IngestException(origin + ":" + at + ": " + key + ": " + problem);
  }

  private Node required(String key) {
    Node node = values.get(key);
    if (node == null) {
      throw error(key, "missing in " + what);
    }
    return node;
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
