package io.vigil.cli;

import io.vigil.model.artefact.Artefacts;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.SpecException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A feature spec as commands name it, what it compiles to, and its text. */
record SpecSource(FeatureSpec spec, FeaturePlan plan, String yaml) {

  private static final List<String> BUILT_IN =
      List.of("default", "handbook", "handbook-anomaly", "handbook-behaviour", "sparkov");
  private static final String IN_BUNDLE = "features.yaml";

  /**
   * Reads and compiles a spec.
   *
   * @param named a file, a bundle's folder, or a built-in name
   * @throws CliException saying what is wrong, and where
   */
  static SpecSource load(String named) {
    return load(named, Path.of(""));
  }

  /**
   * Reads and compiles a spec.
   *
   * @param folder that a file's path begins from
   * @throws CliException saying what is wrong, and where
   */
  static SpecSource load(String named, Path folder) {
    try {
      Path path = folder.resolve(named);
      Path file = Files.isDirectory(path) ? path.resolve(IN_BUNDLE) : path;
      boolean builtIn = !Files.isRegularFile(file);
      String yaml = builtIn ? builtIn(named, path) : Files.readString(file);
      FeatureSpec spec = FeatureSpec.read(yaml, builtIn ? named + ".yaml" : file.toString());
      return new SpecSource(spec, FeaturePlan.compile(spec), yaml);
    } catch (SpecException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new CliException("spec " + named + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static String builtIn(String named, Path path) {
    if (BUILT_IN.contains(named)) {
      return Artefacts.builtIn("specs/" + named + ".yaml");
    }
    throw new CliException(
        "spec: expected a file, a bundle's folder, or one of %s, got '%s'%s"
            .formatted(
                String.join(", ", BUILT_IN),
                named,
                Files.isDirectory(path) ? ", which has no " + IN_BUNDLE : ""));
  }

  /** What other commands say of the features that they used. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("spec", spec.name());
    json.put("version", spec.version());
    json.put("fingerprint", plan.fingerprint());
    json.put("count", plan.names().size());
    return json;
  }
}
