package io.vigil.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What decides, as the commands name it: a file or a built-in name. */
public final class ArtefactOptions {

  @Option(
      names = "--model",
      paramLabel = "BUNDLE",
      description = "The model bundle: a directory, a zip, or a built-in name.")
  private @Nullable String model;

  @Option(
      names = "--rules",
      paramLabel = "FILE",
      description = "The rule set: a file or a built-in name.")
  private @Nullable String rules;

  @Option(
      names = "--lists",
      paramLabel = "FILE",
      split = ",",
      description = "Lists that the rules ask, separated by commas.")
  private List<Path> lists = List.of();

  @Option(
      names = "--policy",
      paramLabel = "FILE",
      description = "The policy: a file or a built-in name.")
  private @Nullable String policy;

  @Option(
      names = "--rates",
      paramLabel = "FILE",
      description = "The exchange rates: a file or a built-in name.")
  private @Nullable String rates;

  /** Values by the kind that the job's options call them; paths made absolute. */
  Map<String, String> byKind() {
    Map<String, String> given = new TreeMap<>();
    put(given, "bundle", model);
    put(given, "rules", rules);
    if (!lists.isEmpty()) {
      given.put(
          "lists",
          lists.stream()
              .map(list -> list.toAbsolutePath().normalize().toString())
              .collect(Collectors.joining(";")));
    }
    put(given, "policy", policy);
    put(given, "rates", rates);
    return given;
  }

  private static void put(Map<String, String> given, String kind, @Nullable String value) {
    if (value != null) {
      Path path = Path.of(value);
      given.put(kind, Files.exists(path) ? path.toAbsolutePath().normalize().toString() : value);
    }
  }
}
