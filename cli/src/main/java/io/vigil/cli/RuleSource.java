package io.vigil.cli;

import io.vigil.cli.rules.RuleCases;
import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.rule.EntryList;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Beside what a rule set is read: the features and lists that its conditions may name. */
final class RuleSource {
  private static final List<String> BUILT_IN = List.of("default", "basic");

  @Option(
      names = "--spec",
      defaultValue = "default",
      paramLabel = "SPEC",
      description =
          "Whose features conditions may read: a file, a bundle's folder, or a built-in name"
              + " (default: ${DEFAULT-VALUE}).")
  private String spec = "default";

  @Option(
      names = "--lists",
      paramLabel = "FILE",
      split = ",",
      description = "Lists that conditions ask, separated by commas.")
  private List<Path> lists = List.of();

  private @Nullable SpecSource read;

  SpecSource spec() {
    SpecSource source = read;
    if (source == null) {
      source = SpecSource.load(spec);
      read = source;
    }
    return source;
  }

  boolean hasLists() {
    return !lists.isEmpty();
  }

  /**
   * @param named a file, or a built-in name
   */
  RuleSet rules(String named) {
    Path file = Path.of(named);
    if (!Files.isRegularFile(file) && !BUILT_IN.contains(named)) {
      throw new CliException(
          "rules: expected a file, or one of %s, got '%s'"
              .formatted(String.join(", ", BUILT_IN), named));
    }
    boolean isFile = Files.isRegularFile(file);
    String yaml = isFile ? text(file) : Artefacts.builtIn("rules/" + named + ".yaml");
    String origin = isFile ? named : named + ".yaml";
    return checked(() -> RuleSet.read(yaml, origin, spec().plan().names()));
  }

  Lists lists() {
    List<EntryList> read = new ArrayList<>();
    for (Path file : lists) {
      byte[] bytes;
      try {
        bytes = Files.readAllBytes(file);
      } catch (IOException e) {
        throw new CliException("list " + file + ": cannot be read: " + e.getMessage(), e);
      }
      read.add(checked(() -> EntryList.read(bytes, file.toString())));
    }
    return checked(() -> Lists.of(read));
  }

  RuleCases cases(Path file) {
    String yaml = text(file);
    return checked(() -> RuleCases.read(yaml, file.toString(), spec().spec()));
  }

  /** Throws unless the rule set can be in force with the lists. */
  static void require(RuleSet rules, Lists lists) {
    checked(
        () -> {
          rules.require(lists);
          return rules;
        });
  }

  /** What the JSON of every command says of a rule set. */
  static Map<String, Object> json(RuleSet rules) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", rules.name());
    json.put("version", rules.version());
    json.put("sha256", rules.digest());
    json.put("rules", rules.rules().size());
    json.put("lists", rules.requiredLists());
    return json;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new CliException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private interface Part<T> {
    T get();
  }

  private static <T> T checked(Part<T> part) {
    try {
      return part.get();
    } catch (ArtefactException | IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }
}
