package io.vigil.cli;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.Manifest;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code vigil model show}: what a bundle says of itself. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description =
        "Shows what a bundle says of itself; its files are verified, its model not loaded.")
final class ShowModel implements Callable<Integer> {

  @Mixin private Console console = new Console();

  @Parameters(paramLabel = "BUNDLE", description = "A folder, a zip, or a built-in name.")
  private String named = "";

  @Override
  public Integer call() {
    Bundle bundle = ModelCommand.checked(() -> Bundle.named(named));
    Manifest manifest = bundle.manifest();
    PrintWriter out = console.out();
    out.printf("%s, version %d, %s%n", manifest.name(), manifest.version(), manifest.engine());
    out.println("digest       " + bundle.digest());
    out.println("features     " + manifest.featureFingerprint());
    out.println(
        "golden       %d rows, to the bit on %s"
            .formatted(bundle.goldenRows(), manifest.goldenEngineClass()));
    out.println(
        "calibration  slope %s, intercept %s"
            .formatted(manifest.calibration().slope(), manifest.calibration().intercept()));
    out.println("inputs       " + shape(manifest.shape()));
    for (ModelInput input : manifest.inputs()) {
      out.println(
          "  %s  baseline %s%s".formatted(input.feature(), input.baseline(), scaling(input)));
    }
    manifest.provenance().forEach((key, text) -> out.println("from         " + key + ": " + text));
    manifest
        .files()
        .forEach(
            (name, file) ->
                out.println(
                    "file         %s, %,d bytes, %s".formatted(name, file.bytes(), file.sha256())));
    out.println();
    out.println(bundle.card().stripTrailing());
    out.flush();
    console.writeJson(json(bundle));
    return 0;
  }

  private static String shape(InputShape shape) {
    return shape.steps() == 0
        ? shape.values() + " values"
        : "%d values, %d steps of %d fields"
            .formatted(shape.values(), shape.steps(), shape.fields());
  }

  private static String scaling(ModelInput input) {
    ModelInput.Scaling scaling = input.scaling();
    return scaling == null
        ? ""
        : "  %s- %s, / %s, within ±%s"
            .formatted(
                scaling.log1p() ? "log1p, " : "", scaling.mean(), scaling.std(), scaling.clip());
  }

  private static Map<String, Object> json(Bundle bundle) {
    Manifest manifest = bundle.manifest();
    Map<String, Object> json = new LinkedHashMap<>(ModelCommand.json(bundle));
    json.put("feature_fingerprint", manifest.featureFingerprint());
    json.put("golden_engine_class", manifest.goldenEngineClass());
    json.put("golden_rows", bundle.goldenRows());
    List<Map<String, Object>> inputs = new ArrayList<>();
    for (ModelInput input : manifest.inputs()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("feature", input.feature());
      entry.put("baseline", input.baseline());
      ModelInput.Scaling scaling = input.scaling();
      if (scaling != null) {
        entry.put("log1p", scaling.log1p());
        entry.put("mean", scaling.mean());
        entry.put("std", scaling.std());
        entry.put("clip", scaling.clip());
      }
      inputs.add(entry);
    }
    json.put("inputs", inputs);
    json.put("shape", manifest.shape());
    json.put("calibration", manifest.calibration());
    json.put("provenance", manifest.provenance());
    json.put("files", manifest.files());
    json.put("card", bundle.card());
    return json;
  }
}
