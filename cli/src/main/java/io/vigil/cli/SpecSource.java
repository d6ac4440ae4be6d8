package io.vigil.cli;

import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.SpecException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A feature spec as commands name it, and what it compiles to. */
record SpecSource(FeatureSpec spec, FeaturePlan plan) {

  private static final List<String> BUILT_IN = List.of("default", "handbook");
  private static final String IN_BUNDLE = "features.yaml";

  /**
   * Reads and compiles a spec.
   *
   * @param named a file, a bundle's folder, or a built-in name
   * @throws CliException saying what is wrong, and where
   */
  static SpecSource load(String named) {
    try {
      FeatureSpec spec = read(named);
      return new SpecSource(spec, FeaturePlan.compile(spec));
    } catch (SpecException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new CliException("spec " + named + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static FeatureSpec read(String named) throws IOException {
    Path path = Path.of(named);
    Path file = Files.isDirectory(path) ? path.resolve(IN_BUNDLE) : path;
    if (Files.isRegularFile(file)) {
      return FeatureSpec.read(Files.readString(file), file.toString());
    }
    if (BUILT_IN.contains(named)) {
      return FeatureSpec.builtIn(named);
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
