package io.vigil.cli;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.Manifest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code vigil model card}: what a reader should know of a model. */
@Command(
    name = "card",
    mixinStandardHelpOptions = true,
    description = "Shows a bundle's card, and what its manifest says of where it comes from.")
final class CardOfModel implements Callable<Integer> {

  @Mixin private Console console = new Console();

  @Parameters(paramLabel = "BUNDLE", description = "A folder, a zip, or a built-in name.")
  private String named = "";

  @Override
  public Integer call() {
    Bundle bundle = ModelCommand.checked(() -> Bundle.named(named));
    Manifest manifest = bundle.manifest();
    console.out().println(bundle.card().stripTrailing());
    console.out().println();
    console.out().println("## Bundle");
    console.out().println();
    item("digest", bundle.digest());
    item("engine", manifest.engine());
    item(
        "features",
        "%d of the spec with the fingerprint %s"
            .formatted(manifest.inputs().size(), manifest.featureFingerprint()));
    item(
        "golden vectors",
        "%d, to the bit on %s".formatted(bundle.goldenRows(), manifest.goldenEngineClass()));
    item(
        "calibration",
        "slope %s, intercept %s"
            .formatted(manifest.calibration().slope(), manifest.calibration().intercept()));
    Inventory inventory = Inventory.of(manifest);
    item("owner", inventory.owner());
    item("tier", inventory.tier());
    item("purpose", inventory.purpose());
    item("last validation", "by the plan that put it in force, see vigil model list");
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>(ModelCommand.json(bundle));
    json.put("feature_fingerprint", manifest.featureFingerprint());
    json.put("inputs", manifest.inputs().size());
    json.put("golden_rows", bundle.goldenRows());
    json.put("golden_engine_class", manifest.goldenEngineClass());
    json.put("calibration", manifest.calibration());
    json.put("provenance", manifest.provenance());
    json.put("owner", inventory.owner());
    json.put("tier", inventory.tier());
    json.put("purpose", inventory.purpose());
    json.put("card", bundle.card());
    console.writeJson(json);
    return 0;
  }

  private void item(String name, String value) {
    console.out().println("- " + name + ": " + value);
  }
}
