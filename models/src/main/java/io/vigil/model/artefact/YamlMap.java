package io.vigil.model.artefact;

import io.vigil.model.expression.Nearest;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A YAML mapping whose keys are known beforehand. Every getter throws an {@link ArtefactException}
 * that names the line, the key's path, what was expected, and what came. Not thread-safe.
 */
public final class YamlMap {
  private static final int CHARACTERS_MAX = 1 << 20;
  private static final int SHOWN_MAX = 60;
  private static final Pattern INTEGER = Pattern.compile("-?\\d{1,18}");
  private static final Pattern DECIMAL = Pattern.compile("-?\\d{1,18}(\\.\\d{1,18})?");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,6})([smhd])");

  private final String origin;
  private final String path;
  private final int line;
  private final Map<String, Node> values = new LinkedHashMap<>();

  private YamlMap(String origin, String path, Node node, List<String> keys) {
    this(origin, path, node, keys, true);
  }

  private YamlMap(String origin, String path, Node node, List<String> keys, boolean closed) {
    this.origin = origin;
    this.path = path;
    this.line = line(node);
    if (!(node instanceof MappingNode mapping)) {
      throw problem(line, "", "a mapping with " + String.join(", ", keys), shown(node));
    }
    for (NodeTuple tuple : mapping.getValue()) {
      String key = shown(tuple.getKeyNode());
      int keyLine = line(tuple.getKeyNode());
      if (!keys.contains(key)) {
        if (!closed) {
          continue;
        }
        String legal = String.join(", ", Nearest.to(key, keys, keys.size()));
        throw problem(keyLine, key, "one of the keys " + legal, "this one");
      }
      if (values.put(key, tuple.getValueNode()) != null) {
        throw problem(keyLine, key, "the key once", "it again");
      }
    }
  }

  /**
   * Reads one document.
   *
   * @param origin where it came from, for messages
   * @param keys every key that it may have
   * @throws ArtefactException when it is no YAML, no mapping, or has another key or one twice
   */
  public static YamlMap read(String yaml, String origin, String... keys) {
    return read(yaml, origin, true, keys);
  }

  /**
   * Reads one document of which only some keys matter here.
   *
   * @param keys the others are passed over
   * @throws ArtefactException when it is no YAML, no mapping, or has one of the keys twice
   */
  public static YamlMap readSome(String yaml, String origin, String... keys) {
    return read(yaml, origin, false, keys);
  }

  private static YamlMap read(String yaml, String origin, boolean closed, String... keys) {
    LoadSettings settings =
        LoadSettings.builder().setLabel(origin).setCodePointLimit(CHARACTERS_MAX).build();
    Optional<Node> root;
    try {
      root = new Compose(settings).composeString(yaml);
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(Mark::getLine).orElse(0) + 1;
      throw new ArtefactException(origin, line, "expected YAML, got an error: " + e.getProblem());
    } catch (YamlEngineException e) {
      throw new ArtefactException(origin, 1, "expected YAML, got an error: " + e.getMessage());
    } catch (StackOverflowError e) {
      // The composer recurses and has no limit of its own.
      throw new ArtefactException(origin, 1, "expected at most a few levels, got thousands");
    }
    return new YamlMap(
        origin,
        "",
        root.orElseThrow(
            () ->
                new ArtefactException(
                    origin, 1, "expected the keys " + String.join(", ", keys) + ", got nothing")),
        List.of(keys),
        closed);
  }

  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** The key's text, not blank, without surrounding blanks. */
  public String text(String key, String expected) {
    Node node = values.get(key);
    if (!(node instanceof ScalarNode scalar) || scalar.getValue().isBlank()) {
      throw wrong(key, expected);
    }
    return scalar.getValue().strip();
  }

  /** The key's text, which must match all of the pattern. */
  public String text(String key, Pattern pattern, String expected) {
    String text = text(key, expected);
    if (!pattern.matcher(text).matches()) {
      throw wrong(key, expected);
    }
    return text;
  }

  /** The key's whole number from {@code min} to {@code max}. */
  public int integer(String key, int min, int max) {
    String expected = "a whole number from " + min + " to " + max;
    long number = Long.parseLong(text(key, INTEGER, expected));
    if (number < min || number > max) {
      throw wrong(key, expected);
    }
    return (int) number;
  }

  /** The key's decimal number from {@code min} to {@code max}. */
  public double decimal(String key, double min, double max) {
    String expected = "a number from " + min + " to " + max;
    double number = Double.parseDouble(text(key, DECIMAL, expected));
    if (number < min || number > max) {
      throw wrong(key, expected);
    }
    return number;
  }

  /** The legal value that the key's text names. */
  public <E> E choice(String key, Map<String, E> legal) {
    String expected = "one of " + String.join(", ", legal.keySet());
    E value = legal.get(text(key, expected));
    if (value == null) {
      throw wrong(key, expected);
    }
    return value;
  }

  /** The key's list of 1 to {@code most} texts, each a legal value that was not there before. */
  public <E> List<E> choices(String key, int most, Map<String, E> legal) {
    String expected = "a list of " + String.join(", ", legal.keySet()) + ", each at most once";
    List<E> chosen = new ArrayList<>();
    if (values.get(key) instanceof SequenceNode sequence) {
      for (Node item : sequence.getValue()) {
        E value = item instanceof ScalarNode scalar ? legal.get(scalar.getValue()) : null;
        if (value == null || chosen.contains(value)) {
          throw problem(line(item), key, expected, shown(item));
        }
        chosen.add(value);
      }
    }
    if (chosen.isEmpty() || chosen.size() > most) {
      throw wrong(key, expected);
    }
    return chosen;
  }

  /** Milliseconds since the epoch at which the key's date begins in UTC. */
  public long dateMs(String key) {
    String expected = "a date such as 2026-12-31";
    try {
      return Math.multiplyExact(LocalDate.parse(text(key, expected)).toEpochDay(), 86_400_000L);
    } catch (DateTimeException e) {
      throw wrong(key, expected);
    }
  }

  /** The key's duration in milliseconds, more than 0. */
  public long durationMs(String key) {
    String expected = "a duration such as 90s, 30m, 24h or 7d";
    Matcher matcher = DURATION.matcher(text(key, expected));
    long count = matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
    if (count == 0) {
      throw wrong(key, expected);
    }
    return count
        * switch (matcher.group(2)) {
          case "s" -> 1_000L;
          case "m" -> 60_000L;
          case "h" -> 3_600_000L;
          default -> 86_400_000L;
        };
  }

  /** The key's mapping. */
  public YamlMap map(String key, String... keys) {
    Node node = values.get(key);
    if (node == null) {
      throw wrong(key, "a mapping with " + String.join(", ", keys));
    }
    return new YamlMap(origin, pathOf(key), node, List.of(keys));
  }

  /** The key's sequence of mappings, at most {@code max} of them. */
  public List<YamlMap> maps(String key, int max, String... keys) {
    if (!(values.get(key) instanceof SequenceNode sequence) || sequence.getValue().size() > max) {
      throw wrong(key, "a list of at most " + max);
    }
    List<YamlMap> maps = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      maps.add(new YamlMap(origin, pathOf(key) + "[" + maps.size() + "]", item, List.of(keys)));
    }
    return maps;
  }

  /** The key's list of at most {@code most} whole numbers from {@code min} to {@code max}. */
  public List<Integer> integers(String key, int most, int min, int max) {
    String expected = "a list of at most %d whole numbers from %d to %d".formatted(most, min, max);
    if (!(values.get(key) instanceof SequenceNode sequence) || sequence.getValue().size() > most) {
      throw wrong(key, expected);
    }
    List<Integer> numbers = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      String text = item instanceof ScalarNode scalar ? scalar.getValue() : "";
      long number = INTEGER.matcher(text).matches() ? Long.parseLong(text) : Long.MIN_VALUE;
      if (number < min || number > max) {
        throw wrong(key, expected);
      }
      numbers.add((int) number);
    }
    return numbers;
  }

  /** The key's list of at most {@code most} texts, none of them blank. */
  public List<String> texts(String key, int most) {
    String expected = "a list of at most " + most + " texts";
    if (!(values.get(key) instanceof SequenceNode sequence) || sequence.getValue().size() > most) {
      throw wrong(key, expected);
    }
    List<String> texts = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      if (!(item instanceof ScalarNode scalar) || scalar.getValue().isBlank()) {
        throw wrong(key, expected);
      }
      texts.add(scalar.getValue().strip());
    }
    return texts;
  }

  /** The key's mapping, whose keys may be any. */
  public YamlMap anyMap(String key, String expected) {
    if (!(values.get(key) instanceof MappingNode mapping)) {
      throw wrong(key, expected);
    }
    List<String> keys =
        mapping.getValue().stream().map(tuple -> shown(tuple.getKeyNode())).toList();
    return new YamlMap(origin, pathOf(key), mapping, keys);
  }

  /** The keys that it has, in its order. */
  public List<String> keys() {
    return List.copyOf(values.keySet());
  }

  /** An exception that shows what stands at the key. */
  public ArtefactException wrong(String key, String expected) {
    Node node = values.get(key);
    return problem(
        node == null ? line : line(node), key, expected, node == null ? "nothing" : shown(node));
  }

  /** An exception at the key's line with a problem in other words. */
  public ArtefactException because(String key, String problem) {
    Node node = values.get(key);
    int at = node == null ? line : line(node);
    return new ArtefactException(origin, at, pathOf(key) + ": " + problem);
  }

  private ArtefactException problem(int at, String key, String expected, String found) {
    String where = pathOf(key);
    return new ArtefactException(
        origin,
        at,
        where + (where.isEmpty() ? "" : ": ") + "expected " + expected + ", got " + found);
  }

  private String pathOf(String key) {
    return path.isEmpty() || key.isEmpty() ? path + key : path + "." + key;
  }

  private static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }

  private static String shown(Node node) {
    if (node instanceof ScalarNode scalar) {
      String text = scalar.getValue();
      if (text.isBlank()) {
        return "nothing";
      }
      return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "…";
    }
    return node instanceof MappingNode ? "a mapping" : "a list";
  }
}
